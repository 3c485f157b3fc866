"""A real `imgen serve` for tests: its own processes, its own folder, on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]
_INSTANT = ROOT / "tests" / "instant"
READY = "imgen is ready at "
QUICK = {
    "IMGEN_WORKER__HEARTBEAT_SECONDS": "0.2",
    "IMGEN_WORKER__STALLED_SECONDS": "1.5",
    "IMGEN_WORKER__JANITOR_SECONDS": "0.3",
    "IMGEN_LOG__FORMAT": "json",
    "IMGEN_COMPLIANCE__NUDITY": "off",
}
"""Settings under which a dead worker is noticed soon."""


class Deployment:
    """One data folder and the server over it, which may be killed and started again."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IMGEN_")},
            **QUICK,
            "IMGEN_DATA_DIR": str(folder),
            "IMGEN_CATALOG__PATHS": json.dumps([str(_INSTANT / "catalog.toml")]),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(_INSTANT / "installed")]),
            "PYTHONUNBUFFERED": "1",
            **variables,
        }
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "imgen", "serve", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self._environment,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(READY), self.log.read_text()[-4000:]
        self.url = line.removeprefix(READY).strip()

    def run(self, *arguments: str) -> str:
        """What an `imgen` command prints."""
        command = [sys.executable, "-m", "imgen", *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def workers(self) -> list[psutil.Process]:
        """The worker processes of this folder."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if "worker" in (process.info["cmdline"] or [])
            and str(self.folder) in (process.info["cmdline"] or [])
        ]

    def kill_worker(self) -> None:
        """As the kernel does it when memory runs out."""
        for process in self.workers():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def kill_postgres(self) -> None:
        """The whole server: the postmaster first, its children follow."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = (self.folder / "postgres" / "postmaster.pid").read_text().split()[0]
            os.kill(int(pid), signal.SIGKILL)

    def kill_server(self) -> None:
        """Only the HTTP process; start it again with `start`."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def kill(self, what: str) -> None:
        """The `worker`, `postgres`, or else the server, which is started again."""
        if what == "worker":
            self.kill_worker()
        elif what == "postgres":
            self.kill_postgres()
        else:
            self.kill_server()
            self.start()

    def stop(self) -> int:
        """As Ctrl-C does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines of that name, of every process so far."""
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [event for line in lines if (event := json.loads(line))["event"] == name]

    def client(self, key: str) -> httpx.Client:
        """HTTP with that key."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=15
        )


@contextlib.contextmanager
def deployed(folder: Path, **variables: str) -> Iterator[Deployment]:
    """A running deployment, whose every process is gone afterwards."""
    deployment = Deployment(folder, **variables)
    deployment.start()
    try:
        yield deployment
    finally:
        assert deployment.process is not None
        if deployment.process.poll() is None:
            deployment.stop()
