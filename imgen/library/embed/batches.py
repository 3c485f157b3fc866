"""Gathers what many callers ask at once into few computations, and remembers the answers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imgen.errors import Unavailable

Vector = NDArray[np.float32]
Compute = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(slots=True, eq=False)
class Wanted:
    """A text that somebody waits for."""

    text: str
    answer: asyncio.Future[Vector]
    waiting: int = 0
    remember: bool = False


@dataclass(slots=True)
class Memory:
    """The vectors of the texts that were asked most recently, at most `limit` of them."""

    limit: int
    _vectors: OrderedDict[str, Vector] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._vectors)

    def get(self, text: str) -> Vector | None:
        """The vector of a remembered text, which thereby becomes the most recent one."""
        vector = self._vectors.get(text)
        if vector is not None:
            self._vectors.move_to_end(text)
        return vector

    def put(self, text: str, vector: Vector) -> None:
        """Remember, and forget the oldest one over the limit."""
        self._vectors[text] = vector
        self._vectors.move_to_end(text)
        while len(self._vectors) > self.limit:
            self._vectors.popitem(last=False)


class Batches:
    """Runs `compute` in a thread, on one batch at a time; what arrives meanwhile forms the next.

    The same text is computed once however many wait for it. A caller that gives up takes its texts
    out of the queue unless others want them too. Small requests (a search) go before large ones
    (an import), and only their texts are remembered.

    Args:
        compute: (n texts) to (n, d) vectors; blocking; the text alone decides its vector.
        batch: the most texts for one call of `compute`.
        remember: how many texts' vectors to keep; 384 dimensions take 1.5 KB each.
        small: the most texts of a small request.
    """

    def __init__(
        self, compute: Compute, *, batch: int = 32, remember: int = 4096, small: int = 8
    ) -> None:
        self._compute = compute
        self._batch = batch
        self._small = small
        self._memory = Memory(remember)
        self._wanted: dict[str, Wanted] = {}
        self._soon: OrderedDict[str, Wanted] = OrderedDict()
        self._later: OrderedDict[str, Wanted] = OrderedDict()
        self._runner: asyncio.Task[None] | None = None
        self._closed = False

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """The vector of each text, read-only.

        Raises:
            imgen.errors.Unavailable: closed, before or while waiting.
            Exception: whatever `compute` raised on the batch that one of the texts was in.
        """
        if self._closed:
            raise Unavailable("The text encoder is closed.")
        found: dict[str, Vector] = {}
        missing: dict[str, Wanted] = {}
        for text in dict.fromkeys(texts):
            known = self._memory.get(text)
            if known is not None:
                found[text] = known
            else:
                missing[text] = self._want(text, urgent=len(texts) <= self._small)
        if missing:
            await self._wait_for(missing.values())
            found |= {text: wanted.answer.result() for text, wanted in missing.items()}
        return [found[text] for text in texts]

    async def close(self) -> None:
        """Turn away whoever waits, let the batch that runs finish, and refuse what comes later."""
        self._closed = True
        queued = [*self._soon.values(), *self._later.values()]
        self._soon.clear()
        self._later.clear()
        self._refuse(queued, Unavailable("The text encoder is closed."))
        if self._runner:
            await asyncio.wait([self._runner])

    def _want(self, text: str, *, urgent: bool) -> Wanted:
        wanted = self._wanted.get(text)
        if wanted is None:
            wanted = Wanted(text, asyncio.get_running_loop().create_future())
            self._wanted[text] = wanted
            self._later[text] = wanted
        wanted.waiting += 1
        wanted.remember |= urgent
        if urgent and text in self._later:
            self._soon[text] = self._later.pop(text)
        return wanted

    async def _wait_for(self, wanted: Iterable[Wanted]) -> None:
        """Until every answer is there; who is cancelled meanwhile no longer counts as waiting."""
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        try:
            await asyncio.wait([each.answer for each in wanted])
        finally:
            for each in wanted:
                each.waiting -= 1
                if not each.waiting and not each.answer.done():
                    self._give_up(each)

    def _give_up(self, wanted: Wanted) -> None:
        """Nobody waits any more. One that is being computed stays: it is nearly done."""
        queued = self._soon.pop(wanted.text, None) or self._later.pop(wanted.text, None)
        if queued:
            del self._wanted[wanted.text]

    async def _run(self) -> None:
        while self._soon or self._later:
            taken = self._take()
            texts = [wanted.text for wanted in taken]
            try:
                vectors = await asyncio.to_thread(self._compute, texts)
            except Exception as error:  # whatever it is, those who wait must hear of it
                self._refuse(taken, error)
            else:
                self._answer(taken, vectors)

    def _take(self) -> list[Wanted]:
        taken: list[Wanted] = []
        for queue in (self._soon, self._later):
            while queue and len(taken) < self._batch:
                taken.append(queue.popitem(last=False)[1])
        return taken

    def _answer(self, taken: Sequence[Wanted], vectors: NDArray[np.float32]) -> None:
        for wanted, row in zip(taken, vectors, strict=True):
            vector = row.copy()  # a view would keep the whole batch alive
            vector.flags.writeable = False
            del self._wanted[wanted.text]
            wanted.answer.set_result(vector)
            if wanted.remember:
                self._memory.put(wanted.text, vector)

    def _refuse(self, refused: Iterable[Wanted], error: Exception) -> None:
        for wanted in refused:
            del self._wanted[wanted.text]
            wanted.answer.set_exception(error)
            wanted.answer.exception()  # seen: nobody may be left to look at it
