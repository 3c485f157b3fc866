"""Connections and transactions: the one way in which every `store.py` reaches PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from imgen.database.embedded import EmbeddedPostgres
from imgen.errors import Unavailable

Connection = psycopg.AsyncConnection[Any]

_log = structlog.get_logger()
_DOWN = "The database is not reachable at the moment"
_WATCH_SECONDS = 0.5
_VECTOR_SEARCH = (
    # pgvector: look on in the graph until a filter is satisfied, with enough candidates for a
    # recall above 0.98 (docs/library.md has the measurement).
    "SET hnsw.iterative_scan = 'relaxed_order'; SET hnsw.ef_search = 200;"
    " SET hnsw.max_scan_tuples = 40000"
)


class Database:
    """A pool of connections to one PostgreSQL database.

    Args:
        url: where it is, as `postgresql://…`.
        size: the most connections that this process holds.
        embedded: the server behind the URL when it is ours: it is restarted when it dies.
    """

    def __init__(
        self, url: str, *, size: int = 10, embedded: EmbeddedPostgres | None = None
    ) -> None:
        self.url = url
        self._embedded = embedded
        self._watch: asyncio.Task[None] | None = None
        self._mending: asyncio.Task[None] | None = None
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min(2, size),
            max_size=size,
            timeout=5.0,
            configure=_configure,
            open=False,
            name="imgen",
        )

    async def open(self) -> None:
        """Connect.

        Raises:
            imgen.errors.Unavailable: the server does not answer within seconds.
        """
        try:
            await self.pool.open(wait=True, timeout=15.0)
        except PoolTimeout as error:
            await self.pool.close()
            raise Unavailable(_DOWN) from error
        if self._embedded is not None:
            self._watch = asyncio.create_task(self._keep_alive(self._embedded))

    async def close(self) -> None:
        """Give every connection back. The embedded server runs on; its owner stops it."""
        for task in (self._watch, self._mending):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self.pool.close()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection on which every statement is its own transaction.

        Raises:
            imgen.errors.Unavailable: the database is down or every connection is busy.
        """
        try:
            async with self.pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout, PoolClosed) as error:
            self._mend()
            raise Unavailable(_DOWN, retry_after=1.0) from error

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction: rolled back when the block raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    def _mend(self) -> None:
        """One failed connection often means that all are dead: replace them before use."""
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._check())

    async def _check(self) -> None:
        with contextlib.suppress(psycopg.Error, PoolTimeout, PoolClosed):
            await self.pool.check()

    async def _keep_alive(self, embedded: EmbeddedPostgres) -> None:
        """Restart the embedded server when it died, whoever of its users notices first."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if await asyncio.to_thread(embedded.pid) is not None:
                continue
            _log.warning("database.died", action="restarting the embedded PostgreSQL")
            try:
                await asyncio.to_thread(embedded.start)
            except Unavailable as error:
                _log.error("database.restart_failed", error=error.message)
            else:
                await self._check()


async def _configure(connection: Connection) -> None:
    """Set here, not as arguments: the queue's listener sets autocommit once more for its own."""
    await connection.set_autocommit(True)
    await connection.execute(_VECTOR_SEARCH)
