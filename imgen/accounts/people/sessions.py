"""Sessions: where a person is signed in, for how long, and how that ends."""

from __future__ import annotations

from dataclasses import dataclass

from imgen import clock
from imgen.accounts.people import session_store, tokens
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.records import Browser, NewSession, Session, SignedIn
from imgen.database.pool import Connection, Database
from imgen.errors import NotFound

_LONGEST_ADDRESS = 100
_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Sessions:
    """Begins, finds and ends sessions."""

    database: Database
    lifetimes: Lifetimes

    async def begin(
        self, connection: Connection, *, user_id: str, password: str, browser: Browser
    ) -> NewSession | None:
        """Sign a person in; None when that is no longer their password, or they were suspended.

        Args:
            password: as it is kept, and as it was when it was found right.
        """
        token = tokens.new_token()
        expires_at = clock.now() + self.lifetimes.session
        begun = await session_store.add(
            connection,
            id=tokens.new_id("ses_"),
            digest=tokens.digest(token),
            user_id=user_id,
            password=password,
            address=_plain(browser.address)[:_LONGEST_ADDRESS],
            agent=_plain(browser.agent)[:_LONGEST_AGENT],
            expires_at=expires_at,
        )
        return NewSession(token, user_id, expires_at) if begun else None

    async def find(self, token: str) -> SignedIn | None:
        """Who sends this token; None when the session ended, or never was."""
        if not token or len(token) > tokens.LONGEST:
            return None
        async with self.database.connection() as connection:
            return await session_store.find(connection, tokens.digest(token), self.lifetimes.idle)

    async def of(self, user_id: str) -> list[Session]:
        """Where a person is signed in, last used first."""
        async with self.database.connection() as connection:
            return await session_store.list_of(connection, user_id, self.lifetimes.idle)

    async def end(self, user_id: str, session_id: str) -> None:
        """End one session.

        Raises:
            imgen.errors.NotFound: this person has no such session.
        """
        async with self.database.connection() as connection:
            if not await session_store.end(connection, user_id, session_id):
                raise NotFound("There is no such session", code="session_not_found")

    async def leave(self, signed_in: SignedIn) -> None:
        """Sign out here. Harmless when the session has ended already."""
        async with self.database.connection() as connection:
            await session_store.end(connection, signed_in.user_id, signed_in.session_id)

    async def end_others(self, signed_in: SignedIn) -> int:
        """End every session of a person but this one; returns how many."""
        async with self.database.connection() as connection:
            return await session_store.end_others(
                connection, signed_in.user_id, signed_in.session_id
            )

    async def look_at(self, signed_in: SignedIn, account_id: str) -> None:
        """Look at another of a person's accounts from now on.

        Raises:
            imgen.errors.NotFound: the person is in no such account.
        """
        async with self.database.connection() as connection:
            if not await session_store.look_at(connection, signed_in.session_id, account_id):
                raise NotFound(
                    "There is no such account", code="account_not_found", field="account"
                )


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
