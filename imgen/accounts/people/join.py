"""Join an account with a one-time token: as who one is, or as a new user."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.accounts.people import link_store, session_store, store, tokens
from imgen.accounts.people.link_store import Invited
from imgen.accounts.people.passwords import Passwords, check_password
from imgen.accounts.people.records import Browser, NewSession, SignedIn
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_up import add_user
from imgen.database.pool import Database
from imgen.errors import Conflict, Forbidden, Invalid, Unauthenticated


@dataclass(frozen=True, slots=True)
class Join:
    """Uses invitations up."""

    database: Database
    passwords: Passwords
    sessions: Sessions

    async def signed_in(self, token: str, by: SignedIn) -> None:
        """Join as the user that one is, and look at that account from now on.

        Raises:
            imgen.errors.Invalid: the invitation was used, taken back or has expired.
            imgen.errors.Forbidden: it is for somebody else.
        """
        digest = tokens.digest(token)
        invited = await self._find(digest)
        if invited.email != by.email:
            raise Forbidden(
                f"This invitation is for another e-mail than {by.email}", code="other_email"
            )
        async with self.database.transaction() as connection:
            invited = _still(await link_store.use_invitation(connection, digest))
            await store.add_member(
                connection,
                account_id=invited.account_id,
                user_id=by.user_id,
                role=invited.role,
            )
            await session_store.look_at(connection, by.session_id, invited.account_id)

    async def as_new_user(self, token: str, password: str, browser: Browser) -> NewSession:
        """Become a user with the invitation's e-mail, join, and be signed in.

        Raises:
            imgen.errors.Invalid: the invitation is not good (`bad_link`) or the password is not.
            imgen.errors.Unauthenticated: code `sign_in_first`: that e-mail has a user already.
        """
        digest = tokens.digest(token)
        invited = await self._find(digest)
        async with self.database.connection() as connection:
            known = await store.find_credential(connection, email=invited.email)
        if known is not None:
            raise _sign_in_first(invited.email)
        check_password(password, email=invited.email)
        kept = await self.passwords.hash(password)
        try:
            return await self._add(digest, kept, browser)
        except Conflict:  # signed up in the meantime
            raise _sign_in_first(invited.email) from None

    async def _add(self, digest: bytes, kept: str, browser: Browser) -> NewSession:
        async with self.database.transaction() as connection:
            invited = _still(await link_store.use_invitation(connection, digest))
            user_id = await add_user(connection, invited.email, kept)
            await store.add_member(
                connection, account_id=invited.account_id, user_id=user_id, role=invited.role
            )
            session = await self.sessions.begin(
                connection, user_id=user_id, password=kept, browser=browser
            )
        assert session is not None
        return session

    async def _find(self, digest: bytes) -> Invited:
        async with self.database.connection() as connection:
            return _still(await link_store.find_invitation(connection, digest))


def _still(invited: Invited | None) -> Invited:
    if invited is None:
        raise Invalid(
            "The invitation was used already, taken back, or has expired; ask for a new one",
            code="bad_link",
            field="token",
        )
    return invited


def _sign_in_first(email: str) -> Unauthenticated:
    return Unauthenticated(f"{email} is a user already: sign in, then join", code="sign_in_first")
