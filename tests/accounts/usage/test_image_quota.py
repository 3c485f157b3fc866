"""Images are counted with their jobs, exactly, and given back when they are not delivered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from imgen.accounts.usage.images import count_images
from imgen.accounts.usage.read import Counts, ReadUsage
from imgen.database.pool import Database
from imgen.errors import Exhausted
from tests.accounts.usage.counting import Process, end_job, insert_job, make_account, rows
from tests.held_clock import HeldClock


async def _make(database: Database, account: str, request: str) -> str:
    async with database.transaction() as connection:
        await count_images(connection, account_id=account, request_id=request)
        return await insert_job(connection, account, request, counted=True)


async def test_a_month_holds_its_images_and_not_one_more(
    process: Process, at_noon: Database
) -> None:
    account = await make_account(at_noon, images_per_month=7)
    requests = [await process.enter(account) for _ in range(20)]
    made = await asyncio.gather(
        *(_make(at_noon, account, id) for id in requests), return_exceptions=True
    )
    refused = [one for one in made if isinstance(one, Exhausted)]
    assert len(refused) == 13
    assert {one.code for one in refused} == {"image_quota"}
    assert {one.retry_after for one in refused} == {1511970.0}
    assert (await ReadUsage(at_noon)(account)).images_left_this_month == 0
    assert await rows(at_noon, "SELECT sum(images) FROM requests") == [(7,)]


async def test_a_transaction_that_fails_counts_nothing(process: Process, at_noon: Database) -> None:
    account = await make_account(at_noon, images_per_month=1)
    id = await process.enter(account)

    async def fail() -> None:
        async with at_noon.transaction() as connection:
            await count_images(connection, account_id=account, request_id=id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await _make(at_noon, account, id)


@pytest.mark.parametrize("state", ["failed", "blocked", "cancelled", "timed_out"])
async def test_what_is_not_delivered_is_given_back_once(
    process: Process, at_noon: Database, state: str
) -> None:
    account = await make_account(at_noon, images_per_month=2)
    id = await process.enter(account)
    job, other = await _make(at_noon, account, id), await _make(at_noon, account, id)
    await end_job(at_noon, other, "completed")
    for _ in range(2):
        await end_job(at_noon, job, state)
    usage = await ReadUsage(at_noon)(account)
    assert (usage.today, usage.this_month) == (Counts(1, 1), Counts(1, 1))
    assert usage.images_left_this_month == 1
    assert await rows(at_noon, "SELECT images FROM requests") == [(1,)]
    assert await rows(at_noon, "SELECT counted FROM jobs ORDER BY state") == [(True,), (False,)]


async def test_an_uncounted_job_gives_nothing_back(process: Process, at_noon: Database) -> None:
    account = await make_account(at_noon)
    id = await process.enter(account)
    await _make(at_noon, account, id)
    async with at_noon.connection() as connection:
        job = await insert_job(connection, account, id, counted=False)
    await end_job(at_noon, job, "failed")
    assert (await ReadUsage(at_noon)(account)).today == Counts(1, 1)


async def test_an_image_counts_in_the_windows_of_its_request(
    process: Process, at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon, images_per_month=1)
    held.set(datetime(2031, 5, 31, 23, 59, 59, tzinfo=UTC))
    late = await process.enter(account)
    held.set(datetime(2031, 6, 1, 0, 0, 1, tzinfo=UTC))
    early = await process.enter(account)
    job = await _make(at_noon, account, late)
    await _make(at_noon, account, early)
    with pytest.raises(Exhausted):
        await _make(at_noon, account, late)
    assert [one.images for one in await ReadUsage(at_noon).months(account)] == [1, 1]
    await end_job(at_noon, job, "failed")
    assert [one.images for one in await ReadUsage(at_noon).months(account)] == [1, 0]
    assert (await ReadUsage(at_noon)(account)).today == Counts(1, 1)


async def test_without_a_request_an_image_counts_now_and_is_given_back_then(
    database: Database,
) -> None:
    account = await make_account(database)
    job = await _make(database, account, "")
    assert (await ReadUsage(database)(account)).this_month == Counts(0, 1)
    await end_job(database, job, "cancelled")
    assert (await ReadUsage(database)(account)).this_month == Counts(0, 0)


async def test_counters_say_what_the_log_says(process: Process, at_noon: Database) -> None:
    account = await make_account(at_noon, requests_per_month=60, concurrency=8, images_per_month=30)

    async def call(number: int) -> None:
        admission = await process.admit(account, f"req_{number}")
        if admission.refusal is not None:
            return
        status, job = 200, ""
        if number % 3:
            try:
                job = await _make(at_noon, account, f"req_{number}")
            except Exhausted:
                status = 429
        await process.finish(f"req_{number}", status if number % 7 else 400)
        if job:
            await end_job(at_noon, job, "failed" if number % 5 == 0 else "completed")

    await asyncio.gather(*(call(number) for number in range(120)))
    usage = await ReadUsage(at_noon)(account)
    logged = await rows(
        at_noon,
        "SELECT count(*) FILTER (WHERE counted), sum(images) FILTER (WHERE counted) FROM requests",
    )
    assert [(usage.today.requests, usage.today.images)] == logged
    assert usage.today == usage.this_month
    assert usage.today.requests > 0
    delivered = await rows(at_noon, "SELECT count(*) FROM jobs WHERE state = 'completed'")
    assert [(usage.today.images,)] == delivered
