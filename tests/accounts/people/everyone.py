"""Everything that people can do, at hand for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from imgen.accounts.administer import Administer
from imgen.accounts.people.choose_password import ChoosePassword
from imgen.accounts.people.join import Join
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.members import Members
from imgen.accounts.people.operate import OperateUsers
from imgen.accounts.people.own_keys import OwnKeys
from imgen.accounts.people.passwords import Passwords
from imgen.accounts.people.records import Browser, Role, SignedIn
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_in import SignIn
from imgen.accounts.people.sign_up import SignUp
from imgen.accounts.people.throttle import Limits, Throttle
from imgen.database.pool import Database

GOOD = "seven green bicycles"
HOME = Browser("192.0.2.1", "A browser")


@dataclass(frozen=True)
class People:
    """Everything that people can do, over one database."""

    database: Database
    passwords: Passwords
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    limits: Limits = field(default_factory=Limits)

    def within(self, **changes: int) -> People:
        """With other limits on tries."""
        return replace(self, limits=replace(self.limits, **changes))  # type: ignore[arg-type]

    @property
    def throttle(self) -> Throttle:
        return Throttle(self.database, self.limits)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.database, self.lifetimes)

    @property
    def sign_in(self) -> SignIn:
        return SignIn(self.database, self.passwords, self.throttle, self.sessions)

    @property
    def sign_up(self) -> SignUp:
        return SignUp(self.database, self.passwords, self.throttle, self.sessions)

    @property
    def choose_password(self) -> ChoosePassword:
        return ChoosePassword(self.database, self.passwords, self.sign_in, self.sessions)

    @property
    def members(self) -> Members:
        return Members(self.database, self.lifetimes)

    @property
    def join(self) -> Join:
        return Join(self.database, self.passwords, self.sessions)

    @property
    def own_keys(self) -> OwnKeys:
        return OwnKeys(self.database)

    @property
    def operate(self) -> OperateUsers:
        return OperateUsers(self.database, self.passwords, self.lifetimes)

    @property
    def administer(self) -> Administer:
        return Administer(self.database)

    async def newcomer(self, email: str = "ann@example.org") -> SignedIn:
        """Somebody who has just signed up."""
        session = await self.sign_up(email, GOOD, HOME)
        return await self.behind(session.token)

    async def behind(self, token: str) -> SignedIn:
        """Who sends that token."""
        signed_in = await self.sessions.find(token)
        assert signed_in is not None
        return signed_in

    async def joined(self, owner: SignedIn, email: str, role: Role = "member") -> SignedIn:
        """Somebody new who has joined the owner's account."""
        assert owner.account_id
        _, link = await self.members.invite(owner, owner.account_id, email=email, role=role)
        session = await self.join.as_new_user(link.token, GOOD, HOME)
        return await self.behind(session.token)


Execute = Callable[..., Awaitable[list[tuple[object, ...]]]]
