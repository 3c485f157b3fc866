"""Second thoughts: an operator overturns a block, or upholds it, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from imgen import clock
from imgen.compliance.audit import store
from imgen.compliance.audit.entry import ELSEWHERE, Appeal, Decision, Entry
from imgen.compliance.audit.store import BlockedJob
from imgen.database.pool import Connection, Database
from imgen.errors import Conflict, Forbidden, Invalid, NotFound

_LONGEST_REASON = 2000


class Release(Protocol):
    """Turns a blocked job into a completed one."""

    async def __call__(self, job_id: str) -> None:
        """Release a job's picture. Doing so twice is no error.

        Raises:
            imgen.errors.NotFound: the job, or its picture, is gone.
        """


@dataclass(frozen=True, slots=True)
class Appeals:
    """Decides about blocked jobs. What the floor blocked stays blocked."""

    database: Database
    release: Release

    async def blocked(self, *, limit: int = 50) -> list[BlockedJob]:
        """The latest blocked jobs, newest first."""
        async with self.database.connection() as connection:
            return await store.blocked_jobs(connection, limit=limit)

    async def decisions(self, job_id: str) -> list[Appeal]:
        """What was decided about a job, newest first."""
        async with self.database.connection() as connection:
            return await store.appeals(connection, job_id=job_id, limit=100)

    async def overturn(self, job_id: str, *, reason: str, by: str) -> None:
        """Release a blocked picture.

        The decision is on record before the picture is released. Where releasing fails, the same
        call again releases it, and records nothing twice.

        Raises:
            imgen.errors.Invalid: there is no reason, or nobody who decides.
            imgen.errors.NotFound: no review of this job blocked it, or its picture is gone.
            imgen.errors.Forbidden: the floor blocked it.
            imgen.errors.Conflict: its upload was blocked, so that there is nothing to release.
        """
        async with self.database.transaction() as connection:
            entry = await _blocked(connection, job_id)
            if entry.floor:
                raise Forbidden(f"The floor blocked {job_id}: no decision can release it")
            if entry.kind == "upload":
                raise Conflict(f"{job_id} was blocked for its upload: no picture was made of it")
            if await store.decision(connection, job_id) != "overturned":
                await store.decide(connection, entry, _appeal(job_id, "overturned", reason, by))
        await self.release(job_id)

    async def uphold(self, job_id: str, *, reason: str, by: str) -> None:
        """Keep a picture blocked, for good reason.

        Raises:
            imgen.errors.Invalid: there is no reason, or nobody who decides.
            imgen.errors.NotFound: no review of this job blocked it.
            imgen.errors.Conflict: it was released already.
        """
        async with self.database.transaction() as connection:
            entry = await _blocked(connection, job_id)
            if await store.decision(connection, job_id) == "overturned":
                raise Conflict(f"{job_id} was released already, and may have been seen")
            await store.decide(connection, entry, _appeal(job_id, "upheld", reason, by))


async def _blocked(connection: Connection, job_id: str) -> Entry:
    """The latest review of a job, which blocked it. Nobody else decides about it meanwhile."""
    if not job_id:
        raise Invalid("Which job? `imgen compliance appeals list` shows them", field="job")
    await store.lock_job(connection, job_id)
    ours = not job_id.startswith(ELSEWHERE)
    found = await store.latest_verdict(connection, job_id) if ours else None
    if found is None or found.state != "blocked":
        raise NotFound(f"No review blocked {job_id}; `imgen compliance log --job` shows why")
    return found


def _appeal(job_id: str, decision: Decision, reason: str, by: str) -> Appeal:
    reason, by = reason.strip(), by.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid(f"Give a reason, of at most {_LONGEST_REASON} characters", field="reason")
    if not by:
        raise Invalid("Say who decides", field="by")
    return Appeal(job_id, decision, reason, by, clock.now())
