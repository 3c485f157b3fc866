"""How the account API words an error: `{"error": text, "code": name, "field": name}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import ImgenError, Kind
from imgen.http.surface import JsonResponse, headers_of, status_of

STATUS = {
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


def render(error: ImgenError) -> Response:
    """An error with its stable code, and the field at fault where there is one."""
    body = {"error": error.message, "code": error.code}
    if error.field:
        body["field"] = error.field
    headers = {"cache-control": "no-store", **headers_of(error)}
    return JsonResponse(body, status_code=status_of(error, STATUS), headers=headers)
