"""The keys of an account, as its members make and revoke them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from imgen.accounts import store
from imgen.accounts.new_key import keep_key, new_key
from imgen.accounts.people import store as people
from imgen.accounts.people.records import SignedIn
from imgen.accounts.records import ApiKey
from imgen.database.pool import Database
from imgen.errors import Conflict, Forbidden, NotFound

_MOST = 100
"""Keys of one account that work at a time."""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Makes, lists and revokes keys of one account."""

    database: Database

    async def create(
        self,
        by: SignedIn,
        account_id: str,
        *,
        label: str = "",
        scopes: Sequence[str] = (),
        expires_in: timedelta | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; returns it with its secret, which cannot be shown again.

        Raises:
            imgen.errors.Invalid: a bad label, scope or time.
            imgen.errors.Conflict: code `too_many_keys`.
        """
        new = new_key(label=label, scopes=scopes, expires_in=expires_in)
        async with self.database.transaction() as connection:
            await people.lock_account(connection, account_id)
            if await store.count_live_keys(connection, account_id) >= _MOST:
                raise Conflict(
                    f"An account has at most {_MOST} keys; revoke one", code="too_many_keys"
                )
            await keep_key(connection, new, account_id=account_id, created_by=by.user_id)
            kept = await store.find_key(connection, account_id, new.id)
        assert kept is not None
        return kept, new.secret

    async def of(self, account_id: str) -> list[ApiKey]:
        """The keys of an account, oldest first."""
        async with self.database.connection() as connection:
            return await store.list_keys(connection, account_id=account_id)

    async def revoke(self, by: SignedIn, account_id: str, key_id: str) -> None:
        """Revoke a key, at once, in every process. A member may revoke their own.

        Raises:
            imgen.errors.NotFound: the account has no such key.
            imgen.errors.Forbidden: code `not_owner`: it is somebody else's.
        """
        async with self.database.transaction() as connection:
            key = await store.find_key(connection, account_id, key_id)
            if key is None:
                raise NotFound("There is no such key", code="key_not_found")
            role = await people.role_of(connection, account_id, by.user_id)
            if role != "owner" and key.created_by != by.user_id:
                raise Forbidden(
                    "Only an owner of the account revokes other people's keys", code="not_owner"
                )
            await store.revoke_key(connection, key_id)
