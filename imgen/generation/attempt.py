"""One try at a job: claim it, run it, and write down how it ended, exactly once."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta

import structlog

from imgen import clock
from imgen.database.pool import Database
from imgen.engines.protocol import DEVICE_BROKEN, Abandoned
from imgen.errors import ImgenError, Kind
from imgen.generation import store
from imgen.generation.again import Next, after, seconds_until
from imgen.generation.job import Job, State
from imgen.generation.memory import Memory
from imgen.generation.outcome import Blocked, Completed, Failed, Outcome, TimedOut
from imgen.generation.progress import ProgressRecorder
from imgen.generation.queue import Queue
from imgen.generation.run import Run

_log = structlog.get_logger()
_REASON = "Generation failed"
_STATES = {
    Completed: State.COMPLETED,
    Blocked: State.BLOCKED,
    Failed: State.FAILED,
    TimedOut: State.TIMED_OUT,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the queue calls for each task."""

    database: Database
    queue: Queue
    run: Run
    memory: Memory
    tries: int

    async def __call__(self, job_id: str) -> None:
        """Try a job once. Does nothing when it is finished already.

        Raises:
            imgen.errors.ImgenError: code `device_broken`: whatever comes next, another process has
                to do it.
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.connection() as connection:
            job = await store.claim(connection, job_id)
        if job is None:
            return
        with structlog.contextvars.bound_contextvars(job_id=job.id, attempt=job.attempt):
            if job.attempt > self.tries:  # it took its workers down with it, again and again
                await self._end(job, Failed(_REASON))
                return
            try:
                await self._try(job)
            except asyncio.CancelledError:
                await asyncio.shield(self._put_back(job, counts=False, seconds=0.0))
                raise

    async def _try(self, job: Job) -> None:
        progress = ProgressRecorder(self.database, job)
        running = asyncio.create_task(self.run(job, progress))
        watching = asyncio.create_task(progress.until_abandoned())
        seconds_left = (job.deadline - clock.now()).total_seconds()
        try:
            await asyncio.wait(
                {running, watching},
                timeout=max(0.0, seconds_left),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if running.done():
                await self._conclude(job, running)
            elif not watching.done():
                await self._end(job, TimedOut())
        finally:
            progress.abandon()
            for task in (running, watching):
                task.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)

    async def _conclude(self, job: Job, running: asyncio.Task[Completed | Blocked]) -> None:
        try:
            outcome: Outcome = running.result()
        except Abandoned:
            return
        except Exception as error:  # whatever an engine throws, its job must not be lost
            await self._failed(job, error)
            return
        await self._end(job, outcome)

    async def _failed(self, job: Job, error: Exception) -> None:
        if not isinstance(error, ImgenError) or error.kind is Kind.INTERNAL:
            _log.exception("job.crashed", exc_info=error)
        follows = after(error)
        if follows is Next.END or (follows is Next.COUNTED and job.attempt >= self.tries):
            reason = error.message if isinstance(error, ImgenError) else _REASON
            await self._end(job, Failed(reason))
        else:
            seconds, counts = seconds_until(job, error), follows is Next.COUNTED
            _log.warning("job.retry", error=str(error), counts=counts, seconds=round(seconds, 1))
            await self._put_back(job, counts=counts, seconds=seconds)
        if isinstance(error, ImgenError) and error.code == DEVICE_BROKEN:
            raise error

    async def _end(self, job: Job, outcome: Outcome) -> None:
        state = _STATES[type(outcome)]
        async with self.database.transaction() as connection:
            ours = await store.finish(connection, job, state, outcome)
            new = ours and await self.memory.keep(connection, job, outcome)
        if new:
            await self.memory.read_new(job, outcome)
        seconds = (clock.now() - job.created_at).total_seconds()
        _log.info("job.ended" if ours else "job.no_longer_ours", state=state, seconds=seconds)

    async def _put_back(self, job: Job, *, counts: bool, seconds: float) -> None:
        delay = timedelta(seconds=seconds)
        # With the database down nothing can be written; then the janitor finds the job.
        with contextlib.suppress(ImgenError):
            async with self.database.transaction() as connection:
                if await store.put_back(connection, job, counts=counts):
                    entry = await self.queue.put(
                        connection,
                        job.id,
                        job.queue,
                        job.turn,
                        priority=job.priority,
                        delay=delay,
                    )
                    await store.set_queue_entry(connection, job.id, entry)
