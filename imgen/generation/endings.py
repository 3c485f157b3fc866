"""Hears which jobs ended, for everyone in this process who waits for one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import psycopg
import structlog

from imgen.database.pool import Database
from imgen.errors import ImgenError

_log = structlog.get_logger()
_CHANNEL = "imgen_job_ended"  # migration 0008 sends it
_CONNECT_SECONDS = 10


class Endings:
    """One connection that listens, and none for each who waits.

    It is made when the first one waits. What is not heard, because the connection broke or a
    pooler between here and PostgreSQL carries no notices, is found by one look at all awaited jobs
    every `look_seconds`.

    Args:
        database: where the jobs are. The listening connection is not taken from its pool.
        look_seconds: between two looks, and between two tries to connect.
    """

    def __init__(self, database: Database, *, look_seconds: float = 2.0) -> None:
        self._database = database
        self._look_seconds = look_seconds
        self._awaited: dict[str, set[asyncio.Event]] = {}
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening. Whoever still waits is not woken any more."""
        running, self._running = self._running, []
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the job ends, from now on.

        What ended before is not announced: look after entering, or enter before submitting.
        """
        self._start()
        ended = asyncio.Event()
        self._awaited.setdefault(job_id, set()).add(ended)
        try:
            yield ended
        finally:
            others = self._awaited[job_id]
            others.discard(ended)
            if not others:
                del self._awaited[job_id]

    def _start(self) -> None:
        if not self._running:
            self._running = [
                asyncio.create_task(self._listen()),
                asyncio.create_task(self._look_again()),
            ]

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._database.url, autocommit=True, connect_timeout=_CONNECT_SECONDS
                ) as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    await self._look()  # at what ended before it could be heard
                    async for notice in connection.notifies():
                        self._wake(notice.payload)
            except (psycopg.Error, OSError) as error:
                _log.warning("endings.not_heard", error=str(error).strip())
            await asyncio.sleep(self._look_seconds)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            await self._look()

    async def _look(self) -> None:
        """Wake whoever waits for a job that has ended; with the database down, nobody."""
        if not self._awaited:
            return
        with contextlib.suppress(ImgenError):
            async with self._database.connection() as connection:
                cursor = await connection.execute(
                    "SELECT id FROM jobs WHERE id = ANY(%s) AND state NOT IN ('queued', 'running')",
                    (list(self._awaited),),
                )
                for (id,) in await cursor.fetchall():
                    self._wake(id)

    def _wake(self, job_id: str) -> None:
        for ended in self._awaited.get(job_id, ()):
            ended.set()
