"""What follows a try that failed: the end, a counted try, or waiting for the trouble to pass."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from imgen import clock
from imgen.catalog.entries import Way
from imgen.catalog.load import load_catalog
from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.registry import Registry
from imgen.errors import ImgenError, Invalid, TooLarge, Unavailable, Upstream
from imgen.generation import store
from imgen.generation.again import Next, after, seconds_until
from imgen.generation.job import Job, State
from imgen.generation.outcome import Failed
from imgen.generation.progress import ProgressRecorder
from imgen.wiring.core import Core
from imgen.wiring.worker import make_worker
from tests.generation.asking import MakeCaller, make_request
from tests.generation.failing import Failing, always


def _busy() -> Unavailable:
    return Unavailable("The fleet is busy", retry_after=0.0)


@contextlib.asynccontextmanager
async def _working(core: Core) -> AsyncIterator[None]:
    working = asyncio.create_task(make_worker(core).run())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait({working})


async def _tried(
    core: Core, make_caller: MakeCaller, errors: Iterable[Exception], deadline: float = 60.0
) -> tuple[Job, int]:
    """How a job ends whose engine raises these, and how often that was asked."""
    caller, engines = await make_caller(), Failing(iter(errors))
    core = replace(core, engines=engines)
    submit = replace(core.submit, deadline=timedelta(seconds=deadline))
    async with _working(core), asyncio.timeout(30):
        receipt = await submit(caller, make_request(), surface="test")
        while True:
            async with core.database.connection() as connection:
                job = await store.find(connection, receipt.id, caller.account_id)
            if job is not None and job.state.final:
                return job, engines.runs
            await asyncio.sleep(0.02)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job waits long for its next try."""
    monkeypatch.setattr("imgen.generation.attempt.seconds_until", lambda *_: 0.0)


@pytest.mark.usefixtures("at_once")
async def test_an_outage_that_passes_costs_no_try(core: Core, make_caller: MakeCaller) -> None:
    job, runs = await _tried(core, make_caller, [_busy() for _ in range(8)])
    assert (job.state, job.attempt, runs) == (State.COMPLETED, 1, 9)


@pytest.mark.usefixtures("at_once")
async def test_an_outage_that_does_not_pass_lasts_until_the_deadline(
    core: Core, make_caller: MakeCaller
) -> None:
    job, runs = await _tried(core, make_caller, always(_busy), deadline=2.0)
    assert job.state is State.TIMED_OUT
    assert runs > core.settings.generation.tries


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "error", [Upstream("The server broke"), Unavailable("It does not accept the key")]
)
async def test_what_does_not_say_that_it_passes_is_tried_a_few_times(
    core: Core, make_caller: MakeCaller, error: ImgenError
) -> None:
    job, runs = await _tried(core, make_caller, always(lambda: error))
    assert job.outcome == Failed(error.message)
    assert runs == core.settings.generation.tries


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "error",
    [
        Invalid("This cannot be drawn"),
        TooLarge("This is too large to be sent"),
        Unavailable("What came out is no picture", code="not_finite"),
        Unavailable("The memory does not suffice", code="out_of_memory"),
    ],
    ids=lambda error: error.code,
)
async def test_what_would_end_the_same_way_is_tried_once(
    core: Core, make_caller: MakeCaller, error: ImgenError
) -> None:
    job, runs = await _tried(core, make_caller, always(lambda: error))
    assert job.outcome == Failed(error.message)
    assert runs == 1


async def _started(core: Core, make_caller: MakeCaller) -> Job:
    receipt = await core.submit(await make_caller(), make_request(), surface="test")
    async with core.database.connection() as connection:
        job = await store.claim(connection, receipt.id)
    assert job is not None
    return job


async def test_a_job_waits_as_long_as_it_is_asked_to_within_reason(
    core: Core, make_caller: MakeCaller
) -> None:
    job = await _started(core, make_caller)
    assert 20 <= seconds_until(job, Unavailable("Wait", retry_after=20)) <= 24
    assert 30 <= seconds_until(job, Unavailable("Wait", retry_after=3600)) <= 36


async def test_the_longer_the_outage_the_longer_the_wait(
    core: Core, make_caller: MakeCaller
) -> None:
    job = await _started(core, make_caller)
    for seconds in (0, 4, 16, 600):
        begun = replace(job, started_at=clock.now() - timedelta(seconds=seconds))
        most = min(max(1.0, seconds), 30.0)
        assert 0.5 * most <= seconds_until(begun, _busy()) <= most + 0.5


def test_a_job_that_breaks_devices_does_not_go_on_for_ever() -> None:
    assert after(Unavailable("It works no more", code="device_broken")) is Next.COUNTED


@pytest.mark.parametrize(("step", "of"), [(2**31, 2**32), (5, 2**40), (7, -1), (9, 3)])
async def test_numbers_beyond_the_databases_do_not_end_a_run(
    core: Core, make_caller: MakeCaller, step: int, of: int
) -> None:
    job = await _started(core, make_caller)
    progress = ProgressRecorder(core.database, job)
    progress(1, 2)
    watching = asyncio.create_task(progress.until_abandoned())
    try:
        async with asyncio.timeout(20):
            while (await _now(core, job)).steps != 2:
                await asyncio.sleep(0.02)
            progress(step, of)
            while (now := await _now(core, job)).steps == 2:
                await asyncio.sleep(0.02)
        assert not watching.done()
    finally:
        watching.cancel()
    assert now.fraction == pytest.approx(min(step, of) / of if of > 0 else 0.0, abs=1e-6)


async def _last_word(engine: str, *others: str) -> ImgenError:
    """What is said of a job that none of these engines can do."""
    names = ("Down", "Unconfigured", "OnABrokenDevice")
    registry = Registry({name: f"tests.generation.failing:{name}" for name in names})
    ways = tuple(Way(other) for other in others)
    model = replace(load_catalog().models["sketch"], engine=engine, fallbacks=ways)
    request = EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model=model.key,
        prompt="a lake",
        negative_prompt="",
        width=64,
        height=64,
        seed=1,
    )
    with pytest.raises(ImgenError) as caught:
        await registry.run(model, request, lambda _step, _of: None)
    return caught.value


async def test_where_one_of_a_models_engines_comes_back_its_job_waits_for_that() -> None:
    assert after(await _last_word("Down", "Unconfigured")) is Next.WAITING
    assert after(await _last_word("Unconfigured", "Down")) is Next.WAITING
    assert after(await _last_word("Unconfigured")) is Next.COUNTED


async def test_no_other_engine_hides_that_a_device_is_broken() -> None:
    assert (await _last_word("OnABrokenDevice", "sketch")).code == "device_broken"


async def _now(core: Core, job: Job) -> Job:
    async with core.database.connection() as connection:
        now = await store.find_any(connection, job.id)
    assert now is not None
    return now
