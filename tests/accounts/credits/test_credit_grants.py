"""Where credits come from: the plan, once a month, and the operator."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from imgen.accounts.credits import CreditBook
from imgen.errors import Invalid, NotFound
from tests.accounts.credits.ledgers import MONTHS, Ledgers


async def test_the_first_look_grants_the_plans_credits_of_the_month(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    balance = await book.balance(account)
    assert (balance.available, balance.monthly, balance.granted) == (50, 50, 50)
    assert (balance.lasting, balance.held) == (0, 0)
    today = datetime.now(UTC).date()
    assert balance.month in {today.replace(day=1), (today - timedelta(days=1)).replace(day=1)}
    assert balance.month_ends.day == 1
    assert balance.month_ends.date() > today


async def test_twenty_looks_at_once_grant_one_month(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account("free")
    looks = await asyncio.gather(*(book.balance(account) for _ in range(20)))
    assert {balance.available for balance in looks} == {50}
    assert await ledgers.kinds(account) == [("month", 50, 0)]


async def test_what_is_left_of_a_month_lapses_and_top_ups_stay(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.balance(account, moment=MONTHS[0])
    await book.grant(account, 7, "invoice 1")
    balance = await book.balance(account, moment=MONTHS[2])
    assert (balance.monthly, balance.lasting) == (50, 7)
    assert balance.month == date(2032, 1, 1)
    assert await ledgers.kinds(account) == [
        ("month", 50, 0),
        ("grant", 7, 0),
        ("lapse", -50, 0),
        ("month", 50, 0),
    ]


async def test_months_are_those_of_utc(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account("free")
    east = timezone(timedelta(hours=9))
    still_december = datetime(2032, 1, 1, 8, 59, 59, tzinfo=east)
    assert (await book.balance(account, moment=still_december)).month == date(2031, 12, 1)
    balance = await book.balance(account, moment=still_december + timedelta(seconds=1))
    assert balance.month == date(2032, 1, 1)
    assert balance.month_ends == datetime(2032, 2, 1, tzinfo=UTC)


async def test_a_late_transaction_does_not_turn_the_month_back(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    later = await book.balance(account, moment=MONTHS[1])
    assert await book.balance(account, moment=MONTHS[0]) == later
    assert await ledgers.kinds(account) == [("month", 50, 0)]


async def test_no_plan_grants_nothing(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account(None)
    assert (await book.balance(account)).available == 0
    assert await ledgers.kinds(account) == []


async def test_a_richer_plan_adds_the_difference_at_once_and_only_once(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account(None)
    seen = []
    for plan in (None, "free", "pro", "free", "pro", None, "free"):
        await ledgers.change_plan(account, plan)
        seen.append((await book.balance(account, moment=MONTHS[0])).available)
    assert seen == [0, 50, 2000, 2000, 2000, 2000, 2000]
    assert await ledgers.kinds(account) == [("month", 50, 0), ("upgrade", 1950, 0)]
    assert (await book.balance(account, moment=MONTHS[1])).available == 50


async def test_a_grant_is_in_the_ledger_with_its_reason(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account("free")
    assert (await book.grant(account, 200, " invoice 1207 ")).available == 250
    newest, first = await book.entries(account)
    assert (newest.kind, newest.amount, newest.available) == ("grant", 200, 250)
    assert (newest.reason, newest.job_id) == ("invoice 1207", None)
    assert (first.kind, first.reason) == ("month", "plan free")
    assert list(await book.entries(account, limit=1)) == [newest]
    assert list(await book.entries(account, before=newest.id)) == [first]


async def test_a_grant_can_be_taken_back_as_far_as_it_is_not_spent(
    book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.grant(account, 100, "a typing error")
    await ledgers.submit(account, 60)
    with pytest.raises(Invalid, match="Only 90 credits") as caught:
        await book.take(account, 91, "too much")
    assert caught.value.field == "amount"
    assert (await book.take(account, 90, "mended")).lasting == 0
    assert await book.check() == []


@pytest.mark.parametrize(
    ("amount", "reason", "field"),
    [(0, "x", "amount"), (-5, "x", "amount"), (10**9 + 1, "x", "amount")]
    + [(1, reason, "reason") for reason in ("", "  ", "a\nb", "x" * 201)],
)
async def test_a_grant_out_of_range_names_its_field(
    book: CreditBook, ledgers: Ledgers, amount: int, reason: str, field: str
) -> None:
    account = await ledgers.account("free")
    for act in (book.grant, book.take):
        with pytest.raises(Invalid) as caught:
            await act(account, amount, reason)
        assert caught.value.field == field
    assert await ledgers.kinds(account) == []


async def test_an_account_is_found_by_its_name(book: CreditBook, ledgers: Ledgers) -> None:
    account = await ledgers.account("free")
    assert await book.account_named(f"name of {account}") == account
    with pytest.raises(NotFound, match="no account nobody"):
        await book.account_named("nobody")
