"""The client of the benchmarks: HTTP/1.1 over one kept-alive socket, and little else in the way."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 30.0


def request(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> bytes:
    """A request as it goes over the wire, so that making it is not part of the measurement."""
    parts = urlsplit(url)
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Length: {len(content)}",
        "Content-Type: application/json",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, url: str) -> Connection:
        """Connect to the host of a URL."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def exchange(self, request: bytes) -> bytes:
        """Send a request, return the reply's body.

        Raises:
            RuntimeError: any status but 200; with the body.
            TimeoutError: no answer within half a minute.
        """
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> bytes:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        start = lowered.index(b"content-length:") + len(b"content-length:")
        length = int(lowered[start : lowered.index(b"\r\n", start)])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.splitlines()[0].decode()}: {body.decode()}")
        return body

    async def json(self, request: bytes) -> Any:
        """Send a request, return the reply's decoded body."""
        return json.loads(await self.exchange(request))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()
