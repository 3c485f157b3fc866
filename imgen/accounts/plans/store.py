"""Plans in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from imgen.accounts.plans.records import Plan
from imgen.database.pool import Connection

_COLUMNS = [field.name for field in fields(Plan)]


async def list_plans(connection: Connection) -> list[Plan]:
    """Every plan, by slug."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM plans ORDER BY slug")
        return [plan_from_row(row) for row in await cursor.fetchall()]


async def find(connection: Connection, slug: str, *, lock: bool = False) -> Plan | None:
    """The plan of that slug.

    Args:
        lock: whether nobody else may change it until the transaction ends.
    """
    query = "SELECT * FROM plans WHERE slug = %s"
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query + " FOR UPDATE" if lock else query, (slug,))
        row = await cursor.fetchone()
    return None if row is None else plan_from_row(row)


async def insert(connection: Connection, plan: Plan) -> bool:
    """Keep a new plan; False when there is one of that slug."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    values = sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS))
    done = await connection.execute(
        sql.SQL("INSERT INTO plans ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
            columns, values
        ),
        _values(plan),
    )
    return done.rowcount == 1


async def update(connection: Connection, plan: Plan) -> None:
    """Give the plan of that slug these values."""
    changes = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in _COLUMNS
        if name != "slug"
    )
    await connection.execute(
        sql.SQL("UPDATE plans SET {} WHERE slug = {}").format(changes, sql.Placeholder("slug")),
        _values(plan),
    )


async def delete(connection: Connection, slug: str) -> bool:
    """Remove a plan; False when there is none.

    Raises:
        psycopg.errors.ForeignKeyViolation: an account has it.
    """
    done = await connection.execute("DELETE FROM plans WHERE slug = %s", (slug,))
    return done.rowcount == 1


def plan_from_row(row: dict[str, Any]) -> Plan:
    """A row of `plans` as a plan."""
    return Plan(**{name: row[name] for name in _COLUMNS} | {"models": tuple(row["models"])})


def _values(plan: Plan) -> dict[str, Any]:
    return asdict(plan) | {"models": list(plan.models)}
