"""Migrating: what is refused, and what an older database needs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from imgen.database import queue_schema
from imgen.database.migrate import check_server, migrate
from imgen.errors import Unavailable


class _Server:
    """A server of some version with some pgvector, as `check_server` sees it."""

    def __init__(self, version: int, pgvector: str | None) -> None:
        self.info = SimpleNamespace(server_version=version)
        self._pgvector = pgvector

    def execute(self, _query: str) -> Any:
        row = None if self._pgvector is None else (self._pgvector,)
        return SimpleNamespace(fetchone=lambda: row)


@pytest.mark.parametrize(
    ("version", "pgvector", "sentence"),
    [
        (140011, "0.8.0", "imgen needs PostgreSQL 15 or newer; this server is version 14."),
        (160002, None, "lacks pgvector; install version 0.8 or newer"),
        (160002, "0.7.4", "imgen needs pgvector 0.8 or newer; this server has 0.7.4."),
    ],
)
def test_a_server_that_cannot_carry_imgen_is_refused_in_one_sentence(
    version: int, pgvector: str | None, sentence: str
) -> None:
    with pytest.raises(Unavailable, match=sentence.replace(".", r"\.")):
        check_server(_Server(version, pgvector))  # type: ignore[arg-type]


def test_the_server_of_the_wheel_is_good(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        check_server(connection)


def test_an_unreachable_server_is_one_sentence_without_the_password() -> None:
    with pytest.raises(Unavailable, match="Cannot connect to the database") as caught:
        migrate("postgresql://imgen:hunter2@127.0.0.1:1/imgen")
    assert "hunter2" not in str(caught.value)


def test_migrating_twice_changes_nothing(postgres: str) -> None:
    before = _schema(postgres)
    migrate(postgres)
    assert _schema(postgres) == before


def test_a_queue_made_by_an_older_version_gets_only_what_it_lacks(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection, connection.transaction():
        newest = connection.execute("SELECT max(name) FROM queue_migrations").fetchone()
        connection.execute("DROP FUNCTION IF EXISTS procrastinate_retry_job_v2")
        connection.execute("DELETE FROM queue_migrations WHERE name = %s", newest)
        queue_schema.bring_up_to_date(connection)
        again = connection.execute("SELECT max(name) FROM queue_migrations").fetchone()
        assert again == newest
        raise psycopg.Rollback


def _schema(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        ).fetchall()
