"""End a job that nobody wants any more."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.accounts.records import Caller
from imgen.database.pool import Database
from imgen.errors import NotFound
from imgen.generation import store
from imgen.generation.job import Job, State
from imgen.generation.outcome import Cancelled


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancels jobs, waiting or running; the worker notices within half a second."""

    database: Database

    async def __call__(self, caller: Caller, job_id: str) -> Job:
        """Cancel, and return the job as it is now: a finished one stays what it was.

        Raises:
            imgen.errors.NotFound: this account has no such job.
        """
        async with self.database.connection() as connection:
            await store.end_early(
                connection, job_id, caller.account_id, State.CANCELLED, Cancelled()
            )
            job = await store.find(connection, job_id, caller.account_id)
        if job is None:
            raise NotFound("There is no such job", code="job_not_found", field="id")
        return job
