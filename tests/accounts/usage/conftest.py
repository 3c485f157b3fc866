"""A database whose clock is held, and one server process over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from imgen.database.pool import Database
from tests.accounts.usage.counting import HeldClock, Process, forget_plans


@pytest.fixture(autouse=True)
def _no_plans_stay(clean_url: str) -> Iterator[None]:
    yield
    forget_plans(clean_url)


@pytest.fixture
def held(clean_url: str) -> HeldClock:
    return HeldClock(clean_url)


@pytest.fixture
async def at_noon(held: HeldClock) -> AsyncIterator[Database]:
    """Connections whose clock is held at noon."""
    database = Database(held.url, size=20)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def process(at_noon: Database) -> Process:
    return Process(at_noon)
