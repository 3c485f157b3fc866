"""The one place that reads the time, so that a test can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


def unix() -> float:
    """Seconds since 1970-01-01T00:00:00Z."""
    return time.time()


def rfc3339(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC to the second: `2025-03-29T20:02:50Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
