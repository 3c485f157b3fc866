"""A book of credits over the test's database."""

from __future__ import annotations

import pytest

from imgen.accounts.credits import CreditBook
from imgen.database.pool import Database
from tests.accounts.credits.ledgers import Ledgers


@pytest.fixture
def book(database: Database) -> CreditBook:
    return CreditBook(database)


@pytest.fixture
def ledgers(database: Database) -> Ledgers:
    return Ledgers(database)
