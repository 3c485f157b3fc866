"""Real HTTP servers on real sockets that speak a remote engine's protocol, well and badly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from numpy.typing import NDArray
from starlette.types import ASGIApp, Receive, Scope, Send

from imgen.engines.protocol import Abandoned, EngineRequest, Task
from imgen.engines.remote.pictures import as_png

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call to a path."""

    path: str
    status: int = 200
    body: bytes = b"<html>gateway</html>"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    cut: bool = False
    """Promise more bytes than are sent, then close."""
    hang: bool = False
    """Send nothing until the client goes away."""
    drip: bool = False
    """Send a byte now and then, for ever."""
    after: bool = False
    """Do what was asked, and only then spoil the answer."""


@dataclass
class Call:
    """A call that was received."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Local:
    """Wraps an app: keeps a list of its calls, and has some go wrong."""

    app: ASGIApp
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {key.decode(): value.decode() for key, value in scope["headers"]}
            self.calls.append(Call(scope["method"], scope["path"], headers))
            for fault in self.faults:
                if fault.path in scope["path"]:
                    self.faults.remove(fault)
                    await self._spoil(fault, scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.after:
            await self.app(scope, receive, _nowhere)
        if fault.hang:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        length = len(fault.body) + (10_000 if fault.cut or fault.drip else 0)
        headers = [(b"content-length", str(length).encode()), *fault.headers]
        await send({"type": "http.response.start", "status": fault.status, "headers": headers})
        await send({"type": "http.response.body", "body": fault.body, "more_body": fault.drip})
        for _ in range(9_000 if fault.drip else 0):
            await asyncio.sleep(0.01)
            await send({"type": "http.response.body", "body": b" ", "more_body": True})

    def paths(self, method: str = "POST") -> list[str]:
        """The paths called with that method, in order."""
        return [call.path for call in self.calls if call.method == method]


async def _nowhere(_message: Any) -> None:
    return


class _Server(uvicorn.Server):
    """Leaves signals to pytest, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def drop(self) -> None:
        """As a crash does it, and at once: uvicorn itself gives everybody a tenth of a second."""
        for one in self.servers:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """The base URL of a running server."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # said, so that asyncio sets TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level=100,
        ws="websockets-sansio",
        timeout_graceful_shutdown=0,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve([listener]))
    await server.up.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.drop()


@dataclass
class Told:
    """A progress that remembers, and gives up when told to."""

    steps: list[tuple[int, int]] = field(default_factory=list)
    abandoned: bool = False

    def __call__(self, step: int, of: int) -> None:
        if self.abandoned:
            raise Abandoned
        self.steps.append((step, of))


async def until(true: Any, seconds: float = 10.0) -> None:
    """Let others work until something has become so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def make_request(**changes: Any) -> EngineRequest:
    """A small landscape."""
    fields: dict[str, Any] = {
        "task": Task.TEXT_TO_IMAGE,
        "model": "meadow",
        "prompt": "a lake in the mountains",
        "negative_prompt": "",
        "width": 96,
        "height": 64,
        "seed": 11,
        "steps": 8,
        "guidance_scale": 5.0,
    }
    return EngineRequest(**{**fields, **changes})


def noise(seed: int, width: int, height: int) -> Pixels:
    """(height, width, 3): what a model paints, as far as tests care."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def noise_png(seed: int, width: int, height: int) -> bytes:
    """The same as a file."""
    return as_png(noise(seed, width, height))


def disc(width: int = 96, height: int = 64) -> tuple[Pixels, Pixels]:
    """A picture with a disc in it, and a mask over the disc."""
    rows, columns = np.mgrid[0:height, 0:width]
    inside = (rows - height // 2) ** 2 + (columns - width // 2) ** 2 < (height // 4) ** 2
    image = np.full((height, width, 3), (120, 160, 90), np.uint8)
    image[inside] = (200, 40, 40)
    return image, np.where(inside, 255, 0).astype(np.uint8)
