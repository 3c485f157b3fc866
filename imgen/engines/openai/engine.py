"""The `openai` engine: any server with `/images/generations` and `/images/edits`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from imgen.engines.openai.forms import Call, make_call
from imgen.engines.openai.offer import Offer, read_offer
from imgen.engines.openai.refusals import refusal
from imgen.engines.protocol import EngineRequest, EngineResult, Progress
from imgen.engines.remote.attended import attended
from imgen.engines.remote.canvas import unchanged
from imgen.engines.remote.download import download
from imgen.engines.remote.pictures import LARGEST_FILE, Pixels, read_base64, read_picture
from imgen.engines.remote.server import (
    Calls,
    Patience,
    Server,
    bearer,
    checked_url,
    failed,
    host_of,
)

_LARGEST_ANSWER = 2 * LARGEST_FILE


class OpenAiEngine:
    """Has an OpenAI-style server make pictures.

    Args:
        url: of the server for models whose options name none: `https://host/v1`.
        key: its API key; sent there and nowhere else.
        keys: `host` or `host:port` → API key of other servers that options name.
        output_hosts: hosts (`host` or `host:port`) with a private address that results may be
            fetched from; a model's own server is one anyway.
        timeout_seconds: for one picture.
        tries: how often a picture is asked for when the server has no time for it.

    Raises:
        imgen.errors.Invalid: the URL is none, or a key cannot be sent in a header.
    """

    def __init__(
        self,
        *,
        url: str = "",
        key: str = "",
        keys: Mapping[str, str] | None = None,
        output_hosts: Sequence[str] = (),
        timeout_seconds: float = 300.0,
        tries: int = 3,
    ) -> None:
        self._url = checked_url(url, "the server") if url else ""
        own = {host_of(self._url): key} if self._url and key else {}
        self._keys = {**(keys or {}), **own}
        for host, one in self._keys.items():
            bearer(one, host)  # said when the engine is made, rather than to a client
        self._trusted = frozenset(output_hosts)
        self._patience = Patience(timeout=timeout_seconds, tries=tries)
        self._servers: dict[str, Server] = {}

    def __repr__(self) -> str:
        return "OpenAiEngine()"

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """See `imgen.engines.protocol.Engine`."""
        offer = read_offer(request.options, self._url)
        call = await asyncio.to_thread(make_call, offer, request)
        if (image := await asyncio.to_thread(unchanged, request)) is not None:
            return EngineResult(image, info={"engine": "openai"})
        async with self._server(offer).calls() as calls:
            picture = await attended(self._made(calls, call), lambda: progress(0, 1))
        progress(1, 1)
        image = await asyncio.to_thread(call.restored, picture, request)
        info = {"engine": "openai", "model": offer.model}
        return EngineResult(image, offer.ignored(request), info)

    async def _made(self, calls: Calls, call: Call) -> Pixels:
        sent: dict[str, Any] = {"body": dict(call.fields)}
        if call.files:
            sent = {"form": call.form, "files": call.files}
        # Sent once more only where nothing was begun: what is made there may cost money, and the
        # model's next engine waits meanwhile.
        reply = await calls.ask(
            "POST", call.path, repeatable=False, largest=_LARGEST_ANSWER, **sent
        )
        if not reply.good:
            raise refusal(calls.server, reply)
        said = await asyncio.to_thread(reply.json)
        return await self._picture(calls, _first(calls.server, said))

    async def _picture(self, calls: Calls, item: Mapping[str, Any]) -> Pixels:
        if item.get("b64_json"):
            return await asyncio.to_thread(read_base64, item["b64_json"])
        url = item.get("url")
        if not isinstance(url, str) or not url:
            raise failed(calls.server, "made no picture")
        if url.startswith("data:"):
            return await asyncio.to_thread(read_base64, url)
        data = await self._fetch(calls, url)
        return await asyncio.to_thread(read_picture, data)

    async def _fetch(self, calls: Calls, url: str) -> bytes:
        """From the server itself with the key; from elsewhere without, and only in the open."""
        server = httpx.URL(calls.server.url)
        try:
            place = server.join(url)  # some servers say only the path
        except (httpx.InvalidURL, UnicodeError):
            raise failed(calls.server, "says nonsense about where the picture is") from None
        if (place.scheme, place.host, place.port) != (server.scheme, server.host, server.port):
            return await download(str(place), trusted=self._trusted, largest=LARGEST_FILE)
        reply = await calls.fetch(str(place), largest=LARGEST_FILE)
        if not reply.good:
            raise failed(calls.server, f"does not show its picture (status {reply.status})")
        return reply.content

    def _server(self, offer: Offer) -> Server:
        if offer.url not in self._servers:
            key = self._keys.get(host_of(offer.url), "")
            self._servers[offer.url] = Server(
                offer.url, "The model's server", key, patience=self._patience
            )
        return self._servers[offer.url]


def _first(server: Server, said: Any) -> Mapping[str, Any]:
    data = said.get("data") if isinstance(said, dict) else None
    item = data[0] if isinstance(data, list) and data else None
    if not isinstance(item, dict):
        raise failed(server, "answered what is no picture")
    return item
