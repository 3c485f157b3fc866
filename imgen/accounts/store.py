"""Accounts and keys in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import class_row

from imgen.accounts.records import Account, ApiKey, Caller
from imgen.database.pool import Connection


async def ensure_account(connection: Connection, *, id: str, name: str, plan: str) -> Account:
    """The account of that name; made with that plan if there is none."""
    await connection.execute(
        "INSERT INTO accounts (id, name, plan) VALUES (%s, %s, %s) ON CONFLICT (name) DO NOTHING",
        (id, name, plan),
    )
    async with connection.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute("SELECT * FROM accounts WHERE name = %s", (name,))
        account = await cursor.fetchone()
    assert account is not None
    return account


async def list_accounts(connection: Connection) -> list[Account]:
    """Every account, by name."""
    async with connection.cursor(row_factory=class_row(Account)) as cursor:
        await cursor.execute("SELECT * FROM accounts ORDER BY name")
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


async def add_key(
    connection: Connection,
    *,
    id: str,
    account_id: str,
    hint: str,
    digest: bytes,
    expires_at: datetime | None,
) -> None:
    """Keep a new key."""
    await connection.execute(
        "INSERT INTO api_keys (id, account_id, hint, digest, expires_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (id, account_id, hint, digest, expires_at),
    )


async def list_keys(connection: Connection, account: str | None) -> list[ApiKey]:
    """The keys of one account, or of all, oldest first."""
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(
            "SELECT k.id, a.name AS account, k.hint, k.created_at, k.expires_at, k.revoked_at"
            " FROM api_keys k JOIN accounts a ON a.id = k.account_id"
            " WHERE %(account)s::text IS NULL OR a.name = %(account)s ORDER BY k.created_at, k.id",
            {"account": account},
        )
        return await cursor.fetchall()


async def revoke_key(connection: Connection, id: str) -> bool:
    """Revoke a key now; False when there is no such key. Revoking twice is harmless."""
    done = await connection.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s", (id,)
    )
    return done.rowcount == 1


async def find_caller(connection: Connection, digest: bytes) -> Caller | None:
    """Who holds the key with this digest; None when it is unknown or revoked."""
    async with connection.cursor(row_factory=class_row(Caller)) as cursor:
        await cursor.execute(
            "SELECT a.id AS account_id, k.id AS key_id, a.plan, a.suspended,"
            " coalesce(k.expires_at <= now(), false) AS expired"
            " FROM api_keys k JOIN accounts a ON a.id = k.account_id"
            " WHERE k.digest = %s AND k.revoked_at IS NULL",
            (digest,),
        )
        return await cursor.fetchone()
