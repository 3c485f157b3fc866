"""Let a blocked picture out after all, when an operator overturned the verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgen.database.pool import Database
from imgen.errors import Conflict, NotFound
from imgen.generation import store
from imgen.generation.memory import Memory
from imgen.generation.outcome import Blocked, Completed
from imgen.generation.shelf import Shelf
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Release:
    """Turns blocked jobs into completed ones."""

    database: Database
    objects: ObjectStore
    memory: Memory

    async def __call__(self, job_id: str) -> None:
        """Complete a blocked job with the picture that was withheld, and remember it.

        Doing so twice is no error.

        Raises:
            imgen.errors.NotFound: there is no such job, or its picture is no longer there.
            imgen.errors.Conflict: it is not blocked, or nothing was kept of its picture.
        """
        async with self.database.connection() as connection:
            job = await store.find_any(connection, job_id)
        if job is None:
            raise NotFound(f"There is no job {job_id}", field="id")
        if isinstance(job.outcome, Completed):
            return
        if not isinstance(job.outcome, Blocked) or job.outcome.withheld is None:
            raise Conflict(f"The job {job_id} has no picture that could be released")
        outcome = await self._let_out(job.outcome.withheld)
        async with self.database.transaction() as connection:
            if not await store.release(connection, job_id, outcome):
                return  # somebody else was quicker
            new = await self.memory.keep(connection, job, outcome)
        if new:
            await self.memory.read_new(job, outcome)

    async def _let_out(self, withheld: Completed) -> Completed:
        shelf = Shelf(self.objects)
        return replace(
            withheld,
            image=await shelf.release(withheld.image),
            thumbnail=await shelf.release(withheld.thumbnail),
            compliance="safe",
        )
