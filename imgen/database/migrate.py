"""Bring a database to this version's schema, once, however many processes start together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine

from imgen.database import queue_schema
from imgen.errors import Unavailable

_LOCK = 0x696D67656E  # "imgen": the advisory lock that one migrating process holds
_OLDEST_POSTGRES = 150000
_OLDEST_PGVECTOR = (0, 8)
_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str, *, to: str = "head") -> None:
    """Check the server, then apply what is missing. Blocking.

    Raises:
        imgen.errors.Unavailable: the server is unreachable, too old, or lacks pgvector.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as guard:
            check_server(guard)
            guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            with _sqlalchemy_connection(url) as connection:
                command.upgrade(_config(connection), to)
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


@contextmanager
def _sqlalchemy_connection(url: str) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
