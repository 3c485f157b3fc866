"""Accounts and keys as the database holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PLANS = ("free", "pro", "unlimited")
"""The built-in plans, by slug."""


@dataclass(frozen=True, slots=True)
class Account:
    """One customer."""

    id: str
    name: str
    plan: str | None
    """A slug of `PLANS`, or None: no service."""
    suspended: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of an account, without its secret."""

    id: str
    account: str
    """The account's name."""
    hint: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: a good key and the account behind it."""

    account_id: str
    key_id: str
    plan: str | None
    suspended: bool
    expired: bool
    """The key was good until its time ran out."""
