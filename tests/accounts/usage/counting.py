"""What tests of counting stand on: a clock that is held still, plans of their own, admissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from imgen import ids
from imgen.accounts.plans.administer import AdministerPlans
from imgen.accounts.requests import store
from imgen.accounts.requests.leases import Leases
from imgen.accounts.requests.records import Arrival, Ending
from imgen.accounts.usage.admit import Admission, Admit
from imgen.database.pool import Database

NOON = datetime(2031, 5, 14, 12, 0, 30, tzinfo=UTC)
"""In the middle of its minute, day and month."""
_HELD = """
    CREATE SCHEMA IF NOT EXISTS held;
    CREATE TABLE IF NOT EXISTS held.clock (moment timestamptz NOT NULL);
    CREATE OR REPLACE FUNCTION held.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT moment FROM held.clock';
    TRUNCATE held.clock;
    INSERT INTO held.clock VALUES (pg_catalog.clock_timestamp());
"""


class HeldClock:
    """The database's clock, for connections to `url` only; it moves when it is told to."""

    def __init__(self, url: str, moment: datetime = NOON) -> None:
        self.url = f"{url}&options=-csearch_path%3Dheld,pg_catalog,public"
        self._server = url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_HELD)
        self.set(moment)

    def set(self, moment: datetime) -> None:
        self.moment = moment
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute("UPDATE held.clock SET moment = %s", (moment,))

    def move(self, **by: float) -> None:
        self.set(self.moment + timedelta(**by))


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


def forget_plans(url: str) -> None:
    """Plans stay when accounts go, and other tests list them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE accounts SET plan = NULL")
        connection.execute("DELETE FROM plans WHERE slug LIKE 'test-%'")


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
