"""How the Cache API words an error: `{"error": text}`."""

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
    Kind.UNAVAILABLE: 502,
    Kind.TIMED_OUT: 502,
    Kind.INTERNAL: 500,
}


def render(error: ImgenError) -> Response:
    """An error as the document shows it. What is down for a moment is a 502: retry with backoff."""
    return JsonResponse(
        {"error": error.message}, status_code=status_of(error, STATUS), headers=headers_of(error)
    )
