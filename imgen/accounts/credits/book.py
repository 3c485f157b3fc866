"""Reading balances and the ledger, topping up, and checking that everything adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from imgen.accounts.credits import store
from imgen.accounts.credits.records import Balance, Disagreement, Entry
from imgen.database.pool import Connection, Database
from imgen.errors import Invalid, NotFound

_MOST = 1_000_000_000
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class CreditBook:
    """Everything about credits but spending them, which is part of submitting a job."""

    database: Database

    async def account_named(self, name: str) -> str:
        """The id of an account.

        Raises:
            imgen.errors.NotFound: there is none of that name.
        """
        async with self.database.connection() as connection:
            account_id = await store.find_account(connection, name)
        if account_id is None:
            raise NotFound(f"There is no account {name}; `imgen accounts list` shows them")
        return account_id

    async def balance(self, account_id: str, *, moment: datetime | None = None) -> Balance:
        """What an account has. The first look in a month makes the month's grant.

        Args:
            moment: the time that says which month it is; the database's when left out.
        """
        async with self.database.transaction() as connection:
            return await store.refresh(connection, account_id, moment)

    async def entries(
        self, account_id: str, *, limit: int = 50, before: int | None = None
    ) -> Sequence[Entry]:
        """The newest lines of an account's ledger, newest first.

        Args:
            limit: how many at most.
            before: only lines with a smaller id, for the next page.
        """
        async with self.database.connection() as connection:
            return await store.list_entries(connection, account_id, limit, before)

    async def grant(self, account_id: str, amount: int, reason: str) -> Balance:
        """Top an account up. The credits stay until they are spent.

        Args:
            amount: 1 to 1,000,000,000.
            reason: for people who read the ledger, 1 to 200 characters.

        Raises:
            imgen.errors.Invalid: an amount or a reason out of range.
        """
        _check(amount, reason)
        return await self._add(account_id, amount, reason)

    async def take(self, account_id: str, amount: int, reason: str) -> Balance:
        """Take a top-up back, as far as it has not been spent: the mending of a mistaken grant.

        Raises:
            imgen.errors.Invalid: an amount or a reason out of range, or more than there is.
        """
        _check(amount, reason)
        return await self._add(account_id, -amount, reason)

    async def check(self) -> Sequence[Disagreement]:
        """Add every ledger up and compare; empty when all agree."""
        async with self.database.connection() as connection:
            return await store.find_disagreements(connection)

    async def size(self) -> tuple[int, int]:
        """How many balances there are, and how many entries."""
        async with self.database.connection() as connection:
            return await store.count_entries(connection)

    async def _add(self, account_id: str, amount: int, reason: str) -> Balance:
        async with self.database.transaction() as connection:
            await _require_enough(connection, account_id, amount)
            await store.add(connection, account_id, amount, reason.strip())
            return await store.refresh(connection, account_id, None)


async def _require_enough(connection: Connection, account_id: str, amount: int) -> None:
    balance = await store.refresh(connection, account_id, None)
    if balance.lasting + amount < 0:
        raise Invalid(
            f"Only {balance.lasting} credits of top-ups are left; take that many at most",
            field="amount",
        )


def _check(amount: int, reason: str) -> None:
    if not 1 <= amount <= _MOST:
        raise Invalid(f"The amount is {amount}; use 1 to {_MOST}", field="amount")
    if not reason.strip() or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise Invalid(
            f"A reason is 1 to {_LONGEST_REASON} printable characters: who paid, or why",
            field="reason",
        )
