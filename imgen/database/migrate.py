"""Bring a database to this version's schema, once, however many processes start together."""

from __future__ import annotations

from pathlib import Path

import psycopg

from imgen.database import queue_schema
from imgen.errors import Unavailable

_LOCK = 0x696D67656E  # "imgen": the advisory lock that one migrating process holds
_OLDEST_POSTGRES = 150000
_OLDEST_PGVECTOR = (0, 8)
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def migrate(url: str, *, to: str = "head") -> None:
    """Check the server, then apply what is missing. Blocking.

    Raises:
        imgen.errors.Unavailable: the server is unreachable, too old, or lacks pgvector.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as guard:
            check_server(guard)
            guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            wanted = newest() if to == "head" else to
            if _current(guard) != wanted:
                from imgen.database.upgrade import upgrade  # noqa: PLC0415 - slow to import

                upgrade(url, wanted)
            queue_schema.bring_up_to_date(guard)
    except psycopg.OperationalError as error:
        raise Unavailable(f"Cannot connect to the database: {_first_line(error)}") from error


def check_server(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raise `Unavailable` with one clear sentence when this server cannot carry imgen."""
    version = connection.info.server_version
    if version < _OLDEST_POSTGRES:
        raise Unavailable(
            f"imgen needs PostgreSQL {_OLDEST_POSTGRES // 10000} or newer; "
            f"this server is version {version // 10000}."
        )
    row = connection.execute(
        "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
    ).fetchone()
    needed = ".".join(map(str, _OLDEST_PGVECTOR))
    if row is None:
        raise Unavailable(
            f"This PostgreSQL server lacks pgvector; install version {needed} or newer."
        )
    found = tuple(int(part) for part in str(row[0]).split(".")[:2])
    if found < _OLDEST_PGVECTOR:
        raise Unavailable(f"imgen needs pgvector {needed} or newer; this server has {row[0]}.")


def newest() -> str:
    """This version's revision: the files are named by number."""
    return max(file.name for file in _VERSIONS.glob("[0-9]*.py")).split("_", 1)[0]


def _current(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    table = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if table is None or table[0] is None:
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return "" if row is None else str(row[0])


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
