"""What an operator does to accounts and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from imgen import ids
from imgen.accounts import store
from imgen.accounts.new_key import keep_key, new_key
from imgen.accounts.records import Account, ApiKey, check_account_name
from imgen.database.pool import Connection, Database
from imgen.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Administer:
    """Accounts and keys, for the command line and the admin pages."""

    database: Database

    async def create_key(
        self,
        account: str,
        *,
        plan: str = "unlimited",
        expires_in: timedelta | None = None,
        label: str = "",
        scopes: Sequence[str] = (),
    ) -> str:
        """Make a key, and its account (with that plan) if there is none.

        Args:
            label: what the key is for, in the operator's words.
            scopes: surfaces that it is good for, of `SCOPES`; none: all of them.

        Returns:
            The secret. It is not kept and cannot be shown again.

        Raises:
            imgen.errors.Invalid: a bad name, label, scope or time, or an unknown plan.
        """
        check_account_name(account)
        new = new_key(label=label, scopes=scopes, expires_in=expires_in)
        async with self.database.transaction() as connection:
            await _check_plan(connection, plan)
            await store.add_account(connection, id=ids.account_id(), name=account, plan=plan)
            owner = await store.find_account(connection, name=account)
            assert owner is not None
            await keep_key(connection, new, account_id=owner.id)
        return new.secret

    async def list_keys(self, account: str | None = None) -> list[ApiKey]:
        """The keys of one account, or of all."""
        async with self.database.connection() as connection:
            return await store.list_keys(connection, account=account)

    async def revoke_key(self, id: str) -> None:
        """Revoke a key, at once, in every process.

        Raises:
            imgen.errors.NotFound: there is no such key.
        """
        async with self.database.connection() as connection:
            if not await store.revoke_key(connection, id):
                raise NotFound(f"There is no key {id}; `imgen keys list` shows them")

    async def list_accounts(self) -> list[Account]:
        """Every account."""
        async with self.database.connection() as connection:
            return await store.list_accounts(connection)

    async def suspend(self, account: str, suspended: bool = True) -> None:
        """Refuse everything that an account asks, or accept it again.

        Raises:
            imgen.errors.NotFound: there is no such account.
        """
        async with self.database.connection() as connection:
            _require(account, await store.set_suspended(connection, account, suspended))

    async def change_plan(self, account: str, plan: str | None) -> None:
        """Give an account another plan, or none.

        Raises:
            imgen.errors.NotFound: there is no such account.
            imgen.errors.Invalid: there is no such plan.
        """
        async with self.database.transaction() as connection:
            if plan is not None:
                await _check_plan(connection, plan)
            _require(account, await store.set_plan(connection, account, plan))


def _require(account: str, found: bool) -> None:
    if not found:
        raise NotFound(f"There is no account {account}; `imgen accounts list` shows them")


async def _check_plan(connection: Connection, plan: str) -> None:
    known = await store.plan_slugs(connection)
    if plan not in known:
        raise Invalid(f"There is no plan {plan}; there are {', '.join(known)}", field="plan")
