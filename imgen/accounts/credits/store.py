"""Balances and the ledger in PostgreSQL.

The rules are in the database (migration 0007), so that no process can break them: an entry changes
its balance in the same statement, no balance goes below zero, no entry is changed or removed, and
a job's reservation ends once, with the job. A refresh locks the account's balance until the
transaction ends.
"""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import class_row

from imgen.accounts.credits.records import Balance, Disagreement, Entry
from imgen.database.pool import Connection


async def find_account(connection: Connection, name: str) -> str | None:
    """The id of the account of that name."""
    cursor = await connection.execute("SELECT id FROM accounts WHERE name = %s", (name,))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def refresh(connection: Connection, account_id: str, moment: datetime | None) -> Balance:
    """The balance at that moment (None: the database's now), with the month's grant made."""
    async with connection.cursor(row_factory=class_row(Balance)) as cursor:
        await cursor.execute(
            "SELECT month, granted, monthly, lasting, held"
            " FROM refresh_credits(%s, coalesce(%s, now()))",
            (account_id, moment),
        )
        balance = await cursor.fetchone()
    assert balance is not None
    return balance


async def reserve(
    connection: Connection,
    *,
    account_id: str,
    job_id: str,
    amount: int,
    what: str,
    moment: datetime | None,
) -> tuple[bool, Balance]:
    """Whether the credits were set aside, now or before; and the balance after that."""
    cursor = await connection.execute(
        "SELECT reserved, (balance).month, (balance).granted, (balance).monthly,"
        " (balance).lasting, (balance).held"
        " FROM reserve_credits(%s, %s, %s, %s, coalesce(%s, now()))",
        (account_id, job_id, amount, what, moment),
    )
    row = await cursor.fetchone()
    assert row is not None
    return bool(row[0]), Balance(*row[1:])


async def add(connection: Connection, account_id: str, amount: int, reason: str) -> None:
    """Add a top-up, or take one back where the amount is below zero; after a refresh."""
    await connection.execute(
        "INSERT INTO credit_entries (account_id, kind, lasting, month, reason)"
        " SELECT account_id, %s, %s, month, %s FROM credit_balances WHERE account_id = %s",
        ("grant" if amount > 0 else "take", amount, reason, account_id),
    )


async def list_entries(
    connection: Connection, account_id: str, limit: int, before: int | None
) -> list[Entry]:
    """The newest entries, or the newest ones below an id; newest first."""
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(
            "SELECT id, kind, monthly, lasting, held, available, month, job_id, reason, created_at"
            " FROM credit_entries WHERE account_id = %(account)s"
            " AND (%(before)s::bigint IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s",
            {"account": account_id, "before": before, "limit": limit},
        )
        return await cursor.fetchall()


async def count_entries(connection: Connection) -> tuple[int, int]:
    """How many balances there are, and how many entries."""
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM credit_balances), (SELECT count(*) FROM credit_entries)"
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def find_disagreements(connection: Connection) -> list[Disagreement]:
    """Every ledger added up anew, beside what is kept; one statement, so one moment."""
    async with connection.cursor(row_factory=class_row(Disagreement)) as cursor:
        await cursor.execute(_DISAGREEMENTS)
        return await cursor.fetchall()


_DISAGREEMENTS = """
    WITH sums AS (
        SELECT account_id, sum(monthly) AS monthly, sum(lasting) AS lasting, sum(held) AS held
        FROM credit_entries GROUP BY account_id
    ), lines AS (
        SELECT account_id, id, available,
               sum(monthly + lasting) OVER (PARTITION BY account_id ORDER BY id) AS adds_up_to
        FROM credit_entries
    ), open AS (
        SELECT r.account_id, r.job_id, r.held, j.id IS NOT NULL AND j.price > 0
               AND j.state IN ('queued', 'running') AS runs
        FROM credit_entries r LEFT JOIN jobs j ON j.id = r.job_id
        WHERE r.kind = 'reserve' AND NOT EXISTS (
            SELECT FROM credit_entries e
            WHERE e.job_id = r.job_id AND e.kind IN ('settle', 'release'))
    ), found AS (
        SELECT b.account_id, format(
                   'The balance says %s monthly, %s lasting, %s held; the ledger adds up to '
                   '%s, %s and %s', b.monthly, b.lasting, b.held, coalesce(s.monthly, 0),
                   coalesce(s.lasting, 0), coalesce(s.held, 0)) AS what
        FROM credit_balances b LEFT JOIN sums s USING (account_id)
        WHERE (b.monthly, b.lasting, b.held) IS DISTINCT FROM
              (coalesce(s.monthly, 0), coalesce(s.lasting, 0), coalesce(s.held, 0))
        UNION ALL
        SELECT account_id, format('Entry %s says that %s were available; up to there the ledger '
                                  'adds up to %s', id, available, adds_up_to)
        FROM lines WHERE available <> adds_up_to
        UNION ALL
        SELECT b.account_id, format('The balance says %s held; unfinished jobs hold %s', b.held,
                                    coalesce(sum(o.held), 0))
        FROM credit_balances b LEFT JOIN open o USING (account_id)
        GROUP BY b.account_id, b.held HAVING b.held <> coalesce(sum(o.held), 0)
        UNION ALL
        SELECT account_id, format('%s credits are held for the job %s, which has ended or is not '
                                  'there', held, job_id)
        FROM open WHERE NOT runs
    )
    SELECT a.name AS account, found.what FROM found JOIN accounts a ON a.id = found.account_id
    ORDER BY 1, 2
"""
