"""A JSON request body, read within limits and checked for what no field may contain."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request

from imgen.errors import Invalid, TooLarge

_JSON = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;|$)", re.IGNORECASE)


async def json_object(request: Request, *, limit: int) -> dict[str, Any]:
    """The body as a JSON object.

    Args:
        limit: most bytes that are read.

    Raises:
        imgen.errors.Invalid: not JSON, not an object, another content type, or a NUL character.
        imgen.errors.TooLarge: more than `limit` bytes.
    """
    if not _JSON.match(request.headers.get("content-type", "")):
        raise Invalid(
            "Send JSON with Content-Type: application/json", code="unsupported_media_type"
        )
    body = await read(request, limit=limit)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Invalid(f"The body is not valid JSON: {error}", code="malformed_json") from None
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object", code="malformed_json")
    _refuse_nul(value)
    return value


async def read(request: Request, *, limit: int) -> bytes:
    """The whole body, at most `limit` bytes of it.

    Raises:
        imgen.errors.TooLarge: there is more, or the client says that there will be.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is over {limit} bytes", code="body_too_large")


def _refuse_nul(value: object, field: str = "") -> None:
    """PostgreSQL stores no NUL, and nobody means one. The parser bounds the depth."""
    if isinstance(value, str):
        if "\0" in value:
            name = field or "A field name"
            raise Invalid(f"{name} must not contain NUL characters", field=field)
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_nul(name)
            _refuse_nul(item, field or name)
    elif isinstance(value, list):
        for item in value:
            _refuse_nul(item, field)
