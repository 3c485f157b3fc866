"""A plan's limits hold exactly, in windows of UTC."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from imgen.accounts.usage.read import Counts, ReadUsage
from imgen.database.pool import Database
from imgen.errors import Exhausted
from tests.accounts.usage.counting import (
    Process,
    end_job,
    insert_job,
    make_account,
    rows,
    set_limits,
)
from tests.held_clock import HeldClock


async def test_the_minute_is_over_when_the_utc_minute_is(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, requests_per_minute=3)
    for _ in range(3):
        await process.enter(account)
    admission = await process.admit(account)
    assert isinstance(admission.refusal, Exhausted)
    assert (admission.refusal.code, admission.refusal.retry_after) == ("minute_limit", 30.0)
    held.move(seconds=29.999)
    assert await process.refused(account) == "minute_limit"
    held.move(seconds=0.001)
    assert await process.refused(account) == ""


@pytest.mark.parametrize(
    ("limit", "code", "last", "first"),
    [
        (
            "requests_per_day",
            "day_limit",
            datetime(2031, 5, 14, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2031, 5, 15, tzinfo=UTC),
        ),
        (
            "requests_per_month",
            "month_limit",
            datetime(2031, 5, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2031, 6, 1, tzinfo=UTC),
        ),
    ],
)
async def test_days_and_months_are_those_of_utc(
    process: Process,
    at_noon: Database,
    held: HeldClock,
    limit: str,
    code: str,
    last: datetime,
    first: datetime,
) -> None:
    account = await make_account(at_noon, "tester", **{limit: 2})
    began = held.moment
    for _ in range(2):
        await process.enter(account)
    refusal = (await process.admit(account)).refusal
    assert refusal is not None
    assert refusal.retry_after == (first - began).total_seconds()
    held.set(last)
    assert await process.refused(account) == code
    held.set(first)
    assert await process.refused(account) == ""


async def test_of_several_reached_limits_the_longest_is_told(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(
        at_noon, requests_per_minute=1, requests_per_day=1, concurrency=1, requests_per_month=9
    )
    await process.enter(account)
    assert await process.refused(account) == "day_limit"


async def test_a_refused_request_takes_nothing(process: Process, at_noon: Database) -> None:
    account = await make_account(at_noon, requests_per_minute=1, requests_per_month=100)
    await process.enter(account)
    for _ in range(5):
        assert await process.refused(account) == "minute_limit"
    assert (await ReadUsage(at_noon)(account)).this_month == Counts(1, 0)
    assert await rows(at_noon, "SELECT count(*) FROM requests") == [(1,)]


async def test_a_plan_is_read_where_it_is_enforced(process: Process, at_noon: Database) -> None:
    account = await make_account(at_noon, requests_per_minute=1)
    await process.enter(account)
    assert await process.refused(account) == "minute_limit"
    await set_limits(at_noon, account, requests_per_minute=2)
    assert await process.refused(account) == ""
    await set_limits(at_noon, account, requests_per_minute=1)
    assert await process.refused(account) == "minute_limit"


@pytest.mark.parametrize("change", ["plan = NULL", "suspended = true"])
async def test_an_account_that_lost_its_plan_meanwhile_is_refused(
    process: Process, at_noon: Database, change: str
) -> None:
    account = await make_account(at_noon)
    await rows(at_noon, f"UPDATE accounts SET {change} RETURNING 1")
    assert await process.refused(account) == "no_plan"


async def test_accounts_do_not_count_each_others_requests(
    process: Process, at_noon: Database
) -> None:
    ann = await make_account(at_noon, "ann", requests_per_day=1, concurrency=1)
    ben = await make_account(at_noon, "ben", requests_per_day=1, concurrency=1)
    await process.enter(ann)
    assert await process.refused(ben) == ""


async def test_a_clock_that_is_set_back_gives_nobody_a_new_window(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, requests_per_minute=1, requests_per_day=1)
    await process.enter(account)
    held.move(days=-1)
    assert await process.refused(account) == "day_limit"


async def test_at_once_means_open_requests_and_unfinished_jobs(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, concurrency=2)
    with_job = await process.enter(account)
    async with at_noon.connection() as connection:
        job = await insert_job(connection, account, with_job)
        second = await insert_job(connection, account, with_job)
    assert await process.refused(account) == ""  # one request with its two jobs is one
    assert await process.refused(account) == "concurrency_limit"
    await process.finish(with_job)  # its jobs go on
    assert await process.refused(account) == "concurrency_limit"
    await end_job(at_noon, job, "completed")
    assert await process.refused(account) == "concurrency_limit"
    await end_job(at_noon, second, "failed")
    assert await process.refused(account) == ""


async def test_a_job_past_its_deadline_holds_no_slot(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, concurrency=1)
    async with at_noon.connection() as connection:
        await insert_job(connection, account)
    assert await process.refused(account) == "concurrency_limit"
    held.move(hours=1, seconds=1)
    assert await process.refused(account) == ""


async def test_a_slot_is_free_when_its_lease_ends(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, concurrency=1)
    await process.enter(account)
    held.move(seconds=9.9)
    assert await process.refused(account) == "concurrency_limit"
    held.move(seconds=0.1)
    assert await process.refused(account) == ""


async def test_a_living_process_renews_its_leases(database: Database) -> None:
    account = await make_account(database, concurrency=1)
    process = Process(database, lease_seconds=0.2)
    id = await process.enter(account)
    query = "SELECT lease_until > started_at + interval '0.5 s' FROM requests WHERE id = %s"
    async with asyncio.timeout(20):
        while await rows(database, query, id) != [(True,)]:
            await asyncio.sleep(0.05)
    await process.finish(id)
    assert await rows(database, "SELECT count(*) FROM requests WHERE finished_at IS NULL") == [(0,)]


async def test_what_was_refused_before_a_job_was_made_does_not_count(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(at_noon, requests_per_minute=1, requests_per_day=1)
    id = await process.enter(account)
    assert await process.finish(id, 400)
    assert not await process.finish(id, 400)  # once
    usage = await ReadUsage(at_noon)(account)
    assert (usage.this_minute, usage.today, usage.this_month) == (0, Counts(0, 0), Counts(0, 0))
    assert await rows(at_noon, "SELECT counted, status FROM requests") == [(False, 400)]
    assert await process.refused(account) == ""


async def test_what_was_refused_after_a_job_was_made_counts(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(at_noon)
    id = await process.enter(account)
    async with at_noon.connection() as connection:
        await insert_job(connection, account, id)
    assert not await process.finish(id, 400)
    assert (await ReadUsage(at_noon)(account)).today == Counts(1, 0)


async def test_a_request_is_given_back_to_the_windows_that_it_was_counted_in(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon)
    held.set(datetime(2031, 5, 31, 23, 59, 59, tzinfo=UTC))
    late = await process.enter(account)
    held.move(seconds=2)
    await process.enter(account)
    assert await process.finish(late, 403)
    usage = await ReadUsage(at_noon)(account)
    assert (usage.this_minute, usage.today.requests, usage.this_month.requests) == (1, 1, 1)
    assert [one.requests for one in await ReadUsage(at_noon).months(account)] == [1, 0]


async def test_headers_tell_every_limit_and_what_is_left(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(
        at_noon, requests_per_minute=10, requests_per_day=50, requests_per_month=1500, concurrency=2
    )
    headers = (await process.admit(account)).allowance.headers()
    assert headers == {
        "ratelimit-policy": '"minute";q=10;w=60, "day";q=50;w=86400, "month";q=1500;w=2678400, '
        '"concurrency";q=2;qu="concurrent-requests"',
        "ratelimit": '"minute";r=9;t=30, "day";r=49;t=43170, "month";r=1499;t=1511970, '
        '"concurrency";r=1',
    }


async def test_a_plan_without_limits_sends_no_such_headers(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(at_noon)
    assert (await process.admit(account)).allowance.headers() == {}
