"""A database whose clock is held, and one server process over it."""

from __future__ import annotations

import pytest

from imgen.database.pool import Database
from tests.accounts.usage.counting import Process


@pytest.fixture
def process(at_noon: Database) -> Process:
    return Process(at_noon)
