"""Several ComfyUI servers: which of them answer, what they have of ours, which is least loaded."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from imgen.engines.comfyui.entry import Entry, find
from imgen.engines.remote.server import Calls, Server
from imgen.errors import Unavailable, Upstream

_HEALTH_SECONDS = 5.0
_TRIES = 3
"""Of looking up a prompt: who does not find it makes the picture twice."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A server that answers."""

    server: Server
    load: int
    """Jobs waiting and running there."""
    entry: Entry | None = None
    """What it has under the prompt id that was asked for."""


@dataclass(slots=True)
class Fleet:
    """The servers of one model."""

    servers: Sequence[Server]
    leaning: str = ""
    """Of this process and model: which of equally loaded servers it takes first."""
    taken: Counter[str] = field(default_factory=Counter)
    """Server's URL → jobs that were given to it from here and are not done."""

    async def sights(self, prompt_id: str = "", *, but: Collection[Server] = ()) -> list[Sight]:
        """The servers that answer, those with the shortest queues first.

        Args:
            prompt_id: what each of them has under it is looked up too; empty: nothing is.
            but: servers that are not asked.

        Raises:
            imgen.errors.Unavailable: none does.
        """
        asked = [server for server in self.servers if server not in but]
        found = await asyncio.gather(*(self._sight(server, prompt_id) for server in asked))
        sights = [sight for sight in found if sight is not None]
        if not sights:
            raise Unavailable("No ComfyUI server answers", code="comfyui_down")
        # Two choices at one moment see the same queues: what is given already breaks the tie.
        return sorted(sights, key=lambda one: (self._load(one), self._distance(one)))

    @contextmanager
    def given(self, server: Server) -> Iterator[None]:
        """Count a job while the block runs."""
        self.taken[server.url] += 1
        try:
            yield
        finally:
            self.taken[server.url] -= 1

    def _load(self, sight: Sight) -> int:
        return max(sight.load, self.taken[sight.server.url])

    def _distance(self, sight: Sight) -> bytes:
        """Among servers that have as little to do, a model goes where this process had it before,
        and its weights are loaded. Other processes, which may choose at this moment and see the
        same, lean to servers of their own."""
        return hashlib.sha256(f"{self.leaning} {sight.server.url}".encode()).digest()

    async def _sight(self, server: Server, prompt_id: str) -> Sight | None:
        """None when it is not well."""
        try:
            async with server.calls() as calls:
                load = await _load(calls)
                if load is None:
                    return None
                entry = await find(calls, prompt_id, tries=_TRIES) if prompt_id else None
                return Sight(server, load, entry)
        except (Upstream, Unavailable):
            return None


async def _load(calls: Calls) -> int | None:
    """Jobs waiting and running there; None where it does not say."""
    seconds = min(_HEALTH_SECONDS, calls.server.patience.timeout)
    reply = await calls.ask("GET", "/prompt", tries=1, seconds=seconds)
    try:
        return int(reply.json()["exec_info"]["queue_remaining"])
    except (LookupError, TypeError, ValueError):
        return None
