"""Users, sessions and memberships as the database holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["owner", "member"]
"""In one account. An owner also says who its members are; a member uses it."""


@dataclass(frozen=True, slots=True)
class User:
    """One person."""

    id: str
    email: str
    admin: bool
    """Of the whole deployment."""
    suspended: bool
    has_password: bool
    created_at: datetime
    signed_in_at: datetime | None
    accounts: str
    """The names of the accounts that the person is in, each with the role, for people to read."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What signing in compares a password with."""

    user_id: str
    email: str
    password: str | None
    """As `Passwords.hash` made it; None: none was set yet."""
    suspended: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """One account, as one of its members sees it."""

    account_id: str
    account: str
    """Its name."""
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """One person, as the others in an account see them."""

    user_id: str
    email: str
    role: Role
    created_at: datetime
    """Of the membership."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who may join an account, and has not yet."""

    id: str
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Browser:
    """From where somebody signs in."""

    address: str
    """The network address, as text."""
    agent: str = ""
    """What the program calls itself (`User-Agent`)."""


@dataclass(frozen=True, slots=True)
class Session:
    """One place in which a person is signed in, as they see it."""

    id: str
    address: str
    agent: str
    created_at: datetime
    used_at: datetime
    """To the minute."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun: the token is shown this once."""

    token: str
    user_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time token, shown this once."""

    token: str
    email: str
    """For whom."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sends a session's token, and the account that they look at."""

    session_id: str
    user_id: str
    email: str
    admin: bool
    account_id: str | None
    """None: the person is in no account, or was taken out of the one they looked at."""
    account: str | None
    role: Role | None
    account_suspended: bool
