"""Tries of passwords in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from imgen.database.pool import Connection

_MOST = 1_000_000


async def count(connection: Connection, subject: bytes, window: timedelta) -> tuple[int, datetime]:
    """Count one; returns how many there are in the window, and when that ends."""
    cursor = await connection.execute(
        "INSERT INTO sign_in_tries AS t (subject, amount, ends_at)"
        " VALUES (%(subject)s, 1, now() + %(window)s)"
        " ON CONFLICT (subject) DO UPDATE SET"
        " amount = CASE WHEN t.ends_at <= now() THEN 1 ELSE least(t.amount + 1, %(most)s) END,"
        " ends_at = CASE WHEN t.ends_at <= now() THEN excluded.ends_at ELSE t.ends_at END"
        " RETURNING amount, ends_at",
        {"subject": subject, "window": window, "most": _MOST},
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1]


async def give_back(connection: Connection, subjects: Sequence[bytes]) -> None:
    """Take one off each."""
    await connection.execute(
        "UPDATE sign_in_tries SET amount = greatest(amount - 1, 0) WHERE subject = ANY(%s)",
        (list(subjects),),
    )


async def forget(connection: Connection, subject: bytes) -> None:
    """Begin anew."""
    await connection.execute("DELETE FROM sign_in_tries WHERE subject = %s", (subject,))


async def purge(connection: Connection) -> int:
    """Drop what no longer limits anybody; returns how many rows."""
    done = await connection.execute("DELETE FROM sign_in_tries WHERE ends_at <= now()")
    return done.rowcount
