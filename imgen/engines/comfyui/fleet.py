"""Several ComfyUI servers: which of them answer, and which has the least to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from imgen.engines.remote.server import Server
from imgen.errors import Unavailable, Upstream

_HEALTH_SECONDS = 5.0


@dataclass(slots=True)
class Fleet:
    """The servers of one model."""

    servers: Sequence[Server]
    taken: Counter[str] = field(default_factory=Counter)
    """Server's URL → jobs that were given to it from here and are not done."""

    async def least_loaded(self, *, but: Collection[Server] = ()) -> Server:
        """The server with the shortest queue among those that answer.

        Args:
            but: servers that are not asked.

        Raises:
            imgen.errors.Unavailable: none does.
        """
        asked = [server for server in self.servers if server not in but]
        loads = await asyncio.gather(*(self._load(server) for server in asked))
        # Two choices at one moment see the same queues: what is given already breaks the tie.
        open_ones = [
            (max(load, self.taken[server.url]), number)
            for number, (server, load) in enumerate(zip(asked, loads, strict=True))
            if load is not None
        ]
        if not open_ones:
            raise Unavailable("No ComfyUI server answers", code="comfyui_down")
        return asked[min(open_ones)[1]]

    @contextmanager
    def given(self, server: Server) -> Iterator[None]:
        """Count a job while the block runs."""
        self.taken[server.url] += 1
        try:
            yield
        finally:
            self.taken[server.url] -= 1

    async def _load(self, server: Server) -> int | None:
        """Jobs waiting and running there; None when it is not well."""
        try:
            async with server.calls() as calls:
                seconds = min(_HEALTH_SECONDS, server.patience.timeout)
                reply = await calls.ask("GET", "/prompt", tries=1, seconds=seconds)
        except (Upstream, Unavailable):
            return None
        try:
            return int(reply.json()["exec_info"]["queue_remaining"])
        except (LookupError, TypeError, ValueError):
            return None
