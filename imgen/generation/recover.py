"""Find jobs that would otherwise wait for ever, and set them going again or end them."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from imgen.database.pool import Database
from imgen.generation import store
from imgen.generation.outcome import TimedOut
from imgen.generation.queue import Queue

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recover:
    """One round of the janitor. Any number of processes may do it at once."""

    database: Database
    queue: Queue
    stalled_seconds: float

    async def __call__(self) -> None:
        """Revive what dead workers held, end what is overdue, enqueue what fell out of the queue.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        revived = await self.queue.revive_stalled(self.stalled_seconds)
        async with self.database.connection() as connection:
            overdue = await store.end_overdue(connection, TimedOut())
        lost = await self._enqueue_lost()
        if revived or overdue or lost:
            _log.warning("jobs.recovered", revived=revived, overdue=overdue, lost=lost)

    async def _enqueue_lost(self) -> int:
        async with self.database.transaction() as connection:
            jobs = await store.lock_lost(connection)
            for job in jobs:
                entry = await self.queue.put(
                    connection, job.id, job.queue, job.turn, priority=job.priority
                )
                await store.set_queue_entry(connection, job.id, entry)
        return len(jobs)
