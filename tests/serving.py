"""An app on a real socket, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """A real uvicorn; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    started = asyncio.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    running = asyncio.create_task(server.serve([listener]))
    await started.wait()
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running
