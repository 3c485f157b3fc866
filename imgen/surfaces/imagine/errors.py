"""How Imagine words an error: `{"status": "error", "code": N, "error": short, "message": text}`."""

from __future__ import annotations

from starlette.responses import Response

from imgen.errors import Exhausted, ImgenError, Kind
from imgen.http.surface import JsonResponse, headers_of, status_of

MISSING_KEY, UNKNOWN_KEY, EXPIRED_KEY = 1000, 1001, 1002
APP_REFUSED, DEVICE_REFUSED, ACCOUNT_REFUSED = 1005, 1006, 1007
"""A device is never refused: keys are not bound to any."""
INVALID, NO_CREDITS, UNAVAILABLE, TOO_MANY = 1100, 1101, 1200, 1202

_NAMES = {
    MISSING_KEY: "Missing bearer token",
    UNKNOWN_KEY: "Invalid bearer token",
    EXPIRED_KEY: "Bearer token expired",
    APP_REFUSED: "Key refused",
    ACCOUNT_REFUSED: "Account refused",
    INVALID: "Invalid request",
    NO_CREDITS: "Not enough credits",
    UNAVAILABLE: "Service unavailable",
    TOO_MANY: "Too many requests",
}
_BY_CODE = {
    "missing": (MISSING_KEY, 400),
    "unknown": (UNKNOWN_KEY, 401),
    "expired": (EXPIRED_KEY, 406),
    "scope": (APP_REFUSED, 401),
    "suspended": (ACCOUNT_REFUSED, 401),
    "no_plan": (ACCOUNT_REFUSED, 401),
    "no_credits": (NO_CREDITS, 402),
    "model_not_in_plan": (INVALID, 400),
}
_BY_KIND = {
    Kind.INVALID: (INVALID, 400),
    Kind.TOO_LARGE: (INVALID, 413),
    Kind.UNAUTHENTICATED: (UNKNOWN_KEY, 401),
    Kind.FORBIDDEN: (ACCOUNT_REFUSED, 401),
    Kind.NOT_FOUND: (INVALID, 404),
    Kind.CONFLICT: (INVALID, 409),
    Kind.EXHAUSTED: (TOO_MANY, 429),
    Kind.UPSTREAM: (UNAVAILABLE, 503),
    Kind.UNAVAILABLE: (UNAVAILABLE, 503),
    Kind.TIMED_OUT: (UNAVAILABLE, 503),
    Kind.INTERNAL: (UNAVAILABLE, 500),
}
_STATUS = {kind: status for kind, (_, status) in _BY_KIND.items()}


class NoCredits(Exhausted):
    """The account cannot pay for this.

    Args:
        cost: what it would have cost, in credits.
        remaining: what the account has.
    """

    def __init__(self, message: str, *, cost: int, remaining: int) -> None:
        super().__init__(message, code="no_credits")
        self.cost = cost
        self.remaining = remaining


def render(error: ImgenError) -> Response:
    """An error in the family's shape."""
    code, status = _BY_CODE.get(error.code) or (
        _BY_KIND[error.kind][0],
        status_of(error, _STATUS),
    )
    body: dict[str, object] = {
        "status": "error",
        "code": code,
        "error": _NAMES[code],
        "message": error.message,
    }
    headers = headers_of(error)
    if error.field:
        body["field"] = error.field
    if isinstance(error, NoCredits):
        body["credits"] = {"cost": error.cost, "remaining": error.remaining}
        headers |= credit_headers(error.cost, error.remaining)
    return JsonResponse(body, status_code=status, headers=headers)


def credit_headers(cost: int, remaining: int) -> dict[str, str]:
    """What a call costs, and what is left."""
    return {"x-credits-cost": str(cost), "x-credits-remaining": str(remaining)}
