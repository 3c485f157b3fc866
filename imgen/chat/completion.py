"""One question to a chat model: sent, waited for, tried again, and never longer than allowed.

The protocol is OpenAI's `POST /chat/completions`, which vLLM, llama.cpp, Ollama and others speak.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict, TypeVar

import httpx
import structlog

from imgen import clock, errors

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 529})

Message = Mapping[str, object]
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote."""

    text: str
    cut_off: bool
    """Whether it ran out of tokens."""


class Unusable(Exception):
    """An answer that is not what was asked for. Asking again would hardly help."""


class _Failure(Exception):
    """One try that failed; `again` says whether another makes sense, `after` when (seconds)."""

    def __init__(self, reason: str, *, again: bool, after: float | None = None) -> None:
        super().__init__(reason)
        self.again = again
        self.after = after


class Patience(TypedDict, total=False):
    """How long a model is given; `Chat` says what each means."""

    timeout: float
    tries: int
    longest_wait: float
    sleep: Callable[[float], Awaitable[None]]


class Chat:
    """A chat model behind `POST {base_url}/chat/completions`. Close it when done.

    Args:
        base_url: where the API is: `https://llm.example/v1`.
        model: the model's name there.
        key: bearer token; empty for a server that wants none.
        task: what it is asked for (`enhancement`), for logs and errors.
        timeout: seconds for one try, from connecting to the last byte.
        tries: how often to ask in all.
        longest_wait: seconds between two tries at most; a server that asks for more is not
            waited for.
        largest_body: bytes of an answer beyond which it is not read.
        sleep: how to wait between tries.

    Raises:
        errors.Invalid: the key cannot be sent in a header, or the URL is not one.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        key: str = "",
        *,
        task: str,
        timeout: float,
        tries: int = 3,
        longest_wait: float = 10.0,
        largest_body: int = 320_000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key = key.strip()
        if not (key.isascii() and key.isprintable()):
            raise errors.Invalid(f"The key for {task} has characters that no header can carry.")
        self._url = _endpoint(base_url, task)
        self._model = model
        self._task = task
        self._timeout = timeout
        self._tries = tries
        self._longest_wait = longest_wait
        self._largest_body = largest_body
        self._sleep = sleep
        # Uncompressed, so that the limit on the answer's size is a limit on memory too.
        headers = {"Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout)

    def __repr__(self) -> str:
        return f"Chat(model={self._model!r}, task={self._task!r})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(
        self, messages: Sequence[Message], read: Callable[[Answer], _T], **options: object
    ) -> _T:
        """Ask, again after a failure that may pass, and make something of the answer.

        Args:
            messages: as the protocol has them: `{"role": …, "content": …}`.
            read: makes the result; raises `Unusable` for an answer that is none.
            options: further fields of the request: `seed`, `max_tokens`.

        Raises:
            errors.Upstream: no try led to a usable answer (`{task}_failed`).
        """
        body = {"model": self._model, "messages": list(messages), "stream": False, **options}
        for number in range(1, self._tries + 1):
            try:
                return read(await self._try(body))
            except Unusable as unusable:
                failure = _Failure(f"unusable answer: {unusable}", again=False)
            except _Failure as failed:
                failure = failed
            _log.warning(f"{self._task} failed", attempt=number, reason=str(failure))
            wait = self._wait(number, failure)
            if not failure.again or number == self._tries or wait > self._longest_wait:
                break
            await self._sleep(wait)
        raise errors.Upstream(
            f"{self._task.capitalize()} failed",
            code=f"{self._task}_failed",
            retry_after=failure.after,
        )

    async def _try(self, body: Mapping[str, object]) -> Answer:
        try:
            # httpx limits each read; a server that drips bytes needs a limit on the whole.
            async with asyncio.timeout(self._timeout):
                return _answer(await self._post(body))
        except TimeoutError:
            raise _Failure("timed out", again=True) from None
        except httpx.HTTPError as error:
            # Its text may hold the URL, which may hold a secret: only the kind is kept.
            again = isinstance(error, httpx.TransportError)
            raise _Failure(type(error).__name__, again=again) from None

    async def _post(self, body: Mapping[str, object]) -> bytes:
        async with self._client.stream("POST", self._url, json=body) as response:
            if response.status_code != httpx.codes.OK:
                after = _retry_after(response.headers.get("Retry-After", ""))
                again = response.status_code in _RETRIED
                raise _Failure(f"status {response.status_code}", again=again, after=after)
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > self._largest_body:
                    raise _Failure("the answer is too large", again=False)
            return bytes(content)

    def _wait(self, number: int, failure: _Failure) -> float:
        """Seconds before the next try: what the server asked for, else doubling, with jitter."""
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
        backoff = min(0.5 * 2**number, self._longest_wait) * jitter
        return backoff if failure.after is None else failure.after + 0.1 * jitter


def _endpoint(base_url: str, task: str) -> str:
    """The address that questions go to."""
    try:
        url = httpx.URL(base_url.rstrip("/") + "/chat/completions")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise errors.Invalid(f"The URL for {task} must look like https://host/v1.")
    return str(url)


def _answer(content: bytes) -> Answer:
    """The text in a chat completion."""
    try:
        choice = json.loads(content)["choices"][0]
        message = choice["message"]
        text: Any = message.get("content")
        reason = choice.get("finish_reason")
        refused = bool(message.get("refusal")) or reason == "content_filter"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _Failure("not a chat completion", again=True) from None
    if isinstance(text, list):
        text = "".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
    if refused or not isinstance(text, str):
        raise Unusable("it refused" if refused else "it has no text")
    return Answer(text, cut_off=reason == "length")


def _retry_after(value: str) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.strip().isdecimal():
        return min(float(value), 86_400.0)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - clock.now()).total_seconds())
