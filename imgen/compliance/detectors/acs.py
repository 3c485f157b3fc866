"""An external reviewer over HTTP. docs/acs.md is the contract; our own server speaks it too."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Mapping
from typing import Any

import httpx

from imgen.compliance.detectors.picture import as_jpeg
from imgen.compliance.signal import SIGNALS, Signal
from imgen.compliance.subject import LONGEST_PRECOMPLIANCE, Subject
from imgen.errors import Invalid, Upstream

LONGER_SIDE = 2048
"""Pixels of the picture that is sent."""
_JPEG_QUALITY = 92
_LARGEST_ANSWER = 256 * 1024
_LONGEST_DETAIL = 200
_VERDICTS = {"safe": 0.0, "flagged": 0.0, "unsafe": 1.0}


class AcsDetector:
    """What another reviewer says: its verdict as `acs.unsafe` or `acs.floor`, its signals as ours.

    Close it when done.

    Args:
        url: of its endpoint: `https://review.example/acs/review`.
        token: bearer token; empty for a server that wants none.
        ruleset: which it is asked to judge by; empty: the one that the job names.
        timeout: seconds from connecting to the last byte.

    Raises:
        imgen.errors.Invalid: the token cannot be sent in a header, or the URL is not one.
    """

    name = "acs"

    def __init__(
        self, url: str, token: str = "", *, ruleset: str = "", timeout: float = 30.0
    ) -> None:
        token = token.strip()
        if not (token.isascii() and token.isprintable()):
            raise Invalid("The external reviewer's token has characters that no header can carry")
        self._url = _checked(url)
        self._ruleset = ruleset
        self._timeout = timeout
        self.version = httpx.URL(self._url).host
        # Uncompressed, so that the limit on the answer's size is a limit on memory too.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # A redirect would carry the picture and the token to who knows whom.
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False)

    def __repr__(self) -> str:
        return f"AcsDetector({self.version!r})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """What it saw and decided.

        Raises:
            imgen.errors.Upstream: it gave no answer that keeps to the contract.
        """
        if subject.image is None:
            return ()
        body = await asyncio.to_thread(self._body, subject)
        return _signals(await self._ask(body))

    def _body(self, subject: Subject) -> bytes:
        assert subject.image is not None
        file = as_jpeg(subject.image, longer_side=LONGER_SIDE, quality=_JPEG_QUALITY)
        return json.dumps(
            {
                "image": base64.b64encode(file).decode(),
                "kind": subject.kind,
                "prompt": subject.prompt,
                "negative": subject.negative,
                "precompliance": subject.precompliance[:LONGEST_PRECOMPLIANCE],
                "ruleset": self._ruleset or subject.ruleset or "default",
                "reference": subject.job_id,
            }
        ).encode()

    async def _ask(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        try:
            # httpx limits each read; a server that drips bytes needs a limit on the whole.
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise _failed(f"answered {response.status_code}")
                return await _limited(response)
        except TimeoutError:
            raise _failed("did not answer in time") from None
        except httpx.HTTPError as error:
            # Its text may hold the URL, which may hold a secret: only the kind is kept.
            raise _failed(f"could not be asked ({type(error).__name__})") from None


async def _limited(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            raise _failed("sent too large an answer")
    return bytes(content)


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Invalid("The external reviewer's URL must look like https://host/acs/review")
    return str(parsed)


def _signals(content: bytes) -> tuple[Signal, ...]:
    """Its verdict, and those of its signals that our rulesets can name."""
    try:
        answer = json.loads(content)
        verdict, floor = answer["verdict"], answer.get("floor", False)
        rows = answer.get("signals", [])
        blocks = _VERDICTS[verdict]
        rules = _names(answer.get("filter_categories", []))
        seen = [_signal(row) for row in rows if row["name"] in SIGNALS]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _failed("sent an answer that is no verdict") from None
    if not isinstance(floor, bool) or (floor and not blocks):
        raise _failed("sent an answer that contradicts itself")
    if blocks:
        seen.append(Signal("acs.unsafe", blocks, "acs", rules))
    if floor:
        seen.append(Signal("acs.floor", 1.0, "acs", rules))
    return tuple(seen)


def _signal(row: Mapping[str, Any]) -> Signal:
    score = row["score"]
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise TypeError("a score is a number")
    if not math.isfinite(score) or not 0 <= score <= 1:
        raise ValueError("a score is between 0 and 1")
    said = f"{row.get('detector', '')}: {row.get('detail', '')}".strip(": ")
    return Signal(row["name"], round(float(score), 4), "acs", _tidy(said))


def _names(values: object) -> str:
    if not isinstance(values, list):
        raise TypeError("categories are a list")
    return _tidy(", ".join(str(value) for value in values))


def _tidy(text: str) -> str:
    """Short, on one line, and nothing that a database or a terminal would stumble over."""
    return "".join(one if one.isprintable() else " " for one in text[:_LONGEST_DETAIL])


def _failed(how: str) -> Upstream:
    return Upstream(f"The external reviewer {how}", code="acs_failed")
