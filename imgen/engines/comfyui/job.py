"""One job on one ComfyUI server: sent, watched, found again, fetched; or cancelled, it alone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NoReturn

import structlog

from imgen.engines.comfyui.listen import Heard
from imgen.engines.comfyui.order import Order
from imgen.engines.protocol import Progress
from imgen.engines.remote.pictures import LARGEST_FILE, Pixels, read_picture
from imgen.engines.remote.server import Calls, Reply, failed
from imgen.errors import Unavailable, Upstream

_log = structlog.get_logger(__name__)
_LARGEST_ANSWER = 32 * 1024 * 1024
_LISTEN_SECONDS = 2.0
_MOMENT_SECONDS = 0.05
_LONGEST_LOG = 500


class NotTaken(Unavailable):
    """The server does not take the workflow; another one may have its weights and nodes."""


class Lost(Exception):
    """The server no longer knows the job, or no longer answers: it has to be sent again."""


class _State(Enum):
    WAITING = "waiting"
    DONE = "done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a job is watched; in seconds."""

    poll: float = 1.0
    """Between two looks while nothing is heard."""
    patience: float = 30.0
    """Without any answer, after which the server is given up."""


@dataclass(slots=True)
class ComfyJob:
    """A job of ours on a server."""

    calls: Calls
    order: Order
    client_id: str
    heard: Heard
    pace: Pace
    _sent: bool = field(default=False, init=False)

    async def run(self, progress: Progress) -> Pixels:
        """Have the picture made.

        Raises:
            Lost: the server lost it; nothing of it runs there any more.
            imgen.errors.Upstream: it failed there.
            NotTaken: the server does not take this workflow.
            imgen.engines.protocol.Abandoned: passed on from `progress`.
        """
        progress(0, 1)
        await self._upload()
        progress(0, 1)
        await self._listened()
        await self._submit()
        record = await self._end(progress)
        picture = await self._fetch(self._output(record))
        return await asyncio.to_thread(read_picture, picture)

    async def cancel(self) -> None:
        """Stop this job wherever it is, and no other."""
        if not self._sent:
            return
        name = self.heard.prompt_id
        reply = await self.calls.ask("POST", f"/api/jobs/{name}/cancel", tries=2, urgent=True)
        if not reply.good:  # a ComfyUI from before that call
            await self.calls.ask("POST", "/queue", body={"delete": [name]}, tries=2)
            # An old one stops whoever runs: so only when that is this job.
            if name in await self._queued("queue_running"):
                await self.calls.ask("POST", "/interrupt", body={"prompt_id": name}, tries=2)
        await self.forget()

    async def forget(self) -> None:
        """Take the prompt out of the server's history."""
        body = {"delete": [self.heard.prompt_id]}
        await self.calls.ask("POST", "/history", body=body, tries=1)

    async def _listened(self) -> None:
        """Until the websocket is up, within reason: what is told before that is not heard."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LISTEN_SECONDS):
                await self.heard.ready.wait()

    async def _upload(self) -> None:
        for name, data in self.order.files.items():
            try:
                reply = await self.calls.ask(
                    "POST",
                    "/upload/image",
                    form={"type": "temp", "subfolder": "imgen", "overwrite": "true"},
                    files={"image": (name, data, "image/png")},
                )
            except Upstream:
                raise Lost from None
            if not reply.good:
                raise failed(self.calls.server, f"took no picture (status {reply.status})")

    async def _submit(self) -> None:
        """Queue the prompt. Where the answer is lost, watching finds out whether it arrived."""
        body = {
            "prompt": self.order.workflow,
            "client_id": self.client_id,
            "prompt_id": self.heard.prompt_id,
        }
        self._sent = True
        try:
            reply = await self.calls.ask("POST", "/prompt", body=body, repeatable=False)
        except Upstream:
            return
        if not reply.good:
            self._refused(reply)
        said = reply.json()
        if not isinstance(said, dict) or not isinstance(said.get("prompt_id"), str):
            raise failed(self.calls.server, "answered what is not a job")
        self.heard.prompt_id = said["prompt_id"]  # an old one gives ids of its own

    def _refused(self, reply: Reply) -> NoReturn:
        """A workflow that a server does not take is the deployment's fault, not a client's."""
        said = reply.json()
        errors = said.get("node_errors") if isinstance(said, dict) else None
        reasons = ", ".join(_node_errors(errors if isinstance(errors, dict) else {}))
        _log.warning("comfyui.refused", server=self.calls.server.host, reasons=reasons)
        raise NotTaken(
            f"ComfyUI does not take the model's workflow{': ' if reasons else ''}{reasons}",
            code="comfyui_refused",
        )

    async def _end(self, progress: Progress) -> Mapping[str, Any]:
        """The job's history, once it has ended."""
        silent_since: float | None = None
        while True:
            _report(progress, self.heard)
            try:
                state, record = await self._look()
                silent_since = None
            except Upstream:
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since >= self.pace.patience:
                    raise Lost from None
                state, record = _State.WAITING, {}
            if state is _State.DONE:
                checked = self._checked(record)
                progress(max(1, self.heard.of), max(1, self.heard.of))
                return checked
            if state is _State.UNKNOWN:
                raise Lost
            await self._news(progress)

    async def _news(self, progress: Progress) -> None:
        """Until the job has ended as far as is heard, or it is time to look."""
        until = time.monotonic() + self.pace.poll
        while (left := until - time.monotonic()) > 0 and not self.heard.over:
            self.heard.news.clear()
            try:
                async with asyncio.timeout(left):
                    await self.heard.news.wait()
            except TimeoutError:
                return
            _report(progress, self.heard)
        if self.heard.over:  # its history is written a moment after
            self.heard.over = False
            await asyncio.sleep(min(self.pace.poll, _MOMENT_SECONDS))

    async def _look(self) -> tuple[_State, Mapping[str, Any]]:
        if record := await self._history():
            return _State.DONE, record
        if self.heard.prompt_id in await self._queued("queue_running", "queue_pending"):
            return _State.WAITING, {}
        record = await self._history()  # it may have ended between the two
        return (_State.DONE, record) if record else (_State.UNKNOWN, {})

    async def _history(self) -> Mapping[str, Any]:
        name = self.heard.prompt_id
        said = await self._get(f"/history/{name}")
        record = said.get(name, {})
        if not isinstance(record, dict):
            raise failed(self.calls.server, "sent a history that is none")
        return record

    async def _queued(self, *lists: str) -> set[str]:
        said = await self._get("/queue")
        try:
            return {str(entry[1]) for name in lists for entry in said[name]}
        except (LookupError, TypeError):
            raise failed(self.calls.server, "sent a queue that is none") from None

    async def _get(self, path: str) -> dict[str, Any]:
        # However it fails: what is under way there is asked after until patience ends.
        reply = await self.calls.ask("GET", path, tries=1, urgent=True, largest=_LARGEST_ANSWER)
        said = reply.json()
        if not reply.good or not isinstance(said, dict):
            raise failed(self.calls.server, f"answered {reply.status} without sense")
        return said

    def _checked(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The history of a job that went well.

        Raises:
            imgen.errors.Upstream: it went wrong.
        """
        status = record.get("status")
        if not isinstance(status, dict) or status.get("status_str") in (None, "success"):
            return record
        for name, data in _messages(status):
            if name == "execution_interrupted":
                raise failed(self.calls.server, "was told by somebody else to stop")
            if name == "execution_error":
                self._log_error(data)
                raise failed(self.calls.server, f"failed in its node {data.get('node_type')}")
        raise failed(self.calls.server, "failed")

    def _log_error(self, data: Mapping[str, Any]) -> None:
        _log.warning(
            "comfyui.node_failed",
            server=self.calls.server.host,
            node=str(data.get("node_type"))[:_LONGEST_LOG],
            kind=str(data.get("exception_type"))[:_LONGEST_LOG],
            reason=str(data.get("exception_message"))[:_LONGEST_LOG],
        )

    def _output(self, record: Mapping[str, Any]) -> Mapping[str, str]:
        """The file to fetch: of the node that counts, else the first that is there to stay."""
        found = list(_images(record.get("outputs"), self.order.output))
        kept = [one for one in found if one["type"] == "output"]
        if not found:
            raise failed(self.calls.server, "made no picture")
        return (kept or found)[0]

    async def _fetch(self, file: Mapping[str, str]) -> bytes:
        reply = await self.calls.ask("GET", "/view", params=file, largest=LARGEST_FILE)
        if not reply.good:
            raise failed(self.calls.server, f"does not show its picture (status {reply.status})")
        return reply.content


def _report(progress: Progress, heard: Heard) -> None:
    progress(*((heard.step, heard.of) if heard.of else (0, 1)))


def _messages(status: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    messages = status.get("messages")
    for entry in messages if isinstance(messages, list) else []:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
            yield str(entry[0]), entry[1]


def _images(outputs: object, wanted: str) -> Iterator[Mapping[str, str]]:
    for name, output in outputs.items() if isinstance(outputs, dict) else ():
        images = output.get("images") if isinstance(output, dict) else None
        if (wanted and name != wanted) or not isinstance(images, list):
            continue
        for image in images:
            if isinstance(image, dict) and isinstance(image.get("filename"), str):
                yield {
                    "filename": image["filename"],
                    "subfolder": str(image.get("subfolder", "")),
                    "type": str(image.get("type", "output")),
                }


def _node_errors(errors: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, by node and input; never the values, which may be a prompt."""
    for node in list(errors.values())[:3]:
        for error in node.get("errors", [])[:3] if isinstance(node, dict) else ():
            if isinstance(error, dict):
                info = error.get("extra_info")
                place = info.get("input_name", "") if isinstance(info, dict) else ""
                yield f"{error.get('type')} ({node.get('class_type')} {place})"[:200]
