"""Sessions in PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.rows import class_row

from imgen.accounts.people.records import Session, SignedIn
from imgen.database.pool import Connection


async def add(
    connection: Connection,
    *,
    id: str,
    digest: bytes,
    user_id: str,
    password: str,
    address: str,
    agent: str,
    expires_at: datetime,
) -> bool:
    """Begin a session, in the account that the user has been in for longest.

    The row lock makes it wait for a change of the password that is under way: a session never
    begins with a password that is no longer the user's. False when it is not.
    """
    done = await connection.execute(
        "WITH person AS ("
        " UPDATE users SET signed_in_at = now()"
        " WHERE id = %(user_id)s AND password = %(password)s AND NOT suspended RETURNING id)"
        " INSERT INTO sessions (id, digest, user_id, account_id, address, agent, expires_at)"
        " SELECT %(id)s, %(digest)s, person.id,"
        " (SELECT m.account_id FROM memberships m WHERE m.user_id = person.id"
        "  ORDER BY m.created_at, m.account_id LIMIT 1),"
        " %(address)s, %(agent)s, %(expires_at)s FROM person",
        {
            "id": id,
            "digest": digest,
            "user_id": user_id,
            "password": password,
            "address": address,
            "agent": agent,
            "expires_at": expires_at,
        },
    )
    return done.rowcount == 1


async def find(connection: Connection, digest: bytes, idle: timedelta) -> SignedIn | None:
    """Whose session this is, and that it is in use; None when it ended. One round trip."""
    async with connection.cursor(row_factory=class_row(SignedIn)) as cursor:
        await cursor.execute(
            "WITH used AS (UPDATE sessions SET used_at = now()"
            " WHERE digest = %(digest)s AND used_at > now() - %(idle)s"
            " AND used_at < now() - interval '1 minute')"
            " SELECT s.id AS session_id, u.id AS user_id, u.email, u.admin, a.id AS account_id,"
            " a.name AS account, m.role, coalesce(a.suspended, false) AS account_suspended"
            " FROM sessions s JOIN users u ON u.id = s.user_id"
            " LEFT JOIN memberships m ON m.account_id = s.account_id AND m.user_id = s.user_id"
            " LEFT JOIN accounts a ON a.id = m.account_id"
            " WHERE s.digest = %(digest)s AND s.expires_at > now()"
            " AND s.used_at > now() - %(idle)s AND NOT u.suspended",
            {"digest": digest, "idle": idle},
        )
        return await cursor.fetchone()


async def list_of(connection: Connection, user_id: str, idle: timedelta) -> list[Session]:
    """Where a user is signed in, last used first."""
    async with connection.cursor(row_factory=class_row(Session)) as cursor:
        await cursor.execute(
            "SELECT id, address, agent, created_at, used_at, expires_at FROM sessions"
            " WHERE user_id = %s AND expires_at > now() AND used_at > now() - %s"
            " ORDER BY used_at DESC, created_at DESC, id",
            (user_id, idle),
        )
        return await cursor.fetchall()


async def end(connection: Connection, user_id: str, id: str) -> bool:
    """End one session of a user; False when there is none of that id."""
    done = await connection.execute(
        "DELETE FROM sessions WHERE user_id = %s AND id = %s", (user_id, id)
    )
    return done.rowcount == 1


async def end_others(connection: Connection, user_id: str, kept: str) -> int:
    """End every session of a user but one; returns how many."""
    done = await connection.execute(
        "DELETE FROM sessions WHERE user_id = %s AND id <> %s", (user_id, kept)
    )
    return done.rowcount


async def look_at(connection: Connection, session_id: str, account_id: str) -> bool:
    """Look at another account from now on; False when the user is not in it."""
    done = await connection.execute(
        "UPDATE sessions s SET account_id = m.account_id FROM memberships m"
        " WHERE s.id = %s AND m.user_id = s.user_id AND m.account_id = %s",
        (session_id, account_id),
    )
    return done.rowcount == 1


async def purge(connection: Connection, idle: timedelta) -> int:
    """Drop sessions that ended by themselves; returns how many."""
    done = await connection.execute(
        "DELETE FROM sessions WHERE expires_at <= now() OR used_at <= now() - %s", (idle,)
    )
    return done.rowcount
