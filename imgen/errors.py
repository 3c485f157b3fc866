"""Every error that imgen raises on purpose, in one tree.

    ImgenError
    ├── Invalid            INVALID          the caller sent something wrong; names field and fix
    ├── TooLarge           TOO_LARGE        a body, file or picture is over a limit
    ├── Unauthenticated    UNAUTHENTICATED  no key, or one that is unknown, expired or revoked
    ├── Forbidden          FORBIDDEN        the key is good but may not do this
    ├── NotFound           NOT_FOUND        no such thing, or not yours
    ├── Conflict           CONFLICT         clashes with something that exists or is under way
    ├── Exhausted          EXHAUSTED        a rate, quota or credit limit was reached
    ├── Upstream           UPSTREAM         a service that we call failed
    ├── Unavailable        UNAVAILABLE      a part of this deployment is down or not configured
    ├── TimedOut           TIMED_OUT        a deadline passed
    └── Internal           INTERNAL         a bug of ours

An error has a `kind`, a stable `code`, and a message that is safe to show. It has no HTTP status:
each surface owns its table from kind to status, wording and body.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What went wrong, in terms that every surface can translate."""

    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    EXHAUSTED = "exhausted"
    UPSTREAM = "upstream"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    INTERNAL = "internal"


class ImgenError(Exception):
    """The root: anything that imgen raises on purpose.

    Args:
        message: one sentence that is safe to show to a client.
        code: a stable, machine-readable name (`prompt_required`); the kind's name when left out.
        field: the request field at fault, if there is one.
        retry_after: seconds after which a retry makes sense, if that is known.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL

    def __init__(
        self, message: str, *, code: str = "", field: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.kind.value
        self.field = field
        self.retry_after = retry_after


class Invalid(ImgenError):
    """The caller sent something wrong."""

    kind = Kind.INVALID


class TooLarge(ImgenError):
    """A body, file or picture is over a limit."""

    kind = Kind.TOO_LARGE


class Unauthenticated(ImgenError):
    """No key, or one that is unknown, expired or revoked."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(ImgenError):
    """The key is good, but may not do this."""

    kind = Kind.FORBIDDEN


class NotFound(ImgenError):
    """No such thing, or it belongs to another account."""

    kind = Kind.NOT_FOUND


class Conflict(ImgenError):
    """Clashes with something that exists or is under way."""

    kind = Kind.CONFLICT


class Exhausted(ImgenError):
    """A rate, quota or credit limit was reached."""

    kind = Kind.EXHAUSTED


class Upstream(ImgenError):
    """A service that we call failed."""

    kind = Kind.UPSTREAM


class Unavailable(ImgenError):
    """A part of this deployment is down or not configured."""

    kind = Kind.UNAVAILABLE


class TimedOut(ImgenError):
    """A deadline passed."""

    kind = Kind.TIMED_OUT


class Internal(ImgenError):
    """A bug of ours. The only kind that logs a traceback."""

    kind = Kind.INTERNAL
