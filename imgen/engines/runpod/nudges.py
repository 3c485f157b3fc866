"""A webhook that says "look now". What it carries is never believed: the status is asked for."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import psycopg
import structlog

from imgen.database.pool import Database

_log = structlog.get_logger(__name__)
PATH = "/webhooks/runpod"
"""Where RunPod calls, followed by a token."""
CHANNEL = "imgen_runpod"
"""On which the process that was called tells the one that waits."""
_CONNECT_SECONDS = 10
_NONCE_LENGTH = 24
_MARK_LENGTH = 32


class Nudges(Protocol):
    """Where RunPod's webhooks arrive, in this process or another."""

    def expect(self) -> AbstractAsyncContextManager[tuple[str, asyncio.Event]]:
        """A public URL for one job's webhook, and what is set when it is called."""
        ...


@dataclass(frozen=True, slots=True)
class DatabaseNudges:
    """Webhooks that arrive at any HTTP process and are passed on by the database.

    Each awaited job holds one connection beside the pool. Where that breaks, the job is asked
    after as if there were no webhook.
    """

    database: Database
    public_url: str
    """How the internet reaches the HTTP process: `https://img.example.com`."""
    secret: bytes = field(repr=False)
    """Signs tokens; the deployment's own, the same on all machines."""

    @asynccontextmanager
    async def expect(self) -> AsyncIterator[tuple[str, asyncio.Event]]:
        """See `Nudges`."""
        token, rung, ready = new_token(self.secret), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(self._listen(token, rung, ready))
        try:
            await ready.wait()
            yield f"{self.public_url.rstrip('/')}{PATH}/{token}", rung
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, token: str, rung: asyncio.Event, ready: asyncio.Event) -> None:
        try:
            async with await psycopg.AsyncConnection.connect(
                self.database.url, autocommit=True, connect_timeout=_CONNECT_SECONDS
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                ready.set()
                async for notice in connection.notifies():
                    if notice.payload == token:
                        rung.set()
        except (psycopg.Error, OSError) as error:
            _log.warning("runpod.not_heard", error=type(error).__name__)
        finally:
            ready.set()


def new_token(secret: bytes) -> str:
    """A token for one webhook, which nobody else can make."""
    nonce = secrets.token_hex(_NONCE_LENGTH // 2)
    return nonce + _mark(nonce, secret)


def is_token(token: str, secret: bytes) -> bool:
    """Whether `new_token` made it, with this secret."""
    if len(token) != _NONCE_LENGTH + _MARK_LENGTH or not token.isascii():
        return False
    nonce, mark = token[:_NONCE_LENGTH], token[_NONCE_LENGTH:]
    return hmac.compare_digest(mark, _mark(nonce, secret))


def _mark(nonce: str, secret: bytes) -> str:
    whole = hmac.new(secret, f"runpod-webhook:{nonce}".encode(), hashlib.sha256)
    return whole.hexdigest()[:_MARK_LENGTH]
