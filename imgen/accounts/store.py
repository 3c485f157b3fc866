"""Accounts and keys in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from imgen.accounts.plans.records import Plan
from imgen.accounts.plans.store import plan_from_row
from imgen.accounts.records import Account, ApiKey, Caller
from imgen.database.pool import Connection

_ACCOUNT = "SELECT id, name, plan, suspended, created_at, storage_preferred FROM accounts"
_KEY = """
SELECT k.id, a.name AS account, k.label, k.scopes, k.hint, k.created_by, k.created_at,
       k.expires_at, k.revoked_at, k.last_used_at
FROM api_keys k JOIN accounts a ON a.id = k.account_id
"""


async def add_account(connection: Connection, *, id: str, name: str, plan: str) -> bool:
    """Keep a new account; False when there is one of that name."""
    done = await connection.execute(
        "INSERT INTO accounts (id, name, plan) VALUES (%s, %s, %s) ON CONFLICT (name) DO NOTHING",
        (id, name, plan),
    )
    return done.rowcount == 1


async def find_account(connection: Connection, *, name: str = "", id: str = "") -> Account | None:
    """The account of that name, or of that id."""
    async with connection.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute(_ACCOUNT + " WHERE name = %s OR id = %s", (name, id))
        return await cursor.fetchone()


async def list_accounts(connection: Connection) -> list[Account]:
    """Every account, by name."""
    async with connection.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute(_ACCOUNT + " ORDER BY name")
        return await cursor.fetchall()


async def set_suspended(connection: Connection, name: str, suspended: bool) -> bool:
    """Suspend or resume; False when there is no such account."""
    done = await connection.execute(
        "UPDATE accounts SET suspended = %s WHERE name = %s", (suspended, name)
    )
    return done.rowcount == 1


async def set_plan(connection: Connection, name: str, plan: str | None) -> bool:
    """Change the plan; False when there is no such account."""
    done = await connection.execute("UPDATE accounts SET plan = %s WHERE name = %s", (plan, name))
    return done.rowcount == 1


async def prefer_storage(connection: Connection, account_id: str, storage: bool) -> None:
    """Have an account's pictures kept, or not, where its plan has storage."""
    await connection.execute(
        "UPDATE accounts SET storage_preferred = %s WHERE id = %s", (storage, account_id)
    )


async def plan_slugs(connection: Connection) -> list[str]:
    """Every plan there is; none goes away before the transaction ends."""
    cursor = await connection.execute("SELECT slug FROM plans ORDER BY slug FOR KEY SHARE")
    return [row[0] for row in await cursor.fetchall()]


async def plan_of(connection: Connection, account_id: str) -> Plan | None:
    """The plan of an account."""
    cursor = await connection.execute(
        "SELECT to_jsonb(p) FROM accounts a JOIN plans p ON p.slug = a.plan WHERE a.id = %s",
        (account_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else plan_from_row(row[0])


async def add_key(
    connection: Connection,
    *,
    id: str,
    account_id: str,
    hint: str,
    digest: bytes,
    expires_at: datetime | None,
    label: str = "",
    scopes: Sequence[str] = (),
    created_by: str | None = None,
) -> None:
    """Keep a new key."""
    await connection.execute(
        "INSERT INTO api_keys"
        " (id, account_id, hint, digest, expires_at, label, scopes, created_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (id, account_id, hint, digest, expires_at, label, list(scopes), created_by),
    )


async def list_keys(
    connection: Connection, *, account: str | None = None, account_id: str | None = None
) -> list[ApiKey]:
    """The keys of one account, by name or id, or of all, oldest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _KEY + " WHERE (%(account)s::text IS NULL OR a.name = %(account)s)"
            " AND (%(account_id)s::text IS NULL OR a.id = %(account_id)s)"
            " ORDER BY k.created_at, k.id",
            {"account": account, "account_id": account_id},
        )
        return [_key(row) for row in await cursor.fetchall()]


async def find_key(connection: Connection, account_id: str, id: str) -> ApiKey | None:
    """One key of an account."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_KEY + " WHERE k.account_id = %s AND k.id = %s", (account_id, id))
        row = await cursor.fetchone()
    return None if row is None else _key(row)


async def count_live_keys(connection: Connection, account_id: str) -> int:
    """How many keys of an account still work."""
    cursor = await connection.execute(
        "SELECT count(*) FROM api_keys WHERE account_id = %s AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > now())",
        (account_id,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def revoke_key(connection: Connection, id: str) -> bool:
    """Revoke a key now; False when there is no such key. Revoking twice is harmless."""
    done = await connection.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s", (id,)
    )
    return done.rowcount == 1


async def find_caller(connection: Connection, digest: bytes) -> Caller | None:
    """Who holds the key with this digest, and that it is in use; one round trip.

    Its last use is written once a minute, by one of those who use it: the others do not wait.

    Returns:
        None when the key is unknown or revoked.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "WITH idle AS (SELECT id FROM api_keys WHERE digest = %(digest)s"
            " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
            " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
            " FOR NO KEY UPDATE SKIP LOCKED),"
            " used AS (UPDATE api_keys k SET last_used_at = now() FROM idle WHERE k.id = idle.id)"
            " SELECT a.id AS account_id, k.id AS key_id, to_jsonb(p) AS plan, a.suspended,"
            " coalesce(k.expires_at <= now(), false) AS expired, a.name AS account, k.scopes,"
            " a.storage_preferred"
            " FROM api_keys k JOIN accounts a ON a.id = k.account_id"
            " LEFT JOIN plans p ON p.slug = a.plan"
            " WHERE k.digest = %(digest)s AND k.revoked_at IS NULL",
            {"digest": digest},
        )
        row = await cursor.fetchone()
    if row is None:
        return None
    plan = None if row["plan"] is None else plan_from_row(row["plan"])
    return Caller(**row | {"plan": plan, "scopes": tuple(row["scopes"])})


def _key(row: dict[str, Any]) -> ApiKey:
    return ApiKey(**row | {"scopes": tuple(row["scopes"])})
