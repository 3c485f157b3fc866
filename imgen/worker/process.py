"""A worker's life: take jobs, look after lost ones, stop when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from imgen.errors import ImgenError
from imgen.generation.attempt import Attempt
from imgen.generation.queue import Queue
from imgen.generation.recover import Recover
from imgen.library.remember import Remember
from imgen.library.withdraw import Withdraw

_log = structlog.get_logger()
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker does what, and how long it waits; all in seconds."""

    heartbeat_seconds: float
    stalled_seconds: float
    janitor_seconds: float
    drain_seconds: float


@dataclass(frozen=True, slots=True)
class Worker:
    """Takes jobs until it is cancelled."""

    queue: Queue
    attempt: Attempt
    recover: Recover
    remember: Remember
    withdraw: Withdraw
    queues: Sequence[str]
    concurrency: int
    pace: Pace

    async def run(self) -> None:
        """Work until cancelled; then finish what is running, within the drain time.

        Raises:
            imgen.errors.Unavailable: the database is down at the start.
        """
        await self.withdraw()
        janitor = asyncio.create_task(self._clean_up())
        try:
            while True:
                await self._take()
                await asyncio.sleep(_PAUSE_SECONDS)  # the database is down, or was
        finally:
            janitor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await janitor

    async def _take(self) -> None:
        try:
            await self.queue.take(
                self.attempt,
                self.queues,
                concurrency=self.concurrency,
                heartbeat_seconds=self.pace.heartbeat_seconds,
                stalled_seconds=self.pace.stalled_seconds,
                drain_seconds=self.pace.drain_seconds,
            )
        except Exception as error:  # a worker outlives every fault of its queue
            _log.warning("worker.interrupted", error=str(error))

    async def _clean_up(self) -> None:
        while True:
            await asyncio.sleep(self.pace.janitor_seconds)
            try:
                await self.recover()
                await self.remember()
            except ImgenError as error:
                _log.warning("janitor.interrupted", error=error.message)
            except Exception:  # the next round may do better
                _log.exception("janitor.crashed")
