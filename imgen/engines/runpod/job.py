"""One job on a RunPod endpoint: sent, asked after with back-off, read; or cancelled."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from imgen.engines.protocol import Progress
from imgen.engines.remote.attended import attended, settled
from imgen.engines.remote.download import download
from imgen.engines.remote.pictures import LARGEST_FILE, Pixels, read_base64, read_picture
from imgen.engines.remote.server import Calls, Reply, failed
from imgen.errors import Unavailable, Upstream

_log = structlog.get_logger(__name__)
_QUEUED = "IN_QUEUE"
_WAITING = frozenset({_QUEUED, "IN_PROGRESS", "RUNNING"})
_LARGEST_ANSWER = 2 * LARGEST_FILE
_LONGEST_LOG = 500
_SEND_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a job is asked after, and how long it may take; in seconds."""

    first: float = 0.5
    """Until the first look."""
    longest: float = 8.0
    """Between two looks at most; each wait is half as long again as the one before."""
    execution: float = 600.0
    """Of work, after which RunPod stops it."""
    queue: float = 120.0
    """In the queue without a break, after which the job is given up: no worker is free."""
    patience: float = 60.0
    """Without any answer, after which the job is given up."""

    @property
    def alive(self) -> float:
        """From sending to the end, after which RunPod drops it: whoever has been cut off from it,
        or could not cancel it, pays for no picture later."""
        return self.queue + self.execution + self.patience


@dataclass(slots=True)
class RunPodJob:
    """A job of ours."""

    calls: Calls
    endpoint: str
    pace: Pace
    trusted: Collection[str] = ()
    """Hosts with private addresses that results may lie on."""
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when RunPod says that it is done."""
    picture: str = ""
    """How the file of the picture that counts begins; empty: it is the first."""
    id: str = field(default="", init=False)
    _told: tuple[int, int] = field(default=(0, 1), init=False)
    """How far it is, as far as it says."""

    async def run(self, body: bytes, progress: Progress) -> Pixels:
        """Have the picture made.

        Args:
            body: the JSON body of `/run`, see `request_body`.

        Raises:
            imgen.errors.Upstream: it failed, was cancelled there, was dropped, or found no worker.
            imgen.errors.Unavailable: the key or the endpoint is not accepted.
            imgen.engines.protocol.Abandoned: passed on from `progress`.
        """
        progress(0, 1)
        await settled(self._submit(body), _SEND_SECONDS)  # so that its id is known, to cancel it
        output = await self._output(progress)
        picture = await attended(self._picture(output), lambda: progress(*self._told))
        progress(self._told[1], self._told[1])
        return picture

    async def cancel(self) -> None:
        """Stop it, wherever it is."""
        if self.id:
            path = f"/{self.endpoint}/cancel/{self.id}"
            await self.calls.ask("POST", path, tries=3, urgent=True)

    async def _submit(self, body: bytes) -> None:
        # Sent once more only where nothing was begun: each picture there costs money.
        reply = await self.calls.ask(
            "POST", f"/{self.endpoint}/run", content=body, repeatable=False
        )
        said = await self._said(reply)
        name = said.get("id")
        if not isinstance(name, str) or not name.replace("-", "").isalnum():
            raise failed(self.calls.server, "answered what is not a job")
        self.id = name

    async def _output(self, progress: Progress) -> Mapping[str, Any]:
        """The output of the finished job."""
        wait, silent_since, queued_since = self.pace.first, None, time.monotonic()
        while True:
            await self._pause(wait, progress)
            wait = min(wait * 1.5, self.pace.longest)
            try:
                said = await self._status()
                silent_since = None
            except Upstream:
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since >= self.pace.patience:
                    raise
                continue
            if (state := said.get("status")) not in _WAITING:
                return self._ended(said)
            if state == _QUEUED:
                wait = min(wait, self._left(queued_since))
            else:  # should its worker die, it is queued anew
                queued_since = time.monotonic()
            self._hear(said.get("output"))

    def _left(self, queued_since: float) -> float:
        """Seconds for which it may stay in the queue yet.

        Raises:
            imgen.errors.Upstream: none.
        """
        left = self.pace.queue - (time.monotonic() - queued_since)
        if left <= 0:
            raise failed(self.calls.server, "had no worker free in time")
        return max(left, self.pace.first)

    def _hear(self, output: object) -> None:
        """What newer workers say while they work: `{"type": "progress", "value", "max"}`."""
        if not isinstance(output, dict) or output.get("type") != "progress":
            return
        value, most = output.get("value"), output.get("max")
        if not isinstance(value, int) or not isinstance(most, int) or not 0 <= value <= most:
            return
        # Over all nodes, which become more as they are reached; what was shown stays.
        if most > 0 and value * self._told[1] >= self._told[0] * most:
            self._told = value, most

    async def _pause(self, seconds: float, progress: Progress) -> None:
        """Until it is time to look again, or the webhook says so; progress is told meanwhile."""
        jitter = seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret

        async def nudged() -> None:
            try:
                async with asyncio.timeout(jitter):
                    await self.nudge.wait()
            except TimeoutError:
                return

        await attended(nudged(), lambda: progress(*self._told))
        self.nudge.clear()

    async def _status(self) -> Mapping[str, Any]:
        path = f"/{self.endpoint}/status/{self.id}"
        # However it fails: what is under way there is asked after until patience ends.
        reply = await self.calls.ask("GET", path, tries=1, urgent=True, largest=_LARGEST_ANSWER)
        if reply.status == 404:
            return {"status": "GONE"}
        said = await self._said(reply)
        if not isinstance(said.get("status"), str):
            raise failed(self.calls.server, "answered what is not a status")
        return said

    def _ended(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        state, output = said.get("status"), said.get("output")
        if state == "COMPLETED" and isinstance(output, dict) and not output.get("error"):
            return output
        reason = said.get("error") or (output.get("error") if isinstance(output, dict) else "")
        _log.warning(
            "runpod.ended", endpoint=self.endpoint, state=state, reason=str(reason)[:_LONGEST_LOG]
        )
        raise failed(self.calls.server, _ENDINGS.get(str(state), "failed"))

    async def _picture(self, output: Mapping[str, Any]) -> Pixels:
        """The picture that counts of a worker-comfyui's output, which has every saved one."""
        images = output.get("images")
        image = next(filter(self._counts, images if isinstance(images, list) else []), None)
        if not isinstance(image, dict) or not isinstance(image.get("data"), str):
            raise failed(self.calls.server, "made no picture")
        if image.get("type") == "s3_url":
            data = await download(image["data"], trusted=self.trusted, largest=LARGEST_FILE)
            return await asyncio.to_thread(read_picture, data)
        return await asyncio.to_thread(read_base64, image["data"])

    def _counts(self, image: object) -> bool:
        name = image.get("filename") if isinstance(image, dict) else None
        return not self.picture or (isinstance(name, str) and name.startswith(self.picture))

    async def _said(self, reply: Reply) -> Mapping[str, Any]:
        if reply.status in (401, 403):
            raise Unavailable("RunPod does not accept the key", code="runpod_refused")
        if reply.status == 404:
            raise Unavailable("RunPod does not know the endpoint", code="runpod_refused")
        said = await asyncio.to_thread(reply.json)  # a picture may be in it
        if not reply.good or not isinstance(said, dict):
            raise failed(self.calls.server, f"answered {reply.status} without sense")
        return said


_ENDINGS = {
    "COMPLETED": "finished without a picture",
    "FAILED": "failed",
    "CANCELLED": "was told by somebody else to stop",
    "TIMED_OUT": "took too long",
    "GONE": "no longer has the job",
}
