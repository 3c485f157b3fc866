"""A worker's life: what it takes jobs for, as that changes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from imgen.catalog.entries import Model
from imgen.engines.registry import Registry
from imgen.generation import store
from imgen.generation.job import Job, State
from imgen.wiring.core import Core
from imgen.wiring.worker import make_worker
from tests.generation.asking import MakeCaller, make_request


class _Opening(Registry):
    """Its model `instant` has no weights yet."""

    closed = True

    def obstacle(self, model: Model) -> str:
        """See `Registry`."""
        if self.closed and model.key == "instant":
            return "it has no weights"
        return super().obstacle(model)


async def _ended(core: Core, id: str) -> Job:
    while True:
        async with core.database.connection() as connection:
            job = await store.find_any(connection, id)
        if job is not None and job.state.final:
            return job
        await asyncio.sleep(0.02)


async def _is_listening(core: Core) -> None:
    while True:
        async with core.database.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM procrastinate_workers")
            row = await cursor.fetchone()
        if row != (0,):
            return
        await asyncio.sleep(0.02)


@pytest.fixture
def engines() -> _Opening:
    return _Opening({"instant": "tests.instant.engine:InstantEngine"})


async def test_a_model_whose_weights_arrive_is_served_without_a_restart(
    core: Core, engines: _Opening, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    core = replace(core, engines=engines)
    working = asyncio.create_task(make_worker(core).run())
    try:
        async with asyncio.timeout(30):
            await _is_listening(core)
            engines.closed = False
            receipt = await core.submit(caller, make_request(), surface="test")
            job = await _ended(core, receipt.id)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    assert job.state is State.COMPLETED
