"""Users and memberships in PostgreSQL."""

from __future__ import annotations

from psycopg.rows import class_row

from imgen.accounts.people.records import Credential, Member, Membership, Role, User
from imgen.database.pool import Connection

_USER = """
SELECT u.id, u.email, u.admin, u.suspended, u.password IS NOT NULL AS has_password,
       u.created_at, u.signed_in_at,
       coalesce((SELECT string_agg(a.name || ' (' || m.role || ')', ', ' ORDER BY a.name)
                 FROM memberships m JOIN accounts a ON a.id = m.account_id
                 WHERE m.user_id = u.id), '') AS accounts
FROM users u
"""


async def add_user(connection: Connection, *, id: str, email: str, password: str | None) -> bool:
    """Keep a new user; False when there is one with that e-mail."""
    done = await connection.execute(
        "INSERT INTO users (id, email, password) VALUES (%s, %s, %s)"
        " ON CONFLICT (email) DO NOTHING",
        (id, email, password),
    )
    return done.rowcount == 1


async def list_users(connection: Connection) -> list[User]:
    """Every user, by e-mail."""
    async with connection.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(_USER + " ORDER BY u.email")
        return await cursor.fetchall()


async def find_user(connection: Connection, email: str) -> User | None:
    """The user with that e-mail."""
    async with connection.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(_USER + " WHERE u.email = %s", (email,))
        return await cursor.fetchone()


async def find_credential(
    connection: Connection, *, email: str = "", user_id: str = ""
) -> Credential | None:
    """What a password is compared with, by e-mail or by user."""
    async with connection.cursor(row_factory=class_row(Credential)) as cursor:
        await cursor.execute(
            "SELECT id AS user_id, email, password, suspended FROM users"
            " WHERE email = %s OR id = %s",
            (email, user_id),
        )
        return await cursor.fetchone()


async def set_password(connection: Connection, user_id: str, password: str) -> None:
    """Give a user a password; whoever is signed in with the old one no longer is."""
    await connection.execute("UPDATE users SET password = %s WHERE id = %s", (password, user_id))
    await connection.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))
    await connection.execute("DELETE FROM password_links WHERE user_id = %s", (user_id,))


async def replace_hash(connection: Connection, user_id: str, *, old: str, new: str) -> bool:
    """Keep the same password with newer parameters; False when it was changed meanwhile."""
    done = await connection.execute(
        "UPDATE users SET password = %s WHERE id = %s AND password = %s", (new, user_id, old)
    )
    return done.rowcount == 1


async def lock_admins(connection: Connection) -> None:
    """Let one transaction at a time change who is an admin."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('imgen admins'))")


async def count_admins(connection: Connection, *, but: str = "") -> int:
    """How many admins can sign in, or could once they have a password; `but` is left out."""
    cursor = await connection.execute(
        "SELECT count(*) FROM users WHERE admin AND NOT suspended AND id <> %s", (but,)
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def admin_without_password(connection: Connection) -> str:
    """The e-mail of an admin who has no password yet; empty when some admin can sign in."""
    cursor = await connection.execute(
        "SELECT coalesce(min(email), '') FROM users WHERE admin AND NOT suspended"
        " HAVING count(password) = 0"
    )
    row = await cursor.fetchone()
    return "" if row is None else str(row[0])


async def set_admin(connection: Connection, user_id: str, admin: bool) -> None:
    """Make a user an admin of the deployment, or no longer."""
    await connection.execute("UPDATE users SET admin = %s WHERE id = %s", (admin, user_id))


async def set_suspended(connection: Connection, user_id: str, suspended: bool) -> None:
    """Keep a user out, or let them in again. Sessions end at once."""
    await connection.execute("UPDATE users SET suspended = %s WHERE id = %s", (suspended, user_id))
    if suspended:
        await connection.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))


async def delete_user(connection: Connection, user_id: str) -> list[str]:
    """Delete a user. Accounts that nobody is left in are suspended; returns their names."""
    cursor = await connection.execute(
        "UPDATE accounts a SET suspended = true FROM memberships m"
        " WHERE m.account_id = a.id AND m.user_id = %(user)s AND NOT EXISTS ("
        "  SELECT FROM memberships o WHERE o.account_id = a.id AND o.user_id <> %(user)s)"
        " RETURNING a.name",
        {"user": user_id},
    )
    left = sorted(row[0] for row in await cursor.fetchall())
    await connection.execute("DELETE FROM users WHERE id = %s", (user_id,))
    return left


async def lock_account(connection: Connection, account_id: str) -> None:
    """Let one transaction at a time change who is in an account, or how many keys it has."""
    await connection.execute("SELECT FROM accounts WHERE id = %s FOR NO KEY UPDATE", (account_id,))


async def add_member(connection: Connection, *, account_id: str, user_id: str, role: Role) -> None:
    """Make a user a member; one who is a member already keeps the role."""
    await connection.execute(
        "INSERT INTO memberships (account_id, user_id, role) VALUES (%s, %s, %s)"
        " ON CONFLICT (account_id, user_id) DO NOTHING",
        (account_id, user_id, role),
    )


async def set_role(connection: Connection, *, account_id: str, user_id: str, role: Role) -> None:
    """Give a member another role."""
    await connection.execute(
        "UPDATE memberships SET role = %s WHERE account_id = %s AND user_id = %s",
        (role, account_id, user_id),
    )


async def role_of(connection: Connection, account_id: str, user_id: str) -> Role | None:
    """The role of a user in an account; None: not a member."""
    cursor = await connection.execute(
        "SELECT role FROM memberships WHERE account_id = %s AND user_id = %s",
        (account_id, user_id),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def count_owners(connection: Connection, account_id: str, *, but: str) -> int:
    """How many owners an account has beside one user."""
    cursor = await connection.execute(
        "SELECT count(*) FROM memberships"
        " WHERE account_id = %s AND role = 'owner' AND user_id <> %s",
        (account_id, but),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def remove_member(connection: Connection, account_id: str, user_id: str) -> None:
    """Take a user out of an account."""
    await connection.execute(
        "DELETE FROM memberships WHERE account_id = %s AND user_id = %s", (account_id, user_id)
    )


async def list_members(connection: Connection, account_id: str) -> list[Member]:
    """Who is in an account, longest first."""
    async with connection.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(
            "SELECT u.id AS user_id, u.email, m.role, m.created_at"
            " FROM memberships m JOIN users u ON u.id = m.user_id"
            " WHERE m.account_id = %s ORDER BY m.created_at, u.email",
            (account_id,),
        )
        return await cursor.fetchall()


async def list_memberships(connection: Connection, user_id: str) -> list[Membership]:
    """The accounts that a user is in, longest first."""
    async with connection.cursor(row_factory=class_row(Membership)) as cursor:
        await cursor.execute(
            "SELECT a.id AS account_id, a.name AS account, m.role"
            " FROM memberships m JOIN accounts a ON a.id = m.account_id"
            " WHERE m.user_id = %s ORDER BY m.created_at, a.name",
            (user_id,),
        )
        return await cursor.fetchall()
