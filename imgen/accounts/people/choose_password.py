"""Choose a new password: with the present one, or with a one-time link."""

from __future__ import annotations

from dataclasses import dataclass

from imgen import clock
from imgen.accounts.people import link_store, store, tokens
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.passwords import Passwords, check_password
from imgen.accounts.people.records import Browser, Link, NewSession, SignedIn
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_in import SignIn
from imgen.database.pool import Connection, Database
from imgen.errors import Invalid, Unauthenticated


@dataclass(frozen=True, slots=True)
class ChoosePassword:
    """Changes passwords. Every session ends with the old one; the person gets a new session."""

    database: Database
    passwords: Passwords
    sign_in: SignIn
    sessions: Sessions

    async def change(
        self, signed_in: SignedIn, *, current: str, new: str, browser: Browser
    ) -> NewSession:
        """Change the password of somebody who is signed in.

        Raises:
            imgen.errors.Unauthenticated: code `wrong_password`: `current` is not it.
            imgen.errors.Exhausted: too many tries.
            imgen.errors.Invalid: the new one cannot be taken.
        """
        check_password(new, email=signed_in.email)
        credential = await self.sign_in.check(signed_in.email, current, browser)
        kept = await self.passwords.hash(new)
        async with self.database.transaction() as connection:
            replaced = await store.replace_hash(
                connection, credential.user_id, old=credential.password or "", new=kept
            )
            if not replaced:  # somebody else changed it first
                raise Unauthenticated("The password is wrong", code="wrong_password")
            return await self._begin(connection, credential.user_id, kept, browser)

    async def with_link(self, token: str, *, new: str, browser: Browser) -> NewSession:
        """Set the password of whoever holds a one-time link, and sign them in.

        Raises:
            imgen.errors.Invalid: the link was used or has expired (`bad_link`), or the password
                cannot be taken; then the link is still good.
        """
        digest = tokens.digest(token)
        async with self.database.connection() as connection:
            found = await link_store.find_password_link(connection, digest)
        if found is None:
            raise _bad_link()
        user_id, email = found
        check_password(new, email=email)
        kept = await self.passwords.hash(new)
        async with self.database.transaction() as connection:
            if not await link_store.use_password_link(connection, digest):
                raise _bad_link()
            return await self._begin(connection, user_id, kept, browser)

    async def _begin(
        self, connection: Connection, user_id: str, kept: str, browser: Browser
    ) -> NewSession:
        await store.set_password(connection, user_id, kept)
        session = await self.sessions.begin(
            connection, user_id=user_id, password=kept, browser=browser
        )
        if session is None:  # suspended or deleted in the meantime
            raise _bad_link()
        return session


async def new_password_link(
    connection: Connection, *, user_id: str, email: str, lifetimes: Lifetimes
) -> Link:
    """A one-time link with which this user chooses a password; an earlier one stops working."""
    link = Link(tokens.new_token(), email, clock.now() + lifetimes.password_link)
    await link_store.put_password_link(
        connection,
        user_id=user_id,
        digest=tokens.digest(link.token),
        expires_at=link.expires_at,
    )
    return link


def _bad_link() -> Invalid:
    return Invalid(
        "The link was used already or has expired; ask for a new one",
        code="bad_link",
        field="token",
    )
