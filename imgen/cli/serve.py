"""`imgen serve`: the HTTP process, with a worker beside it and a database inside."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn
from starlette.types import ASGIApp

from imgen.cli.options import DataDir, run, settings_for
from imgen.errors import Unavailable
from imgen.settings import Settings
from imgen.settings.sections import ServerSettings
from imgen.wiring.core import Core, open_core
from imgen.wiring.http import open_http
from imgen.wiring.people import make_operate

_log = structlog.get_logger()
_OPEN_REQUEST_SECONDS = 3
_LONGEST_RESTART_PAUSE = 10.0


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.", show_default=False)] = "",
    port: Annotated[
        int | None, typer.Option(help="Port; 0 picks a free one.", show_default=False)
    ] = None,
    stand_ins: Annotated[
        bool,
        typer.Option(
            "--stand-ins", help="Let `sketch` answer for models that cannot run here, and say so."
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Start the server: HTTP, a worker, and (unless configured otherwise) a database of its own.

    Prints one line with its URL when it is ready. Ctrl-C lets running jobs finish and stops
    everything.
    """
    server: dict[str, object] = {"host": host} if host else {}
    if port is not None:
        server["port"] = port
    generation = {"stand_ins": True} if stand_ins else {}
    run(_serve(settings_for(data_dir, server=server, generation=generation)))


async def _serve(settings: Settings) -> None:
    listener = _listen(settings.server)
    url = _public_url(settings.server, listener)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_core(settings) as core, open_http(core, public_url=url) as app:
        server = _Server(app, listener)
        worker = asyncio.create_task(_keep_worker(settings)) if settings.worker.embedded else None
        await _tell_first_admin(core)
        await server.start()
        print(f"imgen is ready at {url}", flush=True)
        await stop.wait()
        _log.info("server.stopping")
        await server.stop()
        if worker is not None:
            worker.cancel()
            await asyncio.wait({worker})


async def _tell_first_admin(core: Core) -> None:
    """Make an admin on the first start; say how to get in, until somebody has."""
    email = await make_operate(core.settings, core.database).first_admin()
    if email:
        command = f"imgen users password {email} --data-dir {core.settings.data_dir}"
        print(f"No admin can sign in yet. To choose a password: {command}", file=sys.stderr)


class _Uvicorn(uvicorn.Server):
    """Uvicorn that says when it is up, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class _Server:
    """The HTTP side, from its first request to its last."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_OPEN_REQUEST_SECONDS,
        )
        self._uvicorn = _Uvicorn(config)
        self._listener = listener

    async def start(self) -> None:
        """Begin to serve; returns when the first request can be answered."""
        self._serving = asyncio.create_task(self._uvicorn.serve([self._listener]))
        await self._uvicorn.ready.wait()

    async def stop(self) -> None:
        """Let open requests finish, for a few seconds."""
        self._uvicorn.should_exit = True
        await self._serving


async def _keep_worker(settings: Settings) -> None:
    """Run the worker as a process of its own; start another when it dies."""
    pause = 0.2
    while True:
        began = asyncio.get_running_loop().time()
        process = await _start_worker(settings.data_dir)
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            await _stop_worker(process, settings.worker.drain_seconds)
            raise
        lived = asyncio.get_running_loop().time() - began
        pause = 0.2 if lived > 10 else min(pause * 2, _LONGEST_RESTART_PAUSE)
        _log.warning("worker.died", status=status, restart_in=pause)
        await asyncio.sleep(pause)


async def _start_worker(data_dir: Path) -> asyncio.subprocess.Process:
    """Its standard input stays open as long as this process lives: that is how it knows."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "imgen", "worker", "--with-parent", "--data-dir", str(data_dir)),
        stdin=asyncio.subprocess.PIPE,
    )


async def _stop_worker(process: asyncio.subprocess.Process, drain_seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), drain_seconds + 2)
    except TimeoutError:
        process.kill()  # its jobs go to the next worker
        await process.wait()


def _listen(server: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"Cannot listen on {server.host}:{server.port}: {error.strerror}. "
            "Choose another with --port."
        ) from None
    return listener


def _public_url(server: ServerSettings, listener: socket.socket) -> str:
    if server.public_url:
        return server.public_url.rstrip("/")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104
    return f"http://{host}:{listener.getsockname()[1]}"
