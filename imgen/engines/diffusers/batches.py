"""Requests that wait together are painted together; the device is never asked for two at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from imgen.engines.diffusers.order import Order
from imgen.engines.protocol import Abandoned, EngineResult, Progress

_PATIENCE = 30.0
"""Seconds that one waits while others are served whose models are at hand."""
Answer = EngineResult | BaseException


@dataclass(slots=True, eq=False)
class Ticket:
    """A request in the queue of the device."""

    key: Hashable
    """Tickets of one key may be painted together."""
    order: Order | Callable[[Progress], EngineResult]
    """What is painted, or, for work without a pipeline, what does it."""
    progress: Progress
    answer: asyncio.Future[EngineResult]
    unwanted: bool = field(default=False)
    """Nobody waits for it any more. Set by any thread."""
    since: float = 0.0
    """When it came, in seconds of the queue's clock."""

    def tell(self, step: int, of: int) -> None:
        """Pass progress on, and learn whether the picture is still wanted. From any thread."""
        if self.unwanted:
            return
        try:
            self.progress(step, of)
        except Abandoned as error:
            self.unwanted = True
            self.answer.get_loop().call_soon_threadsafe(_settle, self, error)


class Batches:
    """The queue of one device, served in a thread of its own.

    Args:
        work: paints tickets of one key; one answer for each, in order. Runs in that thread.
        largest: most tickets at once.
        window: how long a first one waits for others, in seconds.
        at_hand: whether a ticket can be served without sending away what others need. Those that
            can go first, but nobody waits for more than half a minute because of that.
        now: seconds of any clock.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Ticket]], Sequence[Answer]],
        largest: int,
        window: float,
        at_hand: Callable[[Ticket], bool] = lambda _ticket: True,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._work = work
        self._largest = largest
        self._window = window
        self._at_hand = at_hand
        self._now = now
        self._waiting: list[Ticket] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="diffusers")
        self._serving: asyncio.Task[None] | None = None
        self._come = asyncio.Event()

    async def submit(self, key: Hashable, order: Any, progress: Progress) -> EngineResult:
        """Wait for a turn and for the answer.

        Raises:
            imgen.engines.protocol.Abandoned: `progress` raised it.
            imgen.errors.ImgenError: what the work raised.
        """
        loop = asyncio.get_running_loop()
        ticket = Ticket(key, order, progress, loop.create_future(), since=self._now())
        self._waiting.append(ticket)
        if self._serving is None or self._serving.done():
            self._come = asyncio.Event()
            self._serving = loop.create_task(self._serve())
        self._come.set()
        try:
            return await ticket.answer
        finally:
            ticket.unwanted = True
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    async def _serve(self) -> None:
        """Until nobody waits. While the device works, the next batch gathers by itself."""
        loop = asyncio.get_running_loop()
        idle = True
        while self._waiting:
            if idle:
                await self._gather()
            idle = False
            batch = self._next()[: self._largest]
            if not batch:
                continue
            self._waiting = [ticket for ticket in self._waiting if ticket not in batch]
            try:
                answers = await loop.run_in_executor(self._thread, self._work, batch)
            except Exception as error:  # the queue outlives whatever one batch runs into
                answers = [error] * len(batch)
            for ticket, answer in zip(batch, answers, strict=True):
                _settle(ticket, answer)

    async def _gather(self) -> None:
        """Until a batch is full, or the window is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._window):
                while len(self._next()) < self._largest:
                    self._come.clear()
                    await self._come.wait()

    def _next(self) -> list[Ticket]:
        """Everything that may be painted with the one whose turn it is."""
        if not self._waiting:
            return []
        first = self._waiting[0]
        if self._now() - first.since < _PATIENCE:
            first = next(filter(self._at_hand, self._waiting), first)
        return [ticket for ticket in self._waiting if ticket.key == first.key]


def _settle(ticket: Ticket, answer: Answer) -> None:
    if ticket.answer.done():
        return
    if isinstance(answer, BaseException):
        ticket.answer.set_exception(answer)
    else:
        ticket.answer.set_result(answer)
