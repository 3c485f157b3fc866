"""One remote server: how it is called, tried again, limited, and left alone when it fails."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx
import structlog

from imgen import clock
from imgen.engines.remote.breaker import Breaker
from imgen.errors import Invalid, Upstream

_log = structlog.get_logger(__name__)
TRIED_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Answers after which another try makes sense."""
_NOT_BEGUN = frozenset({429})
"""Answers that say for sure that nothing was begun; a 503 may be a gateway's, after passing on."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NONSENSE = (httpx.InvalidURL, UnicodeError)
"""What is raised for an address that is none, host names included."""
_LONGEST_RETRY_AFTER = 86_400.0
_CONNECT_SECONDS = 10.0
_FETCH_SECONDS = 60.0
_MOST_PARTS = 1_000_000
"""Of a JSON body. Parsing stops every thread: for a moment with so many, for seconds with more."""
_LONGEST_REFUSAL = 64 * 1024
"""Bytes of an answer that is no 2xx that are read: codes and reasons, parsed where others wait."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for."""

    timeout: float = 30.0
    """Seconds for one try of a short call, from connecting to the last byte."""
    tries: int = 4
    """How often a call is tried in all."""
    longest_wait: float = 10.0
    """Seconds between two tries at most; a server that asks for more is not waited for."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's whole answer."""

    status: int
    content: bytes = field(repr=False)
    """The body; of a refusal no more than its first 64 KiB."""

    @property
    def good(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed body; None where it is not JSON, or has unreasonably many parts. Blocking."""
        if sum(map(self.content.count, (b",", b"[", b"{"))) > _MOST_PARTS:
            return None
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


class Server:
    """A server under one base URL. Outlives runs: it carries the circuit breaker.

    Args:
        url: base URL; a path in it stays (`https://host/v1`).
        name: what it is called in errors and logs (`ComfyUI`).
        key: bearer token; empty for a server that wants none.
        patience: see there.
        breaker: see there.

    Raises:
        imgen.errors.Invalid: the URL is none, or the key cannot be sent in a header.
    """

    def __init__(
        self,
        url: str,
        name: str,
        key: str = "",
        *,
        patience: Patience | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.url = checked_url(url, name)
        self.name = name
        self.patience = patience or Patience()
        self.breaker = breaker or Breaker()
        self.headers = bearer(key, name)

    def __repr__(self) -> str:
        return f"Server({self.name!r}, {self.host!r})"

    @property
    def host(self) -> str:
        """`host` or `host:port`, for logs: the URL itself may hold a secret."""
        return host_of(self.url)

    @asynccontextmanager
    async def calls(self) -> AsyncIterator[Calls]:
        """Connections for one run. Kept no longer: an engine may be used from another loop next."""
        # Uncompressed, so that the limit on an answer's size is a limit on memory too; and no
        # redirects, which would carry pictures and the key to who knows whom.
        headers = {"Accept-Encoding": "identity", **self.headers}
        async with httpx.AsyncClient(
            headers=headers, verify=tls(), follow_redirects=False
        ) as client:
            yield Calls(self, client)


class Calls:
    """Calls to one server over kept connections."""

    def __init__(self, server: Server, client: httpx.AsyncClient) -> None:
        self.server = server
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        params: Mapping[str, str] | None = None,
        repeatable: bool = True,
        urgent: bool = False,
        tries: int | None = None,
        seconds: float | None = None,
        largest: int = 4 * 1024 * 1024,
    ) -> Reply:
        """Call, and try again where that makes sense.

        Args:
            content: a JSON body that is encoded already.
            body: JSON body.
            form: fields of a multipart form.
            files: its files: field → (file name, bytes, media type).
            repeatable: whether a call that may have arrived can be sent once more; not one that
                may cost money.
            urgent: call although the circuit breaker is open: to cancel what costs money.
            tries: how often in all, if not as the server's patience says.
            seconds: for one try, likewise.
            largest: bytes of an answer beyond which it is not read.

        Returns:
            The answer, also one that says no for good (4xx).

        Raises:
            imgen.errors.Upstream: no try got a whole answer that was no fault of the server's.
            imgen.errors.Unavailable: the circuit breaker is open.
        """
        request: dict[str, Any] = {"params": dict(params or {})}
        if content is not None:
            request |= {"content": content, "headers": {"Content-Type": "application/json"}}
        elif body is not None:
            request["json"] = body
        elif form is not None or files is not None:
            request |= {"data": dict(form or {}), "files": dict(files or {})}
        patience = self.server.patience
        most = tries or patience.tries
        for number in range(1, most + 1):
            if not urgent:
                self.server.breaker.check(self.server.name)
            got = await self._try(method, path, request, seconds or patience.timeout, largest)
            if isinstance(got, Reply):
                return got
            again = got.again if repeatable else got.nothing_begun
            wait = _wait(number, got, patience.longest_wait)
            if not again or number == most or wait > patience.longest_wait:
                raise failed(self.server, got.reason, retry_after=got.after)
            await patience.sleep(wait)
        raise AssertionError("at least one try is made")

    async def fetch(self, url: str, *, largest: int) -> Reply:
        """A file by its whole URL, which must be this server's: the key goes along.

        Raises:
            imgen.errors.ImgenError: see `ask`.
        """
        seconds = min(self.server.patience.timeout, _FETCH_SECONDS)
        return await self.ask("GET", url, seconds=seconds, largest=largest)

    async def _try(
        self, method: str, path: str, request: Mapping[str, Any], seconds: float, largest: int
    ) -> Reply | _Failure:
        try:
            # httpx limits each read; a server that drips bytes needs a limit on the whole.
            async with asyncio.timeout(seconds):
                reply = await self._send(method, path, request, seconds, largest)
        except TimeoutError:
            reply = _Failure("did not answer in time")
        except httpx.HTTPError as error:
            # Its text may hold the URL, which may hold a secret: only the kind is kept.
            begun = not isinstance(error, _NOT_SENT)
            reply = _Failure(f"could not be reached ({type(error).__name__})", begun=begun)
        except _NONSENSE:
            reply = _Failure("has no web address", again=False)
        self._count(reply)
        if isinstance(reply, _Failure):
            _log.warning("remote.failed", server=self.server.host, reason=reply.reason)
        return reply

    async def _send(
        self, method: str, path: str, request: Mapping[str, Any], seconds: float, largest: int
    ) -> Reply | _Failure:
        url = path if path.startswith("http") else self.server.url + path
        limit = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
        async with self._client.stream(method, url, timeout=limit, **request) as response:
            if response.status_code in TRIED_AGAIN:
                after = retry_after(response.headers.get("Retry-After", ""))
                begun = response.status_code not in _NOT_BEGUN
                return _Failure(f"answered {response.status_code}", True, begun, after)
            if not response.is_success:
                content, _ = await _read(response, min(largest, _LONGEST_REFUSAL))
                return Reply(response.status_code, content)
            if compressed(response):
                return _Failure("compressed its answer, which was not asked for", again=False)
            content, whole = await _read(response, largest)
            if not whole:
                return _Failure("sent too large an answer", again=False)
            return Reply(response.status_code, content)

    def _count(self, reply: Reply | _Failure) -> None:
        busy = isinstance(reply, _Failure) and reply.reason == "answered 429"
        if isinstance(reply, Reply) or busy:
            self.server.breaker.succeeded()
        else:
            self.server.breaker.failed()


@dataclass(frozen=True, slots=True)
class _Failure:
    """One try that failed."""

    reason: str
    again: bool = True
    """Whether another makes sense."""
    begun: bool = True
    """Whether the server may have begun the work all the same."""
    after: float | None = None
    """Seconds that the server asked for."""

    @property
    def nothing_begun(self) -> bool:
        return self.again and not self.begun


def failed(server: Server, how: str, *, retry_after: float | None = None) -> Upstream:
    """The error for a server's fault."""
    return Upstream(f"{server.name} {how}", code="server_failed", retry_after=retry_after)


def checked_url(url: str, name: str) -> str:
    """A base URL without its last slash.

    Raises:
        imgen.errors.Invalid: it is none.
    """
    try:
        parsed = httpx.URL(url.strip().rstrip("/"))
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query:
        raise Invalid(f"The URL of {name} must look like https://host", field="url")
    return str(parsed)


def host_of(url: str) -> str:
    """`host`, or `host:port` where the port is not the scheme's own."""
    parsed = httpx.URL(url)
    return parsed.host if parsed.port is None else f"{parsed.host}:{parsed.port}"


def bearer(key: str, name: str) -> dict[str, str]:
    """The header that carries a key.

    Raises:
        imgen.errors.Invalid: it has characters that no header can carry.
    """
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise Invalid(f"The key for {name} has characters that no header can carry", field="key")
    return {"Authorization": f"Bearer {key}"} if key else {}


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The certificate authorities, read once: that takes longer than many a call."""
    return httpx.create_ssl_context()


def retry_after(value: str) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.strip().isdecimal():
        return min(float(value), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - clock.now()).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


def _wait(number: int, failure: _Failure, longest: float) -> float:
    """Seconds before the next try: what the server asked for, else doubling, with jitter."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
    backoff = min(0.5 * 2**number, longest) * jitter
    return backoff if failure.after is None else failure.after + 0.1 * jitter


def compressed(response: httpx.Response) -> bool:
    """Whether a body is compressed although nobody asked for that: how large it becomes is not
    known before."""
    return response.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")


async def _read(response: httpx.Response, largest: int) -> tuple[bytes, bool]:
    """The body as it was sent, up to a size, and whether that is all of it."""
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > largest:
            return bytes(content[:largest]), False
    return bytes(content), True
