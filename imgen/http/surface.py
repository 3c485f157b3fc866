"""What a surface hands to the root: its routes, and how it words an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from pydantic_core import to_json
from starlette.responses import Response
from starlette.routing import BaseRoute

from imgen.errors import ImgenError, Invalid, Kind, NotFound

_STATUS_OF_CODE = {
    "no_credits": 402,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "idempotency_mismatch": 422,
    "headers_too_large": 431,
}
"""Errors that mean the same at every door."""
STATUS: Mapping[Kind, int] = {
    Kind.INVALID: 400,
    Kind.TOO_LARGE: 413,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.EXHAUSTED: 429,
    Kind.UPSTREAM: 502,
    Kind.UNAVAILABLE: 503,
    Kind.TIMED_OUT: 504,
    Kind.INTERNAL: 500,
}
"""What HTTP itself has for an error; a surface lays over it what its document has else."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One door."""

    name: str
    prefixes: tuple[str, ...]
    """Paths under which even an unknown one is answered in this surface's shape."""
    routes: Sequence[BaseRoute]
    render: Callable[[ImgenError], Response]
    """An error as this surface words it."""


class JsonResponse(Response):
    """JSON as fast as it can be had; datetimes and enums included."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The body's bytes."""
        return to_json(content)


def status_of(error: ImgenError, table: Mapping[Kind, int] = STATUS) -> int:
    """The HTTP status of an error, by its code where HTTP decides, else by the surface's table."""
    return _STATUS_OF_CODE.get(error.code, table[error.kind])


def headers_of(error: ImgenError) -> dict[str, str]:
    """`Retry-After`, in whole seconds, where a retry makes sense; never too early."""
    if error.retry_after is None:
        return {}
    return {"retry-after": str(max(1, ceil(error.retry_after)))}


def from_http_status(status: int) -> ImgenError:
    """The framework's own refusals (no such path, no such method) as one of our errors."""
    if status == 405:
        return Invalid("Method not allowed", code="method_not_allowed")
    if status == 404:
        return NotFound("Not found", code="path_not_found")
    return Invalid("Bad request")
