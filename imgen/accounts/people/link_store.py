"""One-time links in PostgreSQL: whoever deletes the row has used it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from imgen.accounts.people.records import Invitation, Role
from imgen.database.pool import Connection


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation is good for."""

    account_id: str
    email: str
    role: Role


async def put_password_link(
    connection: Connection, *, user_id: str, digest: bytes, expires_at: datetime
) -> None:
    """Keep a link for choosing a password; an earlier one stops working."""
    await connection.execute(
        "INSERT INTO password_links (user_id, digest, expires_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (user_id) DO UPDATE"
        " SET digest = excluded.digest, expires_at = excluded.expires_at",
        (user_id, digest, expires_at),
    )


async def find_password_link(connection: Connection, digest: bytes) -> tuple[str, str] | None:
    """User and e-mail of a good link."""
    cursor = await connection.execute(
        "SELECT u.id, u.email FROM password_links l JOIN users u ON u.id = l.user_id"
        " WHERE l.digest = %s AND l.expires_at > now() AND NOT u.suspended",
        (digest,),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1])


async def use_password_link(connection: Connection, digest: bytes) -> bool:
    """Use a link up; False when somebody else has, or its time is over."""
    done = await connection.execute(
        "DELETE FROM password_links WHERE digest = %s AND expires_at > now()", (digest,)
    )
    return done.rowcount == 1


async def put_invitation(
    connection: Connection,
    *,
    id: str,
    account_id: str,
    email: str,
    role: Role,
    digest: bytes,
    expires_at: datetime,
) -> Invitation:
    """Keep an invitation; an earlier one of that e-mail stops working."""
    async with connection.cursor(row_factory=class_row(Invitation)) as cursor:
        await cursor.execute(
            "INSERT INTO invitations (id, account_id, email, role, digest, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, email) DO UPDATE"
            " SET id = excluded.id, role = excluded.role, digest = excluded.digest,"
            " created_at = now(), expires_at = excluded.expires_at"
            " RETURNING id, email, role, created_at, expires_at",
            (id, account_id, email, role, digest, expires_at),
        )
        invitation = await cursor.fetchone()
    assert invitation is not None
    return invitation


async def list_invitations(connection: Connection, account_id: str) -> list[Invitation]:
    """Who may join an account."""
    async with connection.cursor(row_factory=class_row(Invitation)) as cursor:
        await cursor.execute(
            "SELECT id, email, role, created_at, expires_at FROM invitations"
            " WHERE account_id = %s AND expires_at > now() ORDER BY created_at, email",
            (account_id,),
        )
        return await cursor.fetchall()


async def find_invitation(connection: Connection, digest: bytes) -> Invited | None:
    """What a good invitation is for."""
    async with connection.cursor(row_factory=class_row(Invited)) as cursor:
        await cursor.execute(
            "SELECT account_id, email, role FROM invitations"
            " WHERE digest = %s AND expires_at > now()",
            (digest,),
        )
        return await cursor.fetchone()


async def use_invitation(connection: Connection, digest: bytes) -> Invited | None:
    """Use an invitation up; None when somebody else has, or its time is over."""
    async with connection.cursor(row_factory=class_row(Invited)) as cursor:
        await cursor.execute(
            "DELETE FROM invitations WHERE digest = %s AND expires_at > now()"
            " RETURNING account_id, email, role",
            (digest,),
        )
        return await cursor.fetchone()


async def withdraw_invitation(connection: Connection, account_id: str, id: str) -> bool:
    """Take an invitation back; False when there is none of that id."""
    done = await connection.execute(
        "DELETE FROM invitations WHERE account_id = %s AND id = %s", (account_id, id)
    )
    return done.rowcount == 1


async def purge(connection: Connection) -> int:
    """Drop links whose time is over; returns how many."""
    links = await connection.execute("DELETE FROM password_links WHERE expires_at <= now()")
    invitations = await connection.execute("DELETE FROM invitations WHERE expires_at <= now()")
    return links.rowcount + invitations.rowcount
