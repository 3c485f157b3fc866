"""A worker's life: take jobs, look after lost ones, stop when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from imgen.generation.attempt import Attempt
from imgen.generation.queue import Queue
from imgen.worker.chores import Chore, do_chores

_log = structlog.get_logger()
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker says that it is alive, and how long it waits; all in seconds."""

    heartbeat_seconds: float
    stalled_seconds: float
    drain_seconds: float


@dataclass(frozen=True, slots=True)
class Worker:
    """Takes jobs until it is cancelled."""

    queue: Queue
    attempt: Attempt
    first: Callable[[], Awaitable[object]]
    """Done once, before the first job."""
    chores: Sequence[Chore]
    queues: Callable[[], Sequence[str]]
    """Those of the models that can run here: weights may come, or go, while it works. Blocking."""
    concurrency: int
    pace: Pace

    async def run(self) -> None:
        """Work until cancelled; then finish what is running, within the drain time.

        Raises:
            imgen.errors.Unavailable: the database is down at the start.
        """
        await self.first()
        janitor = asyncio.create_task(do_chores(self.chores))
        try:
            while True:
                await self._take()
                await asyncio.sleep(_PAUSE_SECONDS)  # the database is down, or was
        finally:
            janitor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await janitor

    async def _take(self) -> None:
        """Take jobs until what can run here is something else, or the queue fails."""
        queues = await asyncio.to_thread(self.queues)
        taking = asyncio.create_task(self._take_from(queues))
        try:
            while not taking.done() and await asyncio.to_thread(self.queues) == queues:
                await asyncio.wait({taking}, timeout=self.pace.heartbeat_seconds)
            if not taking.done():
                _log.info("worker.models_changed")
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _take_from(self, queues: Sequence[str]) -> None:
        try:
            await self.queue.take(
                self.attempt,
                queues,
                concurrency=self.concurrency,
                heartbeat_seconds=self.pace.heartbeat_seconds,
                stalled_seconds=self.pace.stalled_seconds,
                drain_seconds=self.pace.drain_seconds,
            )
        except Exception as error:  # a worker outlives every fault of its queue
            _log.warning("worker.interrupted", error=str(error))
