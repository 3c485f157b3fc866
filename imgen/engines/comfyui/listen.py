"""Hears a ComfyUI's progress over its websocket. Polling is what decides; this makes it prompt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from imgen.engines.remote.server import Server, tls

_log = structlog.get_logger(__name__)
_LARGEST_MESSAGE = 8 * 1024 * 1024
"""Bytes; previews are the largest."""
_AGAIN_SECONDS = 1.0
_MOST = 2**31
_OVER = frozenset({"execution_success", "execution_error", "execution_interrupted"})


@dataclass(slots=True)
class Heard:
    """What was heard of one job so far."""

    prompt_id: str
    sampler: str = ""
    """The node whose progress counts; empty: any."""
    step: int = 0
    of: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the job has moved."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody listens, or cannot."""
    over: bool = False
    """It has ended, one way or another; how, its history says."""

    def hear(self, text: str) -> None:
        """Take in a message; what is not about this job, or not understood, is passed over."""
        try:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            ours = data["prompt_id"] == self.prompt_id
        except (ValueError, LookupError, TypeError, RecursionError):
            return
        if not ours or not isinstance(kind, str):
            return
        if kind == "progress":
            self._progress(data.get("node"), data)
        if kind == "progress_state":
            self._progress_state(data.get("nodes"))
        self.over = self.over or kind in _OVER or (kind == "executing" and data.get("node") is None)
        self.news.set()

    def _progress_state(self, nodes: object) -> None:
        """How far each node is, as newer servers tell it all at once."""
        for node, data in nodes.items() if isinstance(nodes, dict) else ():
            if isinstance(data, dict) and data.get("state") == "running":
                self._progress(node, data)

    def _progress(self, node: object, data: Mapping[str, object]) -> None:
        value, most = _whole(data.get("value")), _whole(data.get("max"))
        if value is None or most is None or value > most:
            return
        if self.sampler and node is not None and node != self.sampler:
            return
        # A workflow may sample more than once; what was shown is not taken back.
        if most > 0 and value * max(1, self.of) >= self.step * most:
            self.step, self.of = value, most


def _whole(number: object) -> int | None:
    """A count, which some nodes tell as a float; None where it is none."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return int(number) if 0 <= number < _MOST else None


class _Direct(connect):
    """Goes where it is sent and nowhere else: a redirect is an answer that does not help."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def listening(server: Server, client_id: str, heard: Heard) -> AsyncIterator[None]:
    """Listen while the block runs. A server whose websocket cannot be reached is polled alone."""
    task = asyncio.create_task(_listen(server, client_id, heard))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listen(server: Server, client_id: str, heard: Heard) -> None:
    secure = server.url.startswith("https")
    url = f"ws{server.url.removeprefix('http')}/ws?clientId={client_id}"
    while True:
        try:
            async with _Direct(
                url,
                ssl=tls() if secure else None,
                additional_headers=server.headers,
                max_size=_LARGEST_MESSAGE,
                open_timeout=server.patience.timeout,
                close_timeout=0.2,
            ) as socket:
                heard.ready.set()
                async for message in socket:
                    if isinstance(message, str):  # bytes are previews, which nobody is shown
                        heard.hear(message)
        except (OSError, TimeoutError, WebSocketException, EOFError) as error:
            _log.info("comfyui.deaf", server=server.host, reason=type(error).__name__)
        heard.ready.set()
        heard.news.set()
        await asyncio.sleep(_AGAIN_SECONDS)
