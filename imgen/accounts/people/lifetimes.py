"""How long the things last that prove who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Of sessions and one-time links; set by the operator."""

    session: timedelta = timedelta(days=30)
    """From signing in, however busy the session is."""
    idle: timedelta = timedelta(days=7)
    """From the last use."""
    password_link: timedelta = timedelta(days=1)
    invitation: timedelta = timedelta(days=7)
