"""How the account API words an error: `{"error": text, "code": name, "field": name}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import ImgenError
from imgen.http.surface import JsonResponse, headers_of, status_of


def render(error: ImgenError) -> Response:
    """An error with its stable code, and the field at fault where there is one."""
    body = {"error": error.message, "code": error.code}
    if error.field:
        body["field"] = error.field
    headers = {"cache-control": "no-store", **headers_of(error)}
    return JsonResponse(body, status_code=status_of(error), headers=headers)
