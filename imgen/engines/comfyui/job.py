"""One job on one ComfyUI server: sent or taken up, watched, found again, fetched; or cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import structlog

from imgen.engines.comfyui.claim import Claim
from imgen.engines.comfyui.entry import Ending, Entry, State, find, messages
from imgen.engines.comfyui.listen import Heard
from imgen.engines.comfyui.order import Order
from imgen.engines.comfyui.prompt import MARK, is_name
from imgen.engines.comfyui.stop import forget, stop
from imgen.engines.protocol import Progress
from imgen.engines.remote.attended import settled
from imgen.engines.remote.pictures import LARGEST_FILE, Pixels, read_picture
from imgen.engines.remote.server import Calls, failed
from imgen.errors import Unavailable, Upstream

_log = structlog.get_logger(__name__)
_LISTEN_SECONDS = 2.0
_SEND_SECONDS = 5.0
_ARRIVAL_SECONDS = 5.0
"""For a prompt whose sending was not answered to be in the queue after all."""
_AGAIN_SECONDS = 0.5
_MOMENT_SECONDS = 0.05
_LONGEST_LOG = 500
_LONGEST_NAME = 1000
_REASONS = 3
"""Faults of a workflow that are named, by node."""


class NotTaken(Unavailable):
    """The server does not take the workflow; another one may have its weights and nodes."""


class Lost(Exception):
    """The server no longer knows the job, or no longer answers: it has to be sent again."""


class Stopped(Lost):
    """Somebody else told the server to stop it: an earlier try of the job, or a person."""


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
    mark: str
    """Of the order, see `mark_of`."""
    client_id: str
    heard: Heard
    pace: Pace
    taken_up: bool = False
    """Whether the server has it already, from an earlier try, in whose name it is watched."""
    claim: Claim = field(init=False)
    _sent: bool = field(default=False, init=False)
    _may_arrive_until: float = field(default=0.0, init=False)
    """By the monotonic clock: a server may be slow to queue what it was sent."""

    def __post_init__(self) -> None:
        sent = self.client_id or self.heard.prompt_id
        owner = uuid.uuid4().hex if self.taken_up else self.client_id
        self.claim = Claim(self.calls, sent, owner)

    async def run(self, progress: Progress) -> Pixels:
        """Have the picture made, or wait for it.

        Raises:
            Lost: the server lost it; nothing of it runs there any more.
            imgen.errors.Upstream: it failed there.
            NotTaken: the server does not take this workflow.
            imgen.engines.protocol.Abandoned: passed on from `progress`.
        """
        self._sent = self.taken_up
        progress(0, 1)
        if self.taken_up:
            await self.claim.make()
        else:
            await self._upload()
            progress(0, 1)
            await self._listened()
            await settled(self._submit(), _SEND_SECONDS)
        record = await self._end(progress)
        picture = await self._fetch(self._output(record))
        return await asyncio.to_thread(read_picture, picture)

    async def cancel(self) -> None:
        """Stop this job wherever it is, and no other; unless it is somebody else's by now."""
        if not self._sent or not await self.claim.held():
            return
        while not await stop(self.calls, self.heard.prompt_id, self.client_id):
            if time.monotonic() >= self._may_arrive_until:
                return
            await asyncio.sleep(min(self.pace.poll, _AGAIN_SECONDS))

    async def forget(self) -> None:
        """Take it out of the server's history, likewise."""
        if await self.claim.held():
            await forget(self.calls, self.heard.prompt_id)

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
            said = reply.json()
            if not reply.good or not isinstance(said, dict) or said.get("name") != name:
                raise failed(self.calls.server, f"took no picture (status {reply.status})")

    async def _submit(self) -> None:
        """Queue the prompt. Where the answer is lost, watching finds out whether it arrived."""
        body = {
            "prompt": self.order.workflow,
            "client_id": self.client_id,
            "prompt_id": self.heard.prompt_id,
            "extra_data": {"preview_method": "none", MARK: self.mark},
        }
        self._sent = True
        try:
            reply = await self.calls.ask("POST", "/prompt", body=body, repeatable=False)
        except Upstream:
            grace = min(_ARRIVAL_SECONDS, self.pace.patience)
            self._may_arrive_until = time.monotonic() + grace
            return
        said = reply.json()
        said = said if isinstance(said, dict) else {}
        faults = said.get("node_errors")
        faults = faults if isinstance(faults, dict) else {}
        if not reply.good or self._concerns(faults):
            self._refused(faults, said.get("error"))
        # An old one gives ids of its own; what makes no sense is as good as no answer.
        if is_name(name := said.get("prompt_id")):
            self.heard.prompt_id = name

    def _concerns(self, faults: Mapping[str, Any]) -> bool:
        """Whether the node that counts will not run: a server queues what is left of a workflow."""
        named = [one.get("dependent_outputs") for one in faults.values() if isinstance(one, dict)]
        return bool(self.order.output) and any(
            isinstance(outputs, list) and self.order.output in outputs for outputs in named
        )

    def _refused(self, faults: Mapping[str, Any], error: object) -> NoReturn:
        """A workflow that a server does not take is the deployment's fault, not a client's: what
        is missing is in the log."""
        reasons = ", ".join(_node_errors(faults)) or _error(error)
        _log.warning("comfyui.refused", server=self.calls.server.host, reasons=reasons)
        raise NotTaken("ComfyUI does not take the model's workflow", code="comfyui_refused")

    async def _end(self, progress: Progress) -> Mapping[str, Any]:
        """The job's history, once it has ended."""
        silent_since: float | None = None
        while True:
            _report(progress, self.heard)
            try:
                entry = await find(self.calls, self.heard.prompt_id, self.client_id)
                silent_since = None
            except Upstream:
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since >= self.pace.patience:
                    raise Lost from None
            else:
                if entry is None and time.monotonic() >= self._may_arrive_until:
                    raise Lost
                if entry is not None:
                    self._may_arrive_until = 0.0
                if entry is not None and entry.state is State.DONE:
                    self._check(entry)
                    progress(max(1, self.heard.of), max(1, self.heard.of))
                    return entry.record
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

    def _check(self, entry: Entry) -> None:
        """It went well.

        Raises:
            imgen.errors.Upstream: it did not.
            Stopped: somebody else stopped it.
        """
        if entry.ending is Ending.GOOD:
            return
        if entry.ending is Ending.STOPPED:
            raise Stopped
        for name, data in messages(entry.record):
            if name == "execution_error":
                self._log_error(data)
        raise failed(self.calls.server, "failed at making the picture")

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


