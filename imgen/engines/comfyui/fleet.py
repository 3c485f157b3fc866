"""Several ComfyUI servers: which of them answer, what they have of ours, which is least loaded."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from imgen.engines.comfyui.entry import Entry, find
from imgen.engines.remote.server import Calls, Server
from imgen.errors import Unavailable, Upstream

_HEALTH_SECONDS = 5.0
_TRIES = 3
"""Of looking up a prompt: who does not find it makes the picture twice. All within the same
seconds: who answers with a fault is asked again, who hangs is not."""
_STRAGGLER_SECONDS = 1.0
"""For who did not answer the last time, once others have."""
_SHUNNED_SECONDS = 60.0
_BACK_SECONDS = 10.0
"""After which it makes sense to ask again, when none answers."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A server that answers."""

    server: Server
    load: int
    """Jobs waiting and running there."""
    entry: Entry | None = None
    """What it has under the prompt id that was asked for."""


@dataclass(slots=True)
class Ledger:
    """What a process remembers of its servers from one job to the next, by URL."""

    taken: Counter[str] = field(default_factory=Counter)
    """Jobs that were given to it from here and are not done."""
    silent: set[str] = field(default_factory=set)
    """Those that did not answer when they were last looked through."""
    _failed: dict[str, float] = field(default_factory=dict)
    """When a job failed there last, by the monotonic clock."""

    def failed(self, server: Server) -> None:
        """A job failed there. Its health and its queue do not show it: where jobs fail at once,
        the queue is always the shortest."""
        self._failed[server.url] = time.monotonic()

    def succeeded(self, server: Server) -> None:
        """A picture came from there."""
        self._failed.pop(server.url, None)

    def shunned(self, server: Server) -> bool:
        """Whether a job failed there a moment ago."""
        since = self._failed.get(server.url)
        return since is not None and time.monotonic() - since < _SHUNNED_SECONDS


@dataclass(slots=True)
class Fleet:
    """The servers of one model."""

    servers: Sequence[Server]
    leaning: str = ""
    """Of this process and model: which of equally loaded servers it takes first."""
    ledger: Ledger = field(default_factory=Ledger)

    async def sights(self, prompt_id: str = "", *, but: Collection[Server] = ()) -> list[Sight]:
        """The servers that answer: those first on which nothing has failed lately, and of these
        those with the shortest queues.

        Args:
            prompt_id: what each of them has under it is looked up too; empty: nothing is.
            but: servers that are not asked.

        Raises:
            imgen.errors.Unavailable: none does.
        """
        sights = await self._looked([one for one in self.servers if one not in but], prompt_id)
        if not sights:
            raise Unavailable(
                "No ComfyUI server answers", code="comfyui_down", retry_after=_BACK_SECONDS
            )
        return sorted(sights, key=self._rank)

    @contextmanager
    def given(self, server: Server) -> Iterator[None]:
        """Count a job while the block runs."""
        self.ledger.taken[server.url] += 1
        try:
            yield
        finally:
            self.ledger.taken[server.url] -= 1

    def _rank(self, sight: Sight) -> tuple[bool, int, bytes]:
        # Two choices at one moment see the same queues: what is given already breaks the tie.
        load = max(sight.load, self.ledger.taken[sight.server.url])
        return self.ledger.shunned(sight.server), load, self._distance(sight)

    def _distance(self, sight: Sight) -> bytes:
        """Among servers that have as little to do, a model goes where this process had it before,
        and its weights are loaded. Other processes, which may choose at this moment and see the
        same, lean to servers of their own."""
        return hashlib.sha256(f"{self.leaning} {sight.server.url}".encode()).digest()

    async def _looked(self, servers: Sequence[Server], prompt_id: str) -> list[Sight]:
        """All that answer. One that was silent the last time is not what the others wait for."""
        looks = {one: asyncio.create_task(self._sight(one, prompt_id)) for one in servers}
        try:
            usual = [look for one, look in looks.items() if one.url not in self.ledger.silent]
            if usual:
                await asyncio.wait(usual)
            answered = any(look.result() for look in usual)
            if looks:
                limit = _STRAGGLER_SECONDS if answered else None
                await asyncio.wait(looks.values(), timeout=limit)
            return [sight for look in looks.values() if look.done() and (sight := look.result())]
        finally:
            for look in looks.values():
                look.cancel()
            await asyncio.gather(*looks.values(), return_exceptions=True)

    async def _sight(self, server: Server, prompt_id: str) -> Sight | None:
        """None when it is not well."""
        try:
            async with server.calls() as calls:
                load = await _load(calls)
                entry = await _find(calls, prompt_id) if prompt_id and load is not None else None
        except (Upstream, Unavailable, TimeoutError):
            load = None
        if load is None:
            self.ledger.silent.add(server.url)
            return None
        self.ledger.silent.discard(server.url)
        return Sight(server, load, entry)


async def _find(calls: Calls, prompt_id: str) -> Entry | None:
    async with asyncio.timeout(_HEALTH_SECONDS):
        return await find(calls, prompt_id, tries=_TRIES)


async def _load(calls: Calls) -> int | None:
    """Jobs waiting and running there; None where it does not say."""
    seconds = min(_HEALTH_SECONDS, calls.server.patience.timeout)
    reply = await calls.ask("GET", "/prompt", tries=1, seconds=seconds)
    try:
        return int(reply.json()["exec_info"]["queue_remaining"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None
