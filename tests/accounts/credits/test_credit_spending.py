"""Where credits go: set aside when a job is made, spent or given back when it ends."""

from __future__ import annotations

import asyncio

import pytest

from imgen.accounts.credits import CreditBook, reserve
from imgen.database.pool import Database
from imgen.errors import Exhausted
from tests.accounts.credits.ledgers import MONTHS, Ledgers, start

UNDELIVERED = ["failed", "blocked", "cancelled", "timed_out"]


async def test_the_months_credits_are_spent_before_top_ups(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.grant(account, 20, "invoice 1")
    await ledgers.submit(account, 45)
    balance = await book.balance(account)
    assert (balance.monthly, balance.lasting, balance.held) == (5, 20, 45)
    await ledgers.submit(account, 15)
    balance = await book.balance(account)
    assert (balance.monthly, balance.lasting, balance.held) == (0, 10, 60)


async def test_a_delivered_job_spends_what_was_set_aside(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 15)
    assert await ledgers.end(job, "completed")
    balance = await book.balance(account)
    assert (balance.available, balance.held) == (35, 0)
    assert await ledgers.kinds(account) == [
        ("month", 50, 0),
        ("reserve", -15, 15),
        ("settle", 0, -15),
    ]
    assert {one.job_id for one in await book.entries(account)} == {None, job}


@pytest.mark.parametrize("state", UNDELIVERED)
async def test_a_job_without_a_picture_gives_everything_back_to_where_it_came_from(
    book: CreditBook, ledgers: Ledgers, state: str
) -> None:
    account = await ledgers.account("free")
    await book.grant(account, 20, "invoice 1")
    before = await book.balance(account)
    job = await ledgers.submit(account, 60)
    assert await ledgers.end(job, state)
    assert await book.balance(account) == before
    newest = (await book.entries(account))[0]
    assert (newest.kind, newest.amount, newest.held) == ("release", 60, -60)
    assert newest.reason == f"generate, plain: {state}"


async def test_a_job_that_runs_keeps_its_credits_set_aside(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 15)
    for state in ("running", "queued", "running"):
        await ledgers.end(job, state)
        assert (await book.balance(account)).held == 15


@pytest.mark.parametrize("state", ["completed", *UNDELIVERED])
async def test_what_happens_to_a_job_after_its_end_moves_no_credits(
    database: Database, book: CreditBook, ledgers: Ledgers, state: str
) -> None:
    """Such as an operator who lets a blocked picture go: it was given back, and stays free."""
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 15)
    await ledgers.end(job, state)
    after = await ledgers.kinds(account)
    for later in ("completed", *UNDELIVERED):
        async with database.connection() as connection:
            await connection.execute("UPDATE jobs SET state = %s WHERE id = %s", (later, job))
    assert await ledgers.kinds(account) == after
    assert await book.check() == []


async def test_credits_of_a_month_that_has_ended_are_not_given_back(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.grant(account, 20, "invoice 1")
    await book.balance(account, moment=MONTHS[0])
    job = await ledgers.submit(account, 60, MONTHS[0])
    await book.balance(account, moment=MONTHS[1])
    await ledgers.end(job, "failed")
    balance = await book.balance(account, moment=MONTHS[1])
    assert (balance.monthly, balance.lasting, balance.held) == (50, 20, 0)
    assert await book.check() == []


async def test_credits_given_back_before_the_new_month_is_noticed_lapse_with_the_old(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 30, MONTHS[0])
    await ledgers.end(job, "failed")
    assert (await book.balance(account, moment=MONTHS[1])).available == 50
    assert ("lapse", -50, 0) in await ledgers.kinds(account)


async def test_a_refusal_names_the_cost_and_what_is_left(
    database: Database, book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await ledgers.submit(account, 49, MONTHS[0])
    with pytest.raises(Exhausted) as caught:
        await ledgers.submit(account, 15, MONTHS[0])
    assert caught.value.code == "no_credits"
    assert caught.value.message == (
        "This costs 15 credits and 1 is left (49 more are set aside for unfinished jobs); "
        "the plan grants 50 on 2031-12-01, or ask the operator for a top-up"
    )
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM jobs")
        assert await cursor.fetchone() == (1,)
    assert await book.check() == []


async def test_a_refusal_without_a_plan_promises_no_month(ledgers: Ledgers) -> None:
    account = await ledgers.account(None)
    with pytest.raises(Exhausted) as caught:
        await ledgers.submit(account, 1)
    assert caught.value.message == (
        "This costs 1 credit and none is left; ask the operator for a top-up"
    )


async def test_what_costs_nothing_writes_nothing(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account(None)
    job = await ledgers.submit(account, 0)
    await ledgers.end(job, "completed")
    assert await ledgers.kinds(account) == []
    assert await book.check() == []


async def test_the_same_job_is_charged_once(database: Database, ledgers: Ledgers) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 15)
    async with database.transaction() as connection:
        again = await reserve(
            connection,
            account_id=account,
            job_id=job,
            amount=15,
            what="generate, plain",
        )
    assert (again.available, again.held) == (35, 15)


async def test_a_transaction_that_fails_sets_nothing_aside(
    database: Database, book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")

    async def crash() -> None:
        async with database.transaction() as connection:
            await start(connection, account, 15, None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert await ledgers.kinds(account) == []
    assert (await book.balance(account)).available == 50


async def test_thirty_jobs_at_once_spend_no_more_than_there_is(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    made = await asyncio.gather(
        *(ledgers.submit(account, 4) for _ in range(30)), return_exceptions=True
    )
    jobs = [one for one in made if isinstance(one, str)]
    refused = [one for one in made if isinstance(one, Exhausted)]
    assert (len(jobs), len(refused)) == (12, 18)
    balance = await book.balance(account)
    assert (balance.available, balance.held) == (2, 48)


async def test_one_job_ended_by_many_at_once_is_settled_once(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 15)
    states = ["completed", *UNDELIVERED] * 4
    ended = await asyncio.gather(*(ledgers.end(job, state) for state in states))
    assert sum(ended) == 1
    assert len(await ledgers.kinds(account)) == 3
    assert await book.check() == []
