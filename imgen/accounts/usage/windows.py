"""The fixed windows of UTC in which requests are counted, and what is left of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

MINUTE, DAY, MONTH = "minute", "day", "month"
CONCURRENCY = "concurrency"


@dataclass(frozen=True, slots=True)
class Window:
    """One limit of a plan and how far it is used up."""

    name: str
    limit: int
    used: int
    seconds: int
    """Its length; 0 for concurrency, which has no end."""
    ends_in: float
    """Seconds until it ends; 0 for concurrency."""

    @property
    def left(self) -> int:
        """Never below 0, also when the plan was made smaller meanwhile."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Every limit that an account has; empty where its plan has none."""

    windows: Sequence[Window] = ()

    def given_back(self) -> Allowance:
        """As it is when one request does not count after all."""
        return Allowance([replace(one, used=max(0, one.used - 1)) for one in self.windows])

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`, as structured fields.

        Source: draft-ietf-httpapi-ratelimit-headers-11.
        """
        if not self.windows:
            return {}
        return {
            "ratelimit-policy": ", ".join(map(_policy, self.windows)),
            "ratelimit": ", ".join(map(_state, self.windows)),
        }


def window_of(name: str, moment: datetime, *, limit: int, used: int) -> Window:
    """The minute, day or month that a moment lies in."""
    begin, end = bounds(name, moment)
    seconds = round((end - begin).total_seconds())
    left = (end - moment).total_seconds()
    return Window(name, limit, used, seconds=seconds, ends_in=left)


def bounds(name: str, moment: datetime) -> tuple[datetime, datetime]:
    """When the minute, day or month of a moment begins and when the next one does, in UTC."""
    moment = moment.astimezone(UTC)
    begin = moment.replace(second=0, microsecond=0)
    if name == MINUTE:
        return begin, begin + timedelta(minutes=1)
    begin = begin.replace(hour=0, minute=0)
    if name == DAY:
        return begin, begin + timedelta(days=1)
    begin = begin.replace(day=1)
    return begin, (begin + timedelta(days=32)).replace(day=1)


def _policy(window: Window) -> str:
    if window.name == CONCURRENCY:
        return f'"{window.name}";q={window.limit};qu="concurrent-requests"'
    return f'"{window.name}";q={window.limit};w={window.seconds}'


def _state(window: Window) -> str:
    if window.name == CONCURRENCY:
        return f'"{window.name}";r={window.left}'
    return f'"{window.name}";r={window.left};t={-int(-window.ends_in // 1)}'
