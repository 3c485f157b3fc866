"""Accounts with credits, and jobs that spend them, straight in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from imgen import ids
from imgen.accounts.credits import Balance, reserve
from imgen.database.pool import Connection, Database

MONTHS = tuple(datetime(2031 + n // 12, n % 12 + 1, 15, 12, tzinfo=UTC) for n in range(10, 16))
"""Moments in six months, across a year's end; all ahead of today."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What these tests do to a database beside what they test."""

    database: Database

    async def account(self, plan: str | None = "free") -> str:
        """A new account; `free` grants 50 credits a month."""
        account_id = ids.account_id()
        async with self.database.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts (id, name, plan) VALUES (%s, %s, %s)",
                (account_id, f"name of {account_id}", plan),
            )
        return account_id

    async def change_plan(self, account_id: str, plan: str | None) -> None:
        async with self.database.connection() as connection:
            await connection.execute(
                "UPDATE accounts SET plan = %s WHERE id = %s", (plan, account_id)
            )

    async def submit(self, account_id: str, price: int, moment: datetime | None = None) -> str:
        """A queued job with its credits set aside."""
        async with self.database.transaction() as connection:
            return (await start(connection, account_id, price, moment))[0]

    async def end(self, job_id: str, state: str) -> bool:
        """End a job as the worker does; False when it had ended."""
        async with self.database.transaction() as connection:
            return await end(connection, job_id, state)

    async def kinds(self, account_id: str) -> list[tuple[str, int, int]]:
        """The ledger, oldest first: kind, change of what can be spent, change of what is held."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT kind, monthly + lasting, held FROM credit_entries"
                " WHERE account_id = %s ORDER BY id",
                (account_id,),
            )
            return [
                (str(kind), int(amount), int(held))
                for kind, amount, held in await cursor.fetchall()
            ]


async def start(
    connection: Connection, account_id: str, price: int, moment: datetime | None, job_id: str = ""
) -> tuple[str, Balance]:
    """Inside a transaction: make a job and set its credits aside."""
    job_id = job_id or ids.job_id()
    balance = await reserve(
        connection,
        account_id=account_id,
        job_id=job_id,
        amount=price,
        what="generate, plain",
        moment=moment,
    )
    await connection.execute(
        "INSERT INTO jobs (id, gen_id, account_id, key_id, surface, queue, request, turn, deadline,"
        " price) VALUES (%s, %s, %s, 'key_x', 'imagine', 'q', '{}', 0, now(), %s)",
        (job_id, ids.gen_id(), account_id, price),
    )
    return job_id, balance


async def end(connection: Connection, job_id: str, state: str) -> bool:
    """Inside a transaction: end a job unless it has ended."""
    done = await connection.execute(
        "UPDATE jobs SET state = %s WHERE id = %s AND state IN ('queued', 'running')",
        (state, job_id),
    )
    return done.rowcount == 1
