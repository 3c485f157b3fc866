"""Starts and stops what the peers need: Redis, uvicorn, their workers."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

_START_SECONDS = 30
_ROOT = Path(__file__).parents[2]


def missing(*packages: str, redis: bool = True) -> str:
    """Why a peer cannot run here, and what to do about it; empty when it can."""
    if redis and shutil.which("redis-server") is None:
        return "redis-server is not installed (Debian: apt-get install redis-server)"
    absent = [package for package in packages if find_spec(package) is None]
    if absent:
        return f"{', '.join(absent)} not installed (uv sync --inexact --group bench)"
    return ""


@contextlib.contextmanager
def redis(folder: Path, *, durable: bool) -> Iterator[tuple[Path, int]]:
    """A Redis server; yields its socket and its process id.

    Args:
        folder: for its socket and data.
        durable: whether a write is on the disk before it is acknowledged.
    """
    at = folder / "redis.sock"
    keep = ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--save", ""]
    command = ["redis-server", "--port", "0", "--unixsocket", str(at), "--dir", str(folder)]
    with running([*command, "--loglevel", "warning", *keep], folder / "redis.log") as server:
        _wait(at.exists, "redis-server")
        yield at, server.pid


@contextlib.contextmanager
def uvicorn(app: str, log: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """An app under the loop and parser of imgen's own server; yields its URL and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), *options]
    with running(command, log, **environment) as server:
        _wait(lambda: _answers(f"{url}/openapi.json"), f"{app}, see {log}")
        yield url, server.pid


@contextlib.contextmanager
def running(
    command: Sequence[str], log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, ended with the block; what it prints goes to `log`."""
    with log.open("a") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=_ROOT,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        process.terminate()
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def awake(process: subprocess.Popen[bytes] | None) -> Iterator[None]:
    """Let a process run during the block only: a worker that polls would disturb the others."""
    if process is None:
        yield
        return
    process.send_signal(signal.SIGCONT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGSTOP)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def _wait(ready: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} does not start")
        time.sleep(0.05)
