"""A real HTTP server that speaks the chat protocol, well and badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Reply:
    """One scripted answer of the server."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Promise more bytes than are sent, then close."""
    hang: bool = False
    """Send nothing until the client goes away."""
    drip: bool = False
    """Send a byte at a time, for ever."""


def completion(content: object, finish: str = "stop", **message: object) -> Reply:
    choice = {"message": {"content": content, **message}, "finish_reason": finish}
    return Reply(json.dumps({"choices": [choice]}).encode())


@dataclass
class ChatServer:
    """Answers each request with the next scripted reply; the last one stays."""

    replies: list[Reply]
    url: str = ""
    requests: list[tuple[str, dict[str, str], dict[str, object]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rows = head.strip().split("\r\n")
            headers = {k.lower(): v for k, v in (row.split(": ", 1) for row in rows)}
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            self.requests.append((line, headers, body))
            number = min(len(self.requests), len(self.replies)) - 1
            await self.answer(self.replies[number], reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def answer(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if reply.hang:
            await reader.read()
            return
        length = len(reply.body) + (100_000 if reply.cut or reply.drip else 0)
        headers = {"Content-Length": str(length), "Connection": "close", **reply.headers}
        rows = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{rows}\r\n".encode() + reply.body)
        await writer.drain()
        while reply.drip:
            # Faster than the limit on one read, so that only a limit on the whole can end it.
            await asyncio.sleep(0.02)
            writer.write(b" ")
            await writer.drain()


@dataclass
class Waits:
    """Stands in for sleeping, and remembers what was asked."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def chat_server(*replies: Reply) -> AsyncIterator[ChatServer]:
    chat = ChatServer(list(replies))
    server = await asyncio.start_server(chat.serve, "127.0.0.1", 0)
    chat.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield chat
    finally:
        server.close()
        await server.wait_closed()
