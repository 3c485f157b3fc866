"""A worker's life: take jobs, look after lost ones, stop when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from imgen.engines.protocol import DEVICE_BROKEN
from imgen.errors import ImgenError
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
    """Takes jobs until it is cancelled, or its device breaks."""

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
            imgen.errors.Unavailable: the database is down at the start; or code `device_broken`: a
                device works no more, and only another process may revive it.
        """
        await self.first()
        janitor = asyncio.create_task(do_chores(self.chores))
        try:
            await _Taking(self).run()
        finally:
            janitor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await janitor


class _Taking:
    """The jobs of one worker, as what it can run changes."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._queues: list[str] = []
        """Those that jobs are taken from. The queue looks at this very list whenever it takes one,
        so that a change cuts no running job short."""
        self._known: list[str] = []
        self._running: set[str] = set()
        self._broken: asyncio.Future[ImgenError] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until cancelled, or a device breaks."""
        while not self._broken.done():
            self._queues = await self._open()
            await self._take()
            await self._pause(_PAUSE_SECONDS)  # the database is down, or was; or nothing can run
        error = self._broken.result()
        _log.error("worker.device_broken", error=error.message)
        raise error

    async def _take(self) -> None:
        """Take jobs until the queue fails, a device breaks, or it is to listen for others."""
        announced = list(self._queues)
        """Those whose new jobs wake the worker at once; others are found within seconds."""
        taking = asyncio.create_task(self._take_from_queues())
        try:
            while not taking.done() and not self._broken.done():
                await self._pause(self._worker.pace.heartbeat_seconds, taking)
                await self._follow_changes()
                if self._queues != announced and await self._is_idle():
                    break
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _follow_changes(self) -> None:
        queues = await self._open()
        if queues != self._queues:
            self._queues[:] = queues
            _log.info("worker.models_changed", queues=len(queues))

    async def _is_idle(self) -> bool:
        """Whether nothing runs, and nothing will: else it goes on as before."""
        if self._running:
            return False
        self._queues.clear()
        await self._pause(_PAUSE_SECONDS)  # what was being fetched is running by then
        if not self._running:
            return True
        self._queues[:] = self._known
        return False

    async def _open(self) -> list[str]:
        """What can run; while that cannot be told, what could."""
        try:
            self._known = list(await asyncio.to_thread(self._worker.queues))
        except Exception:  # whatever damaged files make libraries raise
            _log.exception("worker.models_unknown", queues=len(self._known))
        return list(self._known)

    async def _pause(self, seconds: float, *events: asyncio.Future[None]) -> None:
        watched: set[asyncio.Future[Any]] = {self._broken, *events}
        await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _take_from_queues(self) -> None:
        worker, pace = self._worker, self._worker.pace
        try:
            await worker.queue.take(
                self._run,
                self._queues,
                concurrency=worker.concurrency,
                heartbeat_seconds=pace.heartbeat_seconds,
                stalled_seconds=pace.stalled_seconds,
                drain_seconds=pace.drain_seconds,
            )
        except Exception as error:  # a worker outlives every fault of its queue
            _log.warning("worker.interrupted", error=str(error))

    async def _run(self, job_id: str) -> None:
        self._running.add(job_id)
        try:
            await self._worker.attempt(job_id)
        except ImgenError as error:
            if error.code != DEVICE_BROKEN:
                raise
            if not self._broken.done():
                self._broken.set_result(error)
        finally:
            self._running.discard(job_id)
