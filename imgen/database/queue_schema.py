"""The tables of the job queue, which belong to Procrastinate, kept at the installed version.

A new database gets Procrastinate's whole schema at once. A database made with an older version
gets the migration files that it has not seen, in their order.
"""

from __future__ import annotations

from importlib.resources import files

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql


def bring_up_to_date(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Apply what is missing, each file in one transaction. Blocking; call it under a lock."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS queue_migrations ("
        " name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    shipped = _shipped()
    applied = {str(row[0]) for row in connection.execute("SELECT name FROM queue_migrations")}
    if not applied:
        _apply(connection, SchemaManager.get_schema(), list(shipped))
        return
    for name, script in shipped.items():
        if name not in applied:
            _apply(connection, script, [name])


def _shipped() -> dict[str, str]:
    folder = files("procrastinate") / "sql" / "migrations"
    found = (file for file in folder.iterdir() if file.name.endswith(".sql"))
    return {file.name: file.read_text() for file in sorted(found, key=lambda file: file.name)}


def _apply(
    connection: psycopg.Connection[tuple[object, ...]], script: str, names: list[str]
) -> None:
    with connection.transaction():
        connection.execute(sql.SQL(script))  # read from the package
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO queue_migrations (name) VALUES (%s)", [(name,) for name in names]
            )
