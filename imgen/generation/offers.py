"""Which models the workers of this deployment run, wherever they are.

The HTTP process may have no GPU, no weights and no keys. What it cannot run itself is offered all
the same while some worker says that it can.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import structlog

from imgen.database.pool import Connection, Database
from imgen.engines.registry import Registry
from imgen.errors import Unavailable

_log = structlog.get_logger()
ANNOUNCE_SECONDS = 5.0
_GOOD_FOR_SECONDS = 20.0
_LOOK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Announce:
    """Says what this worker runs, good for a while.

    Args:
        worker: its name, new with every start.
        models: keys of what it can run now. Blocking.
    """

    database: Database
    worker: str
    models: Callable[[], Sequence[str]]

    async def __call__(self) -> None:
        """Say it once more.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        models = list(await asyncio.to_thread(self.models))
        async with self.database.transaction() as connection:
            await connection.execute(
                "DELETE FROM offered_models WHERE worker = %s OR until < now()", (self.worker,)
            )
            await connection.execute(
                "INSERT INTO offered_models (worker, model, until)"
                " SELECT %s, unnest(%s::text[]), now() + make_interval(secs => %s)",
                (self.worker, models, _GOOD_FOR_SECONDS),
            )


async def announced(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Worker → keys of the models that it says it runs."""
    cursor = await connection.execute(
        "SELECT worker, array_agg(model ORDER BY model) FROM offered_models"
        " WHERE until > now() GROUP BY worker ORDER BY worker"
    )
    return {str(worker): tuple(models) for worker, models in await cursor.fetchall()}


@contextlib.asynccontextmanager
async def heard(database: Database, engines: Registry) -> AsyncIterator[None]:
    """Keep a process's engines told of what workers elsewhere run, while the block runs."""
    await _listen(database, engines)

    async def keep_listening() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await _listen(database, engines)

    listening = asyncio.create_task(keep_listening())
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(database: Database, engines: Registry) -> None:
    try:
        async with database.connection() as connection:
            offers = await announced(connection)
        engines.run_elsewhere = frozenset(chain.from_iterable(offers.values()))
    except Unavailable as error:  # what was known stays known
        _log.warning("offers.not_heard", error=error.message)
