"""The `comfyui` engine: ComfyUI servers that already run, one or many."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from imgen.engines.comfyui.fleet import Fleet
from imgen.engines.comfyui.job import ComfyJob, Lost, NotTaken, Pace
from imgen.engines.comfyui.listen import Heard, listening
from imgen.engines.comfyui.order import Naming, Order
from imgen.engines.comfyui.own import make_order
from imgen.engines.comfyui.servers import servers_of
from imgen.engines.protocol import Abandoned, EngineRequest, EngineResult, Progress
from imgen.engines.remote.attended import briefly
from imgen.engines.remote.breaker import Breaker
from imgen.engines.remote.canvas import unchanged
from imgen.engines.remote.pictures import Pixels
from imgen.engines.remote.server import Patience, Server, host_of
from imgen.errors import Unavailable, Upstream

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
        self._taken: Counter[str] = Counter()

    def __repr__(self) -> str:
        return "ComfyUiEngine()"

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """See `imgen.engines.protocol.Engine`."""
        if (image := unchanged(request)) is not None:
            return EngineResult(image, info={"engine": "comfyui"})
        run = str(uuid.uuid4())
        naming = Naming(run, pattern=_LOADED, save="PreviewImage")
        order = await asyncio.to_thread(make_order, request, naming, self._workflows)
        fleet = Fleet([self._server(url) for url in self._place(request)], self._taken)
        server, picture = await self._send(fleet, order, run, progress)
        image = await asyncio.to_thread(order.restore, picture)
        return EngineResult(image, order.ignored, {"engine": "comfyui", "server": server.host})

    async def _send(
        self, fleet: Fleet, order: Order, run: str, progress: Progress
    ) -> tuple[Server, Pixels]:
        """To the least loaded; when that loses it or does not take it, to the next."""
        refused: list[Server] = []
        lost = 0
        while lost < _SENDS:
            server = await fleet.least_loaded(but=refused)
            with fleet.given(server):
                try:
                    return server, await self._on(server, order, run, progress)
                except NotTaken:
                    refused.append(server)
                    if len(refused) == len(fleet.servers):
                        raise
                except Lost:
                    lost += 1
                    _log.warning("comfyui.lost", server=server.host, run=run, times=lost)
        raise Upstream("ComfyUI lost the job again and again", code="comfyui_failed")

    async def _on(self, server: Server, order: Order, run: str, progress: Progress) -> Pixels:
        heard = Heard(run, order.sampler)
        client = uuid.uuid4().hex
        async with server.calls() as calls, listening(server, client, heard):
            job = ComfyJob(calls, order, client, heard, self._pace)
            try:
                picture = await job.run(progress)
            except (asyncio.CancelledError, Abandoned, Upstream, Unavailable, Lost):
                await briefly(job.cancel(), _CANCEL_SECONDS)
                raise
            await briefly(job.forget(), _CANCEL_SECONDS)
            return picture

    def _place(self, request: EngineRequest) -> tuple[str, ...]:
        return servers_of(request.options, self._urls)

    def _server(self, url: str) -> Server:
        if url not in self._servers:
            key = self._keys.get(host_of(url), "")
            self._servers[url] = Server(
                url, "ComfyUI", key, patience=self._patience, breaker=Breaker()
            )
        return self._servers[url]
