"""How Imgen v2 words an error: `{"error": text}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import ImgenError, Kind
from imgen.http.surface import STATUS, JsonResponse, headers_of, status_of

_STATUS = {**STATUS, Kind.FORBIDDEN: 401}
_UNAUTHORIZED = "Unauthorized"


def render(error: ImgenError) -> Response:
    """An error as the document shows it."""
    status = status_of(error, _STATUS)
    text = _UNAUTHORIZED if status == 401 else error.message
    return JsonResponse({"error": text}, status_code=status, headers=headers_of(error))
