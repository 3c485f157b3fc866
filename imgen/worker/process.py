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

_log = structlog.get_logger()
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Worker:
    """Takes jobs until it is cancelled."""

    queue: Queue
    attempt: Attempt
    recover: Recover
    queues: Sequence[str]
    concurrency: int
    heartbeat_seconds: float
    stalled_seconds: float
    janitor_seconds: float
    drain_seconds: float

    async def run(self) -> None:
        """Work until cancelled; then finish what is running, within the drain time."""
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
                heartbeat_seconds=self.heartbeat_seconds,
                stalled_seconds=self.stalled_seconds,
                drain_seconds=self.drain_seconds,
            )
        except Exception as error:  # a worker outlives every fault of its queue
            _log.warning("worker.interrupted", error=str(error))

    async def _clean_up(self) -> None:
        while True:
            await asyncio.sleep(self.janitor_seconds)
            try:
                await self.recover()
            except ImgenError as error:
                _log.warning("janitor.interrupted", error=error.message)
            except Exception:  # the next round may do better
                _log.exception("janitor.crashed")
