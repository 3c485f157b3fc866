"""Whatever happens, in whatever order, and whoever dies: the ledger adds up."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgen.accounts.credits import CreditBook
from imgen.database.pool import Database
from tests.accounts.credits.actor import DEATHS, Actor, Jobs
from tests.accounts.credits.expected import PLANS, Expected
from tests.accounts.credits.ledgers import MONTHS, Ledgers

Step = tuple[str, int, str, str]
"""What is done; an amount, or which job, or whether to look; an end, or a plan; a death."""

ENDS = st.sampled_from(["completed", "completed", "failed", "blocked", "cancelled", "timed_out"])
AMOUNTS = st.one_of(st.integers(1, 12), st.integers(30, 90))
ALIVE = st.just("")
DEATH = st.sampled_from(DEATHS)


def _steps(*more: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    submit, end = st.just("submit"), st.just("end")
    return st.one_of(
        st.tuples(submit, AMOUNTS, ALIVE, ALIVE),
        st.tuples(submit, AMOUNTS, ALIVE, st.one_of(ALIVE, DEATH)),
        st.tuples(end, st.integers(0, 9), ENDS, ALIVE),
        st.tuples(end, st.integers(0, 9), ENDS, st.one_of(ALIVE, DEATH)),
        st.tuples(st.sampled_from(["grant", "take"]), AMOUNTS, ALIVE, ALIVE),
        st.tuples(st.just("next month"), st.integers(0, 1), ALIVE, ALIVE),
        *more,
    )


CHANGES_OF_PLAN = st.tuples(st.just("plan"), st.just(0), st.sampled_from(list(PLANS)), ALIVE)
REAL = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(REAL, max_examples=30)
@given(steps=st.lists(_steps(CHANGES_OF_PLAN), min_size=10, max_size=25))
async def test_one_step_after_another_the_balance_is_what_arithmetic_says(
    database: Database, steps: list[Step]
) -> None:
    ledgers, book = Ledgers(database), CreditBook(database)
    actor, expected = Actor(ledgers, book, await ledgers.account("free")), Expected()
    await actor.look()
    expected.look(0)
    for step in steps:
        await _take_step(actor, step, expected)
        assert await _numbers(database, actor.account) == (expected.numbers, expected.numbers)
    assert await book.check() == []
    assert await _spent(database, actor.account) == expected.spent


@settings(REAL, max_examples=20)
@given(
    lanes=st.lists(st.lists(_steps(), min_size=3, max_size=12), min_size=3, max_size=6),
)
async def test_many_at_once_never_overdraw_nor_charge_twice(
    database: Database, lanes: list[list[Step]]
) -> None:
    """Each lane is a process with a clock of its own; all spend from one account."""
    ledgers, book = Ledgers(database), CreditBook(database)
    account, jobs = await ledgers.account("free"), Jobs()
    actors = [Actor(ledgers, book, account, jobs) for _ in lanes]
    await actors[0].look()
    auditing = asyncio.create_task(_audit(book))
    await asyncio.gather(*(_walk(actor, steps) for actor, steps in zip(actors, lanes, strict=True)))
    auditing.cancel()
    await asyncio.gather(auditing, return_exceptions=True)
    assert auditing.cancelled()
    assert await book.check() == []
    _, (_, _, held) = await _numbers(database, account)
    assert held == sum(price for job, price in jobs.prices.items() if job not in jobs.ended)
    assert await _spent(database, account) == sum(
        jobs.prices[job] for job, state in jobs.ended.items() if state == "completed"
    )


async def test_a_thousand_jobs_with_deaths_at_every_point_add_up(
    database: Database, book: CreditBook, ledgers: Ledgers
) -> None:
    account, jobs = await ledgers.account("pro"), Jobs()
    actors = [Actor(ledgers, book, account, jobs) for _ in range(8)]

    async def work(number: int, actor: Actor) -> None:
        for turn in range(number, 1000, len(actors)):
            death = DEATHS[turn % 3] if turn % 11 == 0 else ""
            job = await actor.submit(1 + turn % 7, death=death)
            if job is not None:
                state = "failed" if turn % 3 == 0 else "completed"
                await actor.end(job, state, death=DEATHS[turn % 3] if turn % 13 == 0 else "")
            if turn % 20 == 0:
                assert await book.check() == []

    await asyncio.gather(*(work(number, actor) for number, actor in enumerate(actors)))
    balance = await book.balance(account, moment=MONTHS[0])
    spent = sum(jobs.prices[job] for job, state in jobs.ended.items() if state == "completed")
    held = sum(price for job, price in jobs.prices.items() if job not in jobs.ended)
    assert (balance.held, balance.available) == (held, 2000 - spent - held)
    assert await _spent(database, account) == spent
    assert await book.check() == []
    assert held > 0
    assert spent > 1000


async def _take_step(actor: Actor, step: Step, expected: Expected) -> None:
    """Do a step, and work out on paper what it should come to."""
    what, number, word, death = step
    if what == "submit":
        job = await actor.submit(number, death=death)
        trial = Expected(expected.plan, expected.month, expected.granted, expected.monthly)
        trial.lasting = expected.lasting
        trial.look(actor.month)
        assert (job is not None) == (not death and trial.can_pay(number))
        if job is not None:
            expected.look(actor.month)
            expected.submit(job, number)
    elif what == "end":
        job = actor.jobs.pick(number)
        if job is not None and await actor.end(job, word, death=death):
            expected.end(job, word)
    elif what == "grant":
        await actor.grant(number)
        expected.look(expected.month)
        expected.lasting += number
    elif what == "take":
        assert await actor.take(number) == (expected.lasting >= number)
        if expected.lasting >= number:
            expected.look(expected.month)
            expected.lasting -= number
    elif what == "plan":
        await actor.ledgers.change_plan(actor.account, word or None)
        expected.plan = word
    else:
        await actor.turn_month(look=bool(number))
        if number:
            expected.look(actor.month)


async def _walk(actor: Actor, steps: list[Step]) -> None:
    for what, number, word, death in steps:
        if what == "submit":
            await actor.submit(number, death=death)
        elif what == "end":
            job = actor.jobs.pick(number)
            if job is not None:
                await actor.end(job, word, death=death)
        elif what == "grant":
            await actor.grant(number)
        elif what == "take":
            await actor.take(number)
        else:
            await actor.turn_month(look=bool(number))


async def _audit(book: CreditBook) -> None:
    """Add everything up, again and again, while others work; ends by being cancelled."""
    while True:
        assert await book.check() == []
        await asyncio.sleep(0)


async def _numbers(
    database: Database, account: str
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Monthly, lasting and held credits: what the balance says, and what the ledger adds up to."""
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT b.monthly, b.lasting, b.held, sum(e.monthly), sum(e.lasting), sum(e.held)"
            " FROM credit_balances b JOIN credit_entries e USING (account_id)"
            " WHERE account_id = %s GROUP BY b.account_id",
            (account,),
        )
        row = await cursor.fetchone()
    assert row is not None
    numbers = [int(one) for one in row]
    return (numbers[0], numbers[1], numbers[2]), (numbers[3], numbers[4], numbers[5])


async def _spent(database: Database, account: str) -> int:
    """What delivered jobs have cost."""
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT coalesce(-sum(held), 0) FROM credit_entries"
            " WHERE account_id = %s AND kind = 'settle'",
            (account,),
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
