"""What tests of the gate stand on: a door, a client at it, and a clock that is held at noon."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from imgen.accounts.administer import Administer
from imgen.database.pool import Database
from tests.accounts.usage.counting import make_account
from tests.http.gate.door import Door


@pytest.fixture
def door(at_noon: Database) -> Door:
    return Door(at_noon)


@pytest.fixture
async def account(at_noon: Database) -> str:
    return await make_account(at_noon, "tester")


@pytest.fixture
async def client(door: Door, account: str, at_noon: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with door.client(await Administer(at_noon).create_key("tester")) as client:
        yield client
