"""What workers run is offered by processes that cannot run it themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imgen.catalog.load import load_catalog
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.generation.offers import Announce, heard

_SKETCH = load_catalog().models["sketch"]
_FAR = replace(_SKETCH, key="far", engine="no-such-engine")


async def test_a_model_that_a_worker_announces_is_offered(database: Database) -> None:
    engines = Registry({})
    assert engines.obstacle(_FAR)
    await Announce(database, "wrk_a", lambda: ["far", "sketch"])()
    async with heard(database, engines):
        assert engines.obstacle(_FAR) == ""
        assert engines.obstacle_here(_FAR)


async def test_it_is_offered_no_longer_than_the_worker_says_so(database: Database) -> None:
    await Announce(database, "wrk_a", lambda: ["far"])()
    await Announce(database, "wrk_a", lambda: ["sketch"])()
    engines = Registry({})
    async with heard(database, engines):
        assert engines.obstacle(_FAR)


async def test_a_dead_workers_word_runs_out(database: Database) -> None:
    await Announce(database, "wrk_dead", lambda: ["far"])()
    async with database.connection() as connection:
        await connection.execute("UPDATE offered_models SET until = now() - interval '1 second'")
    engines = Registry({})
    async with heard(database, engines):
        assert engines.obstacle(_FAR)


async def test_without_a_worker_of_its_own_a_server_offers_what_others_take(
    database: Database,
) -> None:
    engines = Registry({})
    engines.works_here = False
    async with heard(database, engines):
        assert engines.obstacle(_SKETCH) == ""  # no worker has said anything yet
    await Announce(database, "wrk_a", lambda: ["far"])()
    async with heard(database, engines):
        assert engines.obstacle(_FAR) == ""
        assert "no worker takes it" in engines.obstacle(_SKETCH)
        assert engines.obstacle_here(_SKETCH) == ""


async def test_with_a_worker_of_its_own_a_server_offers_what_that_can_run(
    database: Database,
) -> None:
    await Announce(database, "wrk_a", lambda: ["far"])()
    engines = Registry({})
    async with heard(database, engines):
        assert engines.obstacle(_SKETCH) == ""


@pytest.fixture(autouse=True)
async def _forgotten(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("DELETE FROM offered_models")
