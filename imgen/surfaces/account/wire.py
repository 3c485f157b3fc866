"""The bodies of the account API, and the objects that it answers with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from imgen.accounts.credits import Balance
from imgen.accounts.people.records import Invitation, Member, NewSession, Role, Session, SignedIn
from imgen.accounts.plans.records import Plan
from imgen.accounts.records import ApiKey
from imgen.accounts.requests.records import LoggedRequest
from imgen.accounts.usage.read import Usage
from imgen.http.fields import Body, Integer

_A_DECADE = 10 * 366 * 24 * 3600
Email = Annotated[str, Field(max_length=320)]
Password = Annotated[str, Field(max_length=1000)]
Token = Annotated[str, Field(min_length=1, max_length=100)]


class SignUp(Body):
    """`POST /account/sign-up`."""

    email: Email
    password: Password
    account: Annotated[str, Field(max_length=200)] = ""


class SignIn(Body):
    """`POST /account/sign-in`."""

    email: Email
    password: Password


class Join(Body):
    """`POST /account/join`. Who is signed in needs no password."""

    token: Token
    password: Password = ""


class ChangePassword(Body):
    """`POST /account/password`."""

    current: Password
    password: Password


class ResetPassword(Body):
    """`POST /account/password/reset`."""

    token: Token
    password: Password


class LookAt(Body):
    """`POST /account/switch`."""

    account: Annotated[str, Field(min_length=1, max_length=100)]
    """Its id."""


class NewKey(Body):
    """`POST /account/keys`."""

    label: Annotated[str, Field(max_length=100)] = ""
    scopes: list[str] = Field(default_factory=list, max_length=20)
    expires_in: Annotated[Integer, Field(ge=1, le=_A_DECADE)] | None = None
    """Seconds."""


class Invite(Body):
    """`POST /account/members`."""

    email: Email
    role: Role = "member"


class ChangeRole(Body):
    """`PATCH /account/members/{id}`."""

    role: Role


class Preferences(Body):
    """`PATCH /account/preferences`."""

    storage: bool


def plan_object(plan: Plan | None) -> dict[str, Any] | None:
    """A plan and its limits; a limit of null is none."""
    return None if plan is None else asdict(plan)


def user_object(person: SignedIn) -> dict[str, Any]:
    """Who is signed in."""
    return {"id": person.user_id, "email": person.email, "admin": person.admin}


def looked_at(person: SignedIn) -> dict[str, Any] | None:
    """The account that somebody looks at."""
    if person.account_id is None:
        return None
    return {
        "id": person.account_id,
        "name": person.account,
        "role": person.role,
        "suspended": person.account_suspended,
    }


def session_object(session: Session, current: str) -> dict[str, Any]:
    """One place in which somebody is signed in."""
    return {**asdict(session), "current": session.id == current}


def new_session(session: NewSession) -> dict[str, Any]:
    """What somebody who has just signed in is told; the token travels in the cookie alone."""
    return {"user_id": session.user_id, "expires_at": session.expires_at}


def key_object(key: ApiKey) -> dict[str, Any]:
    """A key without its secret."""
    shown = asdict(key)
    del shown["account"]
    return shown


def member_object(member: Member) -> dict[str, Any]:
    """Somebody who is in the account."""
    return {
        "id": member.user_id,
        "email": member.email,
        "role": member.role,
        "since": member.created_at,
    }


def invitation_object(invitation: Invitation) -> dict[str, Any]:
    """Somebody who may join."""
    return asdict(invitation)


def request_object(request: LoggedRequest) -> dict[str, Any]:
    """An entry of the request log."""
    shown = asdict(request)
    del shown["account_id"]
    return shown


def usage_object(usage: Usage, balance: Balance) -> dict[str, Any]:
    """What was used and what is left. Nothing is left of what has no limit: null."""
    return {
        "at": usage.at,
        "this_minute": {"requests": usage.this_minute, "left": usage.left_this_minute},
        "today": {**asdict(usage.today), "left": usage.left_today},
        "this_month": {
            **asdict(usage.this_month),
            "left": usage.left_this_month,
            "images_left": usage.images_left_this_month,
        },
        "at_once": usage.at_once,
        "credits": {
            "available": balance.available,
            "monthly": balance.monthly,
            "lasting": balance.lasting,
            "held": balance.held,
            "month_ends": balance.month_ends,
        },
        "plan": plan_object(usage.plan),
    }
