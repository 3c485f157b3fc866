"""Sign up: a new person with an account of their own."""

from __future__ import annotations

from dataclasses import dataclass

from imgen import ids
from imgen.accounts import store as accounts
from imgen.accounts.people import store, tokens
from imgen.accounts.people.email import normalise
from imgen.accounts.people.passwords import Passwords, check_password
from imgen.accounts.people.records import Browser, NewSession
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.throttle import Throttle
from imgen.accounts.records import check_account_name
from imgen.database.pool import Connection, Database
from imgen.errors import Conflict, Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class SignUp:
    """Makes users who come by themselves."""

    database: Database
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    plan: str = "free"
    """Of the new account; a slug."""
    open: bool = True
    """Whether anybody may sign up, or only who was invited."""

    async def __call__(
        self, email: str, password: str, browser: Browser, *, account: str = ""
    ) -> NewSession:
        """Make a user who owns a new account, and sign them in.

        Args:
            account: its name; empty: the e-mail.

        Raises:
            imgen.errors.Invalid: a bad e-mail, password or name.
            imgen.errors.Conflict: codes `email_taken`, `account_taken`.
            imgen.errors.Forbidden: nobody may sign up here.
            imgen.errors.Exhausted: too many new users from this address.
        """
        if not self.open:
            raise Forbidden("New users are invited here; ask the operator", code="sign_up_closed")
        email = _public(email)
        check_password(password, email=email)
        account = _own_name(account, email)
        await self.throttle.count_sign_up(browser.address)
        kept = await self.passwords.hash(password)
        async with self.database.transaction() as connection:
            user_id = await add_user(connection, email, kept)
            account_id = await new_account(connection, email, account, plan=self.plan)
            await store.add_member(connection, account_id=account_id, user_id=user_id, role="owner")
            session = await self.sessions.begin(
                connection, user_id=user_id, password=kept, browser=browser
            )
        assert session is not None
        return session


async def add_user(connection: Connection, email: str, password: str | None) -> str:
    """Make a user; returns the id.

    Raises:
        imgen.errors.Conflict: somebody has that e-mail.
    """
    user_id = tokens.new_id("usr_")
    if not await store.add_user(connection, id=user_id, email=email, password=password):
        raise Conflict(f"There is a user {email} already", code="email_taken", field="email")
    return user_id


async def new_account(connection: Connection, email: str, name: str, *, plan: str) -> str:
    """Make an account; returns its id.

    Args:
        name: empty: the e-mail, with a few characters behind it if that is taken: an account that
            an operator named so is not theirs who comes with that e-mail.

    Raises:
        imgen.errors.Conflict: the name is taken.
    """
    account_id = ids.account_id()
    if await accounts.add_account(connection, id=account_id, name=name or email, plan=plan):
        return account_id
    other = f"{email} {account_id[-6:]}"
    if name or not await accounts.add_account(connection, id=account_id, name=other, plan=plan):
        raise Conflict(
            f"There is an account {name} already; choose another name",
            code="account_taken",
            field="account",
        )
    return account_id


def _own_name(account: str, email: str) -> str:
    """The name that the new account is to have; empty: its owner's e-mail.

    An operator finds customers by name: nobody chooses one that reads as an e-mail of others.
    """
    account = account.strip()
    if account in ("", email):
        return ""
    check_account_name(account, field="account")
    if "@" in account:
        raise Invalid("account must be your own e-mail or a name without @", field="account")
    return account


def _public(email: str) -> str:
    email = normalise(email)
    if email.endswith("@localhost"):
        raise Invalid("email must be an address of your own", code="bad_email", field="email")
    return email
