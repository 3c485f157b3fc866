"""People on a real database, with a password hash that is quick and otherwise the same."""

from __future__ import annotations

import psycopg
import pytest
from argon2 import PasswordHasher

from imgen.accounts.people.passwords import Passwords
from imgen.database.pool import Database
from tests.accounts.people.everyone import Execute, People


@pytest.fixture
def quick_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def people(database: Database, clean_url: str, quick_hasher: PasswordHasher) -> People:
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("TRUNCATE users, sign_in_tries CASCADE")
    return People(database, Passwords(quick_hasher))


@pytest.fixture
def execute(people: People) -> Execute:
    """SQL, for what only time or an accident would do."""

    async def run(sql: str, *parameters: object) -> list[tuple[object, ...]]:
        async with people.database.connection() as connection:
            cursor = await connection.execute(sql, parameters)
            return await cursor.fetchall() if cursor.description else []

    return run
