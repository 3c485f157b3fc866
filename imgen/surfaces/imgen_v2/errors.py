"""How Imgen v2 words an error: `{"error": text}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import ImgenError, Kind
from imgen.http.surface import JsonResponse, headers_of, status_of

STATUS = {
    Kind.INVALID: 400,
    Kind.TOO_LARGE: 413,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 401,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.EXHAUSTED: 429,
    Kind.UPSTREAM: 502,
    Kind.UNAVAILABLE: 503,
    Kind.TIMED_OUT: 504,
    Kind.INTERNAL: 500,
}
_UNAUTHORIZED = "Unauthorized"


def render(error: ImgenError) -> Response:
    """An error as the document shows it."""
    status = status_of(error, STATUS)
    text = _UNAUTHORIZED if status == 401 else error.message
    return JsonResponse({"error": text}, status_code=status, headers=headers_of(error))
