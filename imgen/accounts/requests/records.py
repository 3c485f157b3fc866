"""One entry of the request log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A call of an account: admitted, or refused."""

    id: str
    account_id: str
    key_id: str
    surface: str
    operation: str
    """What was asked for (`generate`, `search`), or method and path where that never was clear."""
    parameters: Mapping[str, Any]
    """Redacted: see `imgen.accounts.requests.redact`."""
    counted: bool
    """Whether it counts against the plan's requests."""
    images: int
    """Images that count against the plan's, without those that were given back."""
    started_at: datetime
    finished_at: datetime | None
    """None while it is under way."""
    status: int | None
    """Of HTTP; None while it is under way, and when its process died."""
    code: str
    """Of the error, empty when there was none; `replayed` for the repeat of a stored answer."""
    error: str
    milliseconds: float | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a call before it is admitted or refused."""

    id: str
    account_id: str
    key_id: str
    surface: str
    operation: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended."""

    status: int
    code: str
    error: str
    milliseconds: float
