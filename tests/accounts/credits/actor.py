"""Someone who spends credits, and whose processes die in the middle of things."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg

from imgen import ids
from imgen.accounts.credits import CreditBook
from imgen.database.pool import Connection
from imgen.errors import Exhausted, Invalid
from tests.accounts.credits.ledgers import MONTHS, Ledgers, end, start

_T = TypeVar("_T")

DEATHS = ("rolled back", "hung up", "terminated")
"""By an exception; the process is gone; the database's own process is gone."""


@dataclass(slots=True)
class Jobs:
    """What the database has acknowledged."""

    prices: dict[str, int] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)

    def pick(self, which: int) -> str | None:
        """One of the jobs that were made, counted from the newest; None while there are none."""
        newest_first = list(reversed(self.prices))
        return newest_first[which % len(newest_first)] if newest_first else None


@dataclass(slots=True)
class Actor:
    """Submits and ends jobs of one account, tops it up, changes its plan."""

    ledgers: Ledgers
    book: CreditBook
    account: str
    jobs: Jobs = field(default_factory=Jobs)
    month: int = 0
    """What its clock says: a place in `MONTHS`."""

    async def submit(self, price: int, *, death: str = "") -> str | None:
        """The job's id; None when it died, or there were too few credits."""
        job = ids.job_id()

        async def work(connection: Connection) -> bool:
            await start(connection, self.account, price, MONTHS[self.month], job)
            return True

        if not await self._do(work, death):
            return None
        self.jobs.prices[job] = price
        return job

    async def end(self, job: str, state: str, *, death: str = "") -> bool:
        """Whether it was this call that ended the job."""

        async def work(connection: Connection) -> bool:
            return await end(connection, job, state)

        if not await self._do(work, death):
            return False
        self.jobs.ended[job] = state
        return True

    async def turn_month(self, *, look: bool) -> None:
        """Set the clock a month ahead; without a look nothing in the database notices yet."""
        self.month = min(self.month + 1, len(MONTHS) - 1)
        if look:
            await self.look()

    async def look(self) -> None:
        await self.book.balance(self.account, moment=MONTHS[self.month])

    async def grant(self, amount: int) -> None:
        await self.book.grant(self.account, amount, "a reason")

    async def take(self, amount: int) -> bool:
        """False when there was too little to take."""
        try:
            await self.book.take(self.account, amount, "a reason")
        except Invalid:
            return False
        return True

    async def _do(self, work: Callable[[Connection], Awaitable[_T]], death: str) -> _T | None:
        """Work in a transaction, and die before its commit if a death is named."""
        async with self.ledgers.database.pool.connection() as connection:
            try:
                if not death:
                    async with connection.transaction():
                        return await work(connection)
                await connection.execute("BEGIN")
                await work(connection)
            except Exhausted:
                pass
            if death == "terminated":
                with contextlib.suppress(psycopg.OperationalError):
                    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            if death in {"terminated", "hung up"}:
                await connection.close()
            else:
                await connection.rollback()
        return None
