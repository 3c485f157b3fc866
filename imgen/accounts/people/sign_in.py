"""Sign in with e-mail and password."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.accounts.people import store
from imgen.accounts.people.email import normalise
from imgen.accounts.people.passwords import Passwords
from imgen.accounts.people.records import Browser, Credential, NewSession
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.throttle import Throttle
from imgen.database.pool import Database
from imgen.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True)
class SignIn:
    """From an e-mail and a password to a session."""

    database: Database
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions

    async def __call__(self, email: str, password: str, browser: Browser) -> NewSession:
        """Sign somebody in.

        Raises:
            imgen.errors.Invalid: that is no e-mail address.
            imgen.errors.Unauthenticated: code `wrong_password`, also when nobody has that e-mail.
            imgen.errors.Forbidden: code `user_suspended`; only told to who knows the password.
            imgen.errors.Exhausted: too many tries.
        """
        email = normalise(email)
        credential = await self.check(email, password, browser)
        if credential.suspended:
            raise Forbidden("This user is suspended", code="user_suspended")
        kept = await self._renewed(credential, password)
        async with self.database.connection() as connection:
            session = await self.sessions.begin(
                connection, user_id=credential.user_id, password=kept, browser=browser
            )
        if session is None:  # the password was changed in the meantime
            raise _wrong()
        return session

    async def check(self, email: str, password: str, browser: Browser) -> Credential:
        """Whose password this is. Counts as a try.

        Args:
            email: normalised.

        Raises:
            imgen.errors.Unauthenticated: it is not that user's password.
            imgen.errors.Exhausted: too many tries.
        """
        await self.throttle.count(email, browser.address)
        async with self.database.connection() as connection:
            credential = await store.find_credential(connection, email=email)
        kept = credential.password if credential else None
        if not await self.passwords.verify(kept, password) or credential is None:
            raise _wrong()
        await self.throttle.forgive(email, browser.address)
        return credential

    async def _renewed(self, credential: Credential, password: str) -> str:
        """The hash as it is kept from now on: made anew where the parameters have risen."""
        assert credential.password is not None
        if not self.passwords.is_stale(credential.password):
            return credential.password
        fresh = await self.passwords.hash(password)
        async with self.database.connection() as connection:
            replaced = await store.replace_hash(
                connection, credential.user_id, old=credential.password, new=fresh
            )
        return fresh if replaced else credential.password


def _wrong() -> Unauthenticated:
    return Unauthenticated("The e-mail or the password is wrong", code="wrong_password")
