"""The `comfyui` engine: ComfyUI servers that already run, one or many."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from imgen.engines.comfyui.entry import Entry, State
from imgen.engines.comfyui.fleet import Fleet, Ledger, Sight
from imgen.engines.comfyui.job import ComfyJob, Lost, NotTaken, Pace, Stopped
from imgen.engines.comfyui.listen import Heard, listening
from imgen.engines.comfyui.order import Naming, Order
from imgen.engines.comfyui.own import make_order
from imgen.engines.comfyui.prompt import mark_of, prompt_id
from imgen.engines.comfyui.servers import servers_of
from imgen.engines.comfyui.stop import stop
from imgen.engines.protocol import Abandoned, EngineRequest, EngineResult, Progress
from imgen.engines.remote.attended import briefly
from imgen.engines.remote.breaker import Breaker
from imgen.engines.remote.canvas import unchanged
from imgen.engines.remote.pictures import Pixels
from imgen.engines.remote.server import Patience, Server, host_of
from imgen.errors import ImgenError, Unavailable, Upstream

_log = structlog.get_logger(__name__)
_SENDS = 4
"""How often a job is sent in all, when servers lose it."""
_CANCEL_SECONDS = 5.0
_LOADED = "imgen/{} [temp]"
"""Uploads lie where ComfyUI cleans up when it starts."""


class ComfyUiEngine:
    """Has ComfyUI make pictures.

    Args:
        urls: servers for models whose options name none.
        keys: `host` or `host:port` → bearer token, for servers behind a proxy that asks for one.
        workflows: folder of workflows that options name with a relative path.
        timeout_seconds: for one call; making a picture is many.
        patience_seconds: without an answer, after which a job is sent to another server.
        poll_seconds: between two looks at a job, beside what its websocket tells.
    """

    def __init__(
        self,
        *,
        urls: Sequence[str] = (),
        keys: Mapping[str, str] | None = None,
        workflows: Path | None = None,
        timeout_seconds: float = 30.0,
        patience_seconds: float = 60.0,
        poll_seconds: float = 1.0,
    ) -> None:
        self._urls = tuple(urls)
        self._keys = dict(keys or {})
        self._workflows = workflows
        self._patience = Patience(timeout=timeout_seconds)
        self._pace = Pace(poll_seconds, patience_seconds)
        self._servers: dict[str, Server] = {}
        self._ledger = Ledger()
        self._name = uuid.uuid4().hex

    def __repr__(self) -> str:
        return "ComfyUiEngine()"

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """See `imgen.engines.protocol.Engine`."""
        if (image := unchanged(request)) is not None:
            return EngineResult(image, info={"engine": "comfyui"})
        place = servers_of(request.options, self._urls)
        errand = await asyncio.to_thread(_errand, request, self._workflows)
        leaning = f"{self._name} {request.model}"
        fleet = Fleet([self._server(url) for url in dict.fromkeys(place)], leaning, self._ledger)
        server, picture = await self._send(fleet, errand, progress)
        image = await asyncio.to_thread(errand.order.restore, picture)
        info = {"engine": "comfyui", "server": server.host, "prompt": errand.prompt}
        return EngineResult(image, errand.order.ignored, info)

    async def _send(
        self, fleet: Fleet, errand: _Errand, progress: Progress
    ) -> tuple[Server, Pixels]:
        """To whom has it already, else to the least loaded; when that loses it, fails at it or
        does not take it, to the next."""
        past = _Past()
        while True:
            sight = await self._next(fleet, errand, past)
            server = sight.server
            try:
                with fleet.given(server):
                    picture = await self._on(sight, errand, progress)
            except (Lost, Upstream, Unavailable) as error:
                self._failed(server, errand, error)
                past.add(server, error)
                if past.sends == _SENDS or len(past.given_up) == len(fleet.servers):
                    raise past.failure from None
            else:
                self._ledger.succeeded(server)
                return server, picture

    async def _next(self, fleet: Fleet, errand: _Errand, past: _Past) -> Sight:
        """Where it goes now.

        Raises:
            imgen.errors.ImgenError: no server is left: what was in the way on the last one.
        """
        try:
            prompt = errand.prompt if errand.known else ""
            sights = await fleet.sights(prompt, but=past.given_up)
        except Unavailable:
            if past.given_up:  # the others are down, which is not what the job failed by
                raise past.failure from None
            raise
        standing = _standing(sights, errand)
        await self._clear(errand, [one for one in sights if one is not standing])
        fresh = [one for one in sights if one.server not in past.lost]
        return standing or replace((fresh or sights)[0], entry=None)

    def _failed(self, server: Server, errand: _Errand, error: Exception) -> None:
        if not isinstance(error, NotTaken | Stopped):
            self._ledger.failed(server)
        reason = error.message if isinstance(error, ImgenError) else "lost it"
        _log.warning("comfyui.not_made", server=server.host, prompt=errand.prompt, reason=reason)

    async def _on(self, sight: Sight, errand: _Errand, progress: Progress) -> Pixels:
        server, entry = sight.server, sight.entry
        if entry is not None:
            _log.info("comfyui.taken_up", server=server.host, prompt=errand.prompt)
        heard = Heard(errand.prompt, errand.order.sampler)
        client = entry.client if entry else uuid.uuid4().hex
        async with server.calls() as calls, listening(server, client, heard):
            job = ComfyJob(
                calls, errand.order, errand.mark, client, heard, self._pace, taken_up=bool(entry)
            )
            try:
                picture = await job.run(progress)
            except (asyncio.CancelledError, Abandoned, Upstream, Unavailable, Lost) as error:
                await briefly(job.cancel(), _CANCEL_SECONDS)
                if isinstance(error, Lost) and not await job.claim.held():
                    raise Abandoned from None  # the next try of the job has it, or had it
                raise
            await briefly(job.forget(), _CANCEL_SECONDS)
            return picture

    async def _clear(self, errand: _Errand, sights: Sequence[Sight]) -> None:
        """What earlier tries left behind that is of no use: failed, stopped, or something else."""

        async def clear(server: Server, entry: Entry) -> None:
            async with server.calls() as calls:
                await briefly(stop(calls, errand.prompt, entry.client), _CANCEL_SECONDS)

        await asyncio.gather(*(clear(one.server, one.entry) for one in sights if one.entry))

    def _server(self, url: str) -> Server:
        if url not in self._servers:
            key = self._keys.get(host_of(url), "")
            self._servers[url] = Server(
                url, "ComfyUI", key, patience=self._patience, breaker=Breaker()
            )
        return self._servers[url]


@dataclass(frozen=True, slots=True)
class _Errand:
    """An order, under the id that servers know it by."""

    order: Order
    mark: str
    """Of the order, see `mark_of`."""
    prompt: str
    known: bool
    """Whether a server may have it from an earlier try."""


@dataclass(slots=True)
class _Past:
    """How it went with an errand so far."""

    given_up: list[Server] = field(default_factory=list)
    """They failed at it or do not take it."""
    lost: list[Server] = field(default_factory=list)
    """They lost it: one more try is not in vain, but better elsewhere."""
    sends: int = 0
    failure: ImgenError = field(
        default_factory=lambda: Upstream(
            "ComfyUI lost the job again and again", code="comfyui_failed"
        )
    )

    def add(self, server: Server, error: Lost | ImgenError) -> None:
        """One more that came to nothing."""
        self.sends += not isinstance(error, NotTaken)
        if isinstance(error, ImgenError):
            self.given_up.append(server)
            if not (isinstance(error, NotTaken) and self.sends):  # who took it says more
                self.failure = error
        elif not isinstance(error, Stopped):
            self.lost.append(server)


def _errand(request: EngineRequest, workflows: Path | None) -> _Errand:
    """Blocking."""
    prompt = prompt_id(request.job)
    order = make_order(request, Naming(prompt, pattern=_LOADED, save="PreviewImage"), workflows)
    return _Errand(order, mark_of(order), prompt, known=bool(request.job))


def _standing(sights: Sequence[Sight], errand: _Errand) -> Sight | None:
    """Who has what an earlier try began; best who has finished it."""

    def distance(sight: Sight) -> int:
        if sight.entry is None or not sight.entry.answers(errand.mark):
            return len(_NEAREST)
        return _NEAREST.index(sight.entry.state)

    nearest = min(sights, key=distance)
    return nearest if distance(nearest) < len(_NEAREST) else None


_NEAREST = (State.DONE, State.RUNNING, State.WAITING)
