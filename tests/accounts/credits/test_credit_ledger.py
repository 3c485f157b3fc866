"""The ledger cannot be changed, refuses what makes no sense, and shows what was tampered with."""

from __future__ import annotations

from typing import LiteralString

import psycopg
import pytest

from imgen.accounts.credits import CreditBook
from imgen.database.pool import Database
from tests.accounts.credits.ledgers import Ledgers


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_entries SET monthly = monthly + 1",
        "UPDATE credit_entries SET reason = 'another'",
        "DELETE FROM credit_entries",
        "DELETE FROM credit_entries WHERE kind = 'month'",
        "TRUNCATE credit_entries",
        "TRUNCATE accounts CASCADE",
    ],
)
async def test_entries_are_never_changed_or_removed(
    database: Database, book: CreditBook, ledgers: Ledgers, statement: LiteralString
) -> None:
    account = await ledgers.account("free")
    await ledgers.submit(account, 5)
    before = await book.entries(account)
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            await connection.execute(statement)
    assert await book.entries(account) == before


async def test_an_account_with_a_ledger_is_not_removed(
    database: Database, book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.balance(account)
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            await connection.execute("DELETE FROM accounts WHERE id = %s", (account,))


@pytest.mark.parametrize(
    ("kind", "monthly", "lasting", "held", "job"),
    [
        ("take", 0, -1, 0, None),  # more than there is
        ("reserve", -51, 0, 51, "run_a"),
        ("settle", 0, 0, -1, "run_a"),  # nothing is held
        ("reserve", -5, 0, 4, "run_a"),  # a credit vanishes
        ("reserve", -5, 0, 6, "run_a"),  # a credit appears
        ("reserve", -5, 0, 5, None),  # for no job
        ("grant", 5, 0, 0, None),
        ("grant", 0, 0, 0, None),
        ("month", 10, 0, 0, None),  # a second time
        ("gift", 0, 5, 0, None),
    ],
)
async def test_an_entry_that_makes_no_sense_is_refused(
    database: Database,
    book: CreditBook,
    ledgers: Ledgers,
    kind: str,
    monthly: int,
    lasting: int,
    held: int,
    job: str | None,
) -> None:
    account = await ledgers.account("free")
    before = await book.balance(account)
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.IntegrityError):
            await connection.execute(
                "INSERT INTO credit_entries"
                " (account_id, kind, monthly, lasting, held, month, job_id, reason)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, 'a reason')",
                (account, kind, monthly, lasting, held, before.month, job),
            )
    assert await book.balance(account) == before
    assert await book.check() == []


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "UPDATE credit_balances SET lasting = lasting + 3",
            ["The balance says 45 monthly, 3 lasting, 5 held; the ledger adds up to 45, 0 and 5"],
        ),
        (
            "UPDATE credit_balances SET monthly = 0",
            ["The balance says 0 monthly, 0 lasting, 5 held; the ledger adds up to 45, 0 and 5"],
        ),
        (
            "DELETE FROM jobs",
            ["5 credits are held for the job {job}, which has ended or is not there"],
        ),
        (
            "UPDATE jobs SET price = 0",
            ["5 credits are held for the job {job}, which has ended or is not there"],
        ),
    ],
)
async def test_checking_finds_what_somebody_changed_by_hand(
    database: Database,
    book: CreditBook,
    ledgers: Ledgers,
    statement: LiteralString,
    what: list[str],
) -> None:
    account = await ledgers.account("free")
    job = await ledgers.submit(account, 5)
    assert await book.check() == []
    async with database.connection() as connection:
        await connection.execute(statement)
    found = await book.check()
    assert [one.what for one in found] == [one.format(job=job) for one in what]
    assert {one.account for one in found} == {f"name of {account}"}


async def test_checking_finds_an_entry_that_was_slipped_past_the_triggers(
    database: Database, book: CreditBook, ledgers: Ledgers
) -> None:
    account = await ledgers.account("free")
    await book.balance(account)
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE credit_entries SET monthly = 80")
    assert [one.what for one in await book.check()] == [
        "Entry 1 says that 50 were available; up to there the ledger adds up to 80",
        "The balance says 50 monthly, 0 lasting, 0 held; the ledger adds up to 80, 0 and 0",
    ]
