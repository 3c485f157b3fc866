"""How the Cache API words an error: `{"error": text}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import ImgenError, Kind
from imgen.http.surface import STATUS, JsonResponse, headers_of, status_of

_STATUS = {
    **STATUS,
    Kind.FORBIDDEN: 401,
    Kind.UNAVAILABLE: 502,
    Kind.TIMED_OUT: 502,
}


def render(error: ImgenError) -> Response:
    """An error as the document shows it. What is down for a moment is a 502: retry with backoff."""
    return JsonResponse(
        {"error": error.message}, status_code=status_of(error, _STATUS), headers=headers_of(error)
    )
