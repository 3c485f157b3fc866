"""Accounts and keys as the database holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from imgen.accounts.plans.records import Plan
from imgen.errors import Invalid

SCOPES = ("imgen-v2", "cache-api", "imageapi-v1", "imagine", "account", "acs")
"""What a key may be restricted to: the surfaces, by name."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Account:
    """One customer."""

    id: str
    name: str
    plan: str | None
    """A plan's slug, or None: no service."""
    suspended: bool
    created_at: datetime
    storage_preferred: bool
    """Whether pictures are kept and answered with links, where the plan has storage."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of an account, without its secret."""

    id: str
    account: str
    """The account's name."""
    label: str
    """What it is for, in its maker's words."""
    scopes: tuple[str, ...]
    """Of `SCOPES`; none: all of them."""
    hint: str
    created_by: str | None
    """The user's id; None: an operator, or somebody who is no longer there."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: a good key and the account behind it."""

    account_id: str
    key_id: str
    plan: Plan | None
    """What the account may use; None: no service."""
    suspended: bool
    expired: bool
    """The key was good until its time ran out."""
    account: str = ""
    """The account's name."""
    scopes: tuple[str, ...] = ()
    """Surfaces that the key is good for; none: all of them."""
    storage_preferred: bool = True
    """Whether the account wants its pictures kept, where the plan has storage."""


def check_account_name(name: str, *, field: str = "name") -> None:
    """Whether an account may be called that.

    Args:
        field: what the caller knows the name as.

    Raises:
        imgen.errors.Invalid: it is empty, too long, or has characters that cannot be seen.
    """
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(
            f"An account's name is 1 to {_LONGEST_NAME} printable characters", field=field
        )