def _images(outputs: object, wanted: str) -> Iterator[Mapping[str, str]]:
    for name, output in outputs.items() if isinstance(outputs, dict) else ():
        images = output.get("images") if isinstance(output, dict) else None
        if (wanted and name != wanted) or not isinstance(images, list):
            continue
        for image in images:
            if not isinstance(image, dict):
                continue
            given = {name: image.get(name, usual) for name, usual in _FILE.items()}
            if all(_sendable(value) for value in given.values()):
                yield {name: str(value) for name, value in given.items()}


_FILE = {"filename": None, "subfolder": "", "type": "output"}
"""What a picture is asked for by; None where there has to be something."""


def _sendable(given: object) -> bool:
    try:
        return isinstance(given, str) and len(given.encode()) <= _LONGEST_NAME
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _node_errors(faults: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, by node and input; never the values, which may be a prompt."""
    for node in list(faults.values())[:_REASONS]:
        errors = node.get("errors") if isinstance(node, dict) else None
        for error in errors[:_REASONS] if isinstance(errors, list) else ():
            if isinstance(error, dict):
                info = error.get("extra_info")
                place = info.get("input_name", "") if isinstance(info, dict) else ""
                yield f"{error.get('type')} ({node.get('class_type')} {place})"[:200]


def _error(error: object) -> str:
    """What is wrong with the whole, such as a node that the server does not have."""
    if not isinstance(error, dict):
        return ""
    info = error.get("extra_info")
    node = info.get("class_type", "") if isinstance(info, dict) else ""
    return f"{error.get('type')} ({node})"[:200]
