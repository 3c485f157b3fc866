"""How ImageAPI v1 words an error: `{"success": false, "error": text, "request_id": …}`."""

from __future__ import annotations

from typing import Any

import structlog
from starlette.responses import Response

from imgen.errors import ImgenError, Kind
from imgen.http.surface import STATUS, JsonResponse, headers_of, status_of

_STATUS = {**STATUS, Kind.UPSTREAM: 500, Kind.UNAVAILABLE: 500, Kind.TIMED_OUT: 500}
"""The document knows one status for everything that is not the client's doing."""


def render(error: ImgenError) -> Response:
    """An error as the document shows it, with the id under which the request log has it."""
    body = {
        "success": False,
        "error": error.message,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        **retry(error),
    }
    return JsonResponse(body, status_code=status_of(error, _STATUS), headers=headers_of(error))


def retry(error: ImgenError) -> dict[str, Any]:
    """`retry_after` in whole seconds, as the header `Retry-After` has it, where it is known."""
    after = headers_of(error).get("retry-after")
    return {} if after is None else {"retry_after": int(after)}
