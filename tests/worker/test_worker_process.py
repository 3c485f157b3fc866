"""A worker's life: what it takes jobs for, as that changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from imgen.catalog.entries import Model, Way
from imgen.engines.protocol import EngineRequest, EngineResult, Progress
from imgen.engines.registry import Registry
from imgen.errors import ImgenError
from imgen.generation import store
from imgen.generation.job import Job, State
from imgen.wiring.core import Core
from imgen.wiring.worker import make_worker
from tests.generation.asking import MakeCaller, make_request


class _Opening(Registry):
    """What runs here changes while the worker works."""

    def __init__(self, *closed: str) -> None:
        super().__init__({"instant": "tests.instant.engine:InstantEngine"})
        self.closed = set(closed)
        self.damaged = False
        self.runs: list[str] = []

    def obstacle_here(self, model: Model) -> str:
        """See `Registry`."""
        if self.damaged:
            raise ValueError("These weights are no weights")
        if model.key in self.closed:
            return "it has no weights"
        return super().obstacle_here(model)

    async def run(
        self, model: Model, request: EngineRequest, progress: Progress
    ) -> tuple[str, EngineResult]:
        """See `Registry`."""
        self.runs.append(model.key)
        return await super().run(model, request, progress)


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


@contextlib.asynccontextmanager
async def _working(core: Core) -> AsyncIterator[asyncio.Task[None]]:
    working = asyncio.create_task(make_worker(core).run())
    try:
        async with asyncio.timeout(30):
            yield working
    finally:
        working.cancel()
        await asyncio.wait({working})


async def _running(core: Core, engines: _Opening, count: int) -> None:
    while len(engines.runs) < count:
        await asyncio.sleep(0.02)


async def test_a_model_whose_weights_arrive_is_served_without_a_restart(
    core: Core, make_caller: MakeCaller
) -> None:
    caller, engines = await make_caller(), _Opening("instant")
    core = replace(core, engines=engines)
    async with _working(core):
        await _is_listening(core)
        engines.closed.clear()
        receipt = await core.submit(caller, make_request(), surface="test")
        job = await _ended(core, receipt.id)
    assert job.state is State.COMPLETED


async def test_a_running_job_goes_on_while_new_models_are_served(
    core: Core, make_caller: MakeCaller
) -> None:
    caller, engines = await make_caller(), _Opening("sketch")
    core = replace(core, engines=engines)
    async with _working(core):
        slow = await core.submit(caller, make_request(prompt="sleep 60"), surface="test")
        await _running(core, engines, 1)
        engines.closed = {"instant"}
        request = make_request(model="sketch", width=256, height=256)
        quick = await core.submit(caller, request, surface="test")
        assert (await _ended(core, quick.id)).state is State.COMPLETED
        async with core.database.connection() as connection:
            job = await store.find_any(connection, slow.id)
        assert job is not None
        assert job.state is State.RUNNING
        assert engines.runs == ["instant", "sketch"]


async def test_weights_that_cannot_be_read_do_not_end_the_worker(
    core: Core, make_caller: MakeCaller
) -> None:
    caller, engines = await make_caller(), _Opening()
    core = replace(core, engines=engines)
    async with _working(core) as working:
        first = await core.submit(caller, make_request(), surface="test")
        await _ended(core, first.id)
        receipt = await core.submit(caller, make_request(prompt="sleep 2"), surface="test")
        engines.damaged = True
        assert (await _ended(core, receipt.id)).state is State.COMPLETED
        assert not working.done()


async def test_a_broken_device_ends_the_worker_and_its_job_has_another_try(
    core: Core, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    async with _working(core) as working:
        request = make_request(prompt="it breaks the device")
        receipt = await core.submit(caller, request, surface="test")
        await asyncio.wait({working})
        error = working.exception()
    assert isinstance(error, ImgenError)
    assert error.code == "device_broken"
    async with core.database.connection() as connection:
        job = await store.find_any(connection, receipt.id)
    assert job is not None
    assert (job.state, job.attempt) == (State.QUEUED, 1)


def test_where_remote_servers_do_the_work_more_jobs_are_taken_than_there_are_cores(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    usual = core.settings.worker.model_copy(update={"concurrency": 0})
    core = replace(core, settings=core.settings.model_copy(update={"worker": usual}))
    assert make_worker(core).concurrency == 2
    meadow = replace(
        core.catalog.models["sketch"],
        key="meadow",
        fallbacks=(Way("comfyui", {"checkpoint": "meadow.safetensors"}),),
    )
    core = replace(
        core,
        catalog=replace(core.catalog, models={**core.catalog.models, "meadow": meadow}),
        engines=Registry({}, settings={"comfyui": {"urls": ["http://127.0.0.1:9"]}}),
    )
    assert make_worker(core).concurrency == 16
