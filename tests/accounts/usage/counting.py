"""What tests of counting stand on: plans of their own, admissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from imgen import ids
from imgen.accounts.plans.administer import AdministerPlans
from imgen.accounts.requests import store
from imgen.accounts.requests.leases import Leases
from imgen.accounts.requests.records import Arrival, Ending
from imgen.accounts.usage.admit import Admission, Admit
from imgen.database.pool import Database


async def make_account(database: Database, name: str = "tester", **limits: Any) -> str:
    """An account with a plan of its own; its id."""
    plans = AdministerPlans(database, models=())
    slug = f"test-{ids.account_id().removeprefix('acc_')}"
    await plans.create(slug, **limits)
    id = ids.account_id()
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO accounts (id, name, plan) VALUES (%s, %s, %s)", (id, name, slug)
        )
    return id


async def set_limits(database: Database, account_id: str, **limits: Any) -> None:
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT plan FROM accounts WHERE id = %s", (account_id,))
        row = await cursor.fetchone()
    assert row is not None
    await AdministerPlans(database, models=()).change(row[0], **limits)


@dataclass
class Process:
    """One server process, as far as counting sees it."""

    database: Database
    lease_seconds: float = 10.0
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = Leases(self.database, seconds=self.lease_seconds)

    async def admit(self, account_id: str, request_id: str = "") -> Admission:
        arrival = Arrival(
            id=request_id or ids.request_id(),
            account_id=account_id,
            key_id="key_test",
            surface="imgen-v2",
            operation="generate",
            parameters={},
        )
        return await Admit(self.database, self.leases, "test")(arrival)

    async def enter(self, account_id: str) -> str:
        """Admit a request that must be; its id."""
        id = ids.request_id()
        refusal = (await self.admit(account_id, id)).refusal
        assert refusal is None, refusal
        return id

    async def refused(self, account_id: str) -> str:
        """The code by which a request is refused, or nothing."""
        refusal = (await self.admit(account_id)).refusal
        return "" if refusal is None else refusal.code

    async def finish(self, request_id: str, status: int = 200) -> bool:
        self.leases.release(request_id)
        refused = 400 <= status < 500
        async with self.database.connection() as connection:
            ending = Ending(status, code="", error="", milliseconds=1.0)
            return await store.finish(connection, request_id, ending, refused=refused)


async def insert_job(
    connection: Any, account_id: str, request_id: str = "", *, counted: bool = False
) -> str:
    """An unfinished job, as far as counting sees it; its id."""
    id = ids.job_id()
    await connection.execute(
        "INSERT INTO jobs (id, gen_id, account_id, key_id, surface, queue, request, turn, deadline,"
        " request_id, counted) VALUES (%s, %s, %s, 'key_test', 'imgen-v2', 'q', '{}', 0,"
        " clock_timestamp() + interval '1 hour', %s, %s)",
        (id, ids.gen_id(), account_id, request_id, counted),
    )
    return id


async def end_job(database: Database, job_id: str, state: str) -> None:
    async with database.connection() as connection:
        await connection.execute("UPDATE jobs SET state = %s WHERE id = %s", (state, job_id))


async def rows(database: Database, query: str, *arguments: object) -> Sequence[tuple[Any, ...]]:
    async with database.connection() as connection:
        cursor = await connection.execute(query.encode(), arguments)
        return await cursor.fetchall()
