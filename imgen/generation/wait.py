"""Wait for a job's end: with a deadline, and for nothing that nobody wants any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from imgen import ids
from imgen.accounts.records import Caller
from imgen.database.pool import Database
from imgen.errors import ImgenError, NotFound, TimedOut, Unavailable
from imgen.generation import store
from imgen.generation.cancel import Cancel
from imgen.generation.endings import Endings
from imgen.generation.outcome import Cancelled, Outcome
from imgen.generation.request import GenerationRequest
from imgen.generation.submit import Submit, Submitted

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wait:
    """Waits for one job. It costs no thread, and no database connection while it waits."""

    database: Database
    endings: Endings

    async def __call__(self, caller: Caller, job_id: str, *, seconds: float) -> Outcome:
        """How the job ended.

        Whoever stops waiting (the deadline passes, or this is cancelled) has the job cancelled.

        Args:
            seconds: the most that is waited.

        Raises:
            imgen.errors.TimedOut: `seconds` passed; code `deadline`.
            imgen.errors.NotFound: this account has no such job.
        """
        async with self.endings.watch(job_id) as ended, self.wanted(caller, job_id):
            outcome = await self._outcome(caller, job_id)
            return outcome or await self.until(ended, caller, job_id, seconds=seconds)

    async def until(
        self, ended: asyncio.Event, caller: Caller, job_id: str, *, seconds: float
    ) -> Outcome:
        """How a job that is watched already ended; see `__call__`."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await ended.wait()
                    ended.clear()
                    with contextlib.suppress(Unavailable):  # found again when the database is back
                        if outcome := await self._outcome(caller, job_id):
                            return outcome
        except TimeoutError:
            return await self._too_late(caller, job_id, seconds)

    async def _too_late(self, caller: Caller, job_id: str, seconds: float) -> Outcome:
        """End it; what was done at the last moment counts."""
        job = await Cancel(self.database)(caller, job_id)
        if job.outcome is not None and not isinstance(job.outcome, Cancelled):
            return job.outcome
        raise TimedOut(f"It was not done within {seconds:.0f} seconds", code="deadline")

    async def _outcome(self, caller: Caller, job_id: str) -> Outcome | None:
        async with self.database.connection() as connection:
            job = await store.find(connection, job_id, caller.account_id)
        if job is None:
            raise NotFound("There is no such job", code="job_not_found", field="id")
        return job.outcome

    @contextlib.asynccontextmanager
    async def wanted(self, caller: Caller, job_id: str) -> AsyncIterator[None]:
        """Cancel the job when the block is cancelled: nobody will fetch its result."""
        try:
            yield
        except asyncio.CancelledError:
            await asyncio.shield(self._give_up(caller, job_id))
            raise

    async def _give_up(self, caller: Caller, job_id: str) -> None:
        try:
            await Cancel(self.database)(caller, job_id)
        except NotFound:
            pass  # it was never accepted
        except ImgenError as error:  # it runs to its own deadline
            _log.warning("job.not_cancelled", job_id=job_id, error=error.message)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A job that was waited for, and how it ended."""

    id: str
    gen_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Deliver:
    """Submits a job and waits for its end: what the synchronous surfaces do."""

    submit: Submit
    wait: Wait

    async def __call__(
        self,
        caller: Caller,
        request: GenerationRequest,
        *,
        surface: str,
        seconds: float,
        request_id: str = "",
        price: int = 0,
    ) -> Delivered:
        """Make one picture.

        Args:
            seconds: the most that is waited, from acceptance.
            request_id: of the HTTP request, for the log and the counts.
            price: in credits; see `Submit`.

        Raises:
            imgen.errors.ImgenError: see `Submit` and `Wait`.
        """
        receipt = Submitted(id=ids.job_id(), gen_id=ids.gen_id())
        # Watched, and known by its id, before it exists: so its end cannot be missed, and being
        # cancelled in the middle of the submission leaves no job behind.
        async with (
            self.wait.endings.watch(receipt.id) as ended,
            self.wait.wanted(caller, receipt.id),
        ):
            await self.submit(
                caller,
                request,
                surface=surface,
                request_id=request_id,
                price=price,
                receipt=receipt,
            )
            outcome = await self.wait.until(ended, caller, receipt.id, seconds=seconds)
        return Delivered(receipt.id, receipt.gen_id, outcome)
