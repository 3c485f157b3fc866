"""What an operator does to accounts and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from imgen import clock, ids
from imgen.accounts import keys, store
from imgen.accounts.records import PLANS, Account, ApiKey
from imgen.database.pool import Database
from imgen.errors import Invalid, NotFound

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Administer:
    """Accounts and keys, for the command line and the admin pages."""

    database: Database

    async def create_key(
        self, account: str, *, plan: str = "unlimited", expires_in: timedelta | None = None
    ) -> str:
        """Make a key, and its account (with that plan) if there is none.

        Returns:
            The secret. It is not kept and cannot be shown again.

        Raises:
            imgen.errors.Invalid: a bad name or an unknown plan.
        """
        _check_name(account)
        _check_plan(plan)
        secret = keys.new_secret()
        async with self.database.transaction() as connection:
            owner = await store.ensure_account(
                connection, id=ids.account_id(), name=account, plan=plan
            )
            await store.add_key(
                connection,
                id=ids.key_id(),
                account_id=owner.id,
                hint=keys.hint(secret),
                digest=keys.digest(secret),
                expires_at=clock.now() + expires_in if expires_in else None,
            )
        return secret

    async def list_keys(self, account: str | None = None) -> list[ApiKey]:
        """The keys of one account, or of all."""
        async with self.database.connection() as connection:
            return await store.list_keys(connection, account)

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
        if plan is not None:
            _check_plan(plan)
        async with self.database.connection() as connection:
            _require(account, await store.set_plan(connection, account, plan))


def _require(account: str, found: bool) -> None:
    if not found:
        raise NotFound(f"There is no account {account}; `imgen accounts list` shows them")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(
            f"An account's name is 1 to {_LONGEST_NAME} printable characters", field="name"
        )


def _check_plan(plan: str) -> None:
    if plan not in PLANS:
        raise Invalid(f"There is no plan {plan}; there are {', '.join(PLANS)}", field="plan")
