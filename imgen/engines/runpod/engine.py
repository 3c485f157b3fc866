"""The `runpod` engine: serverless endpoints that run worker-comfyui."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from imgen.engines.comfyui.order import Naming
from imgen.engines.comfyui.own import make_order
from imgen.engines.protocol import Abandoned, EngineRequest, EngineResult, Progress
from imgen.engines.remote.attended import briefly
from imgen.engines.remote.canvas import unchanged
from imgen.engines.remote.server import Patience, Server
from imgen.engines.runpod.body import request_body, under_a_name
from imgen.engines.runpod.job import Pace, RunPodJob
from imgen.engines.runpod.nudges import Nudges
from imgen.engines.runpod.obstacle import obstacle
from imgen.errors import Unavailable, Upstream

_CANCEL_SECONDS = 5.0
_RARER = 4


class RunPodEngine:
    """Has RunPod make pictures.

    Args:
        key: API key.
        url: of the API.
        workflows: folder of workflows that options name with a relative path.
        output_hosts: hosts (`host` or `host:port`) with a private address that results may be
            fetched from, such as a bucket of the operator's own.
        execution_seconds: of work, after which RunPod stops a job.
        queue_seconds: in RunPod's queue, after which a job is cancelled and given up.
        timeout_seconds: for one call; making a picture is many.
        patience_seconds: without an answer, after which a job is given up.
        first_poll_seconds: until the first look at a job.
        longest_poll_seconds: between two looks at most.
        nudges: where webhooks arrive, so that jobs are asked after more rarely; None: nowhere.
    """

    def __init__(
        self,
        *,
        key: str = "",
        url: str = "https://api.runpod.ai/v2",
        workflows: Path | None = None,
        output_hosts: Sequence[str] = (),
        execution_seconds: float = 600.0,
        queue_seconds: float = 120.0,
        timeout_seconds: float = 30.0,
        patience_seconds: float = 60.0,
        first_poll_seconds: float = 0.5,
        longest_poll_seconds: float = 8.0,
        nudges: Nudges | None = None,
    ) -> None:
        self._known = {"key": bool(key), "workflows": workflows}
        self._server = Server(url, "RunPod", key, patience=Patience(timeout=timeout_seconds))
        self._workflows = workflows
        self._trusted = frozenset(output_hosts)
        self._nudges = nudges
        self._pace = Pace(
            first=first_poll_seconds if nudges is None else longest_poll_seconds,
            longest=longest_poll_seconds * (1 if nudges is None else _RARER),
            execution=execution_seconds,
            queue=queue_seconds,
            patience=patience_seconds,
        )

    def __repr__(self) -> str:
        return "RunPodEngine()"

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """See `imgen.engines.protocol.Engine`."""
        if reason := obstacle(request.options, self._known):
            raise Unavailable(f"{reason[:1].upper()}{reason[1:]}", code="runpod_not_configured")
        if (image := await asyncio.to_thread(unchanged, request)) is not None:
            return EngineResult(image, info={"engine": "runpod"})
        name = f"imgen_{uuid.uuid4().hex}"
        order = await asyncio.to_thread(make_order, request, Naming(name), self._workflows)
        order, picture = under_a_name(order, name)
        async with self._server.calls() as calls, self._expected() as (webhook, nudge):
            body = await asyncio.to_thread(request_body, order, self._pace, webhook)
            job = RunPodJob(
                calls, str(request.options["endpoint"]), self._pace, self._trusted, nudge, picture
            )
            try:
                made = await job.run(body, progress)
            except (asyncio.CancelledError, Abandoned, Upstream, Unavailable):
                await briefly(job.cancel(), _CANCEL_SECONDS)
                raise
        image = await asyncio.to_thread(order.restore, made)
        return EngineResult(image, order.ignored, {"engine": "runpod", "job": job.id})

    @asynccontextmanager
    async def _expected(self) -> AsyncIterator[tuple[str, asyncio.Event]]:
        """The webhook of one job, where there is a way for it to arrive."""
        async with contextlib.AsyncExitStack() as stack:
            if self._nudges is None:
                yield "", asyncio.Event()
            else:
                yield await stack.enter_async_context(self._nudges.expect())
