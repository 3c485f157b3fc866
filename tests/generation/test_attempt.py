"""Running jobs: how each can end, and that it ends once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from imgen.accounts.records import Caller
from imgen.finishing.encode import decode
from imgen.generation import store
from imgen.generation.cancel import Cancel
from imgen.generation.job import Job, State
from imgen.generation.outcome import Completed, Failed
from imgen.generation.submit import Submit
from imgen.wiring.core import Core
from imgen.wiring.worker import make_worker
from tests.generation.asking import MakeCaller, make_request

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def caller(make_caller: MakeCaller) -> Caller:
    return await make_caller()


@pytest.fixture
def submit(core: Core) -> Submit:
    return core.submit


async def _job(core: Core, caller: Caller, id: str) -> Job:
    async with core.database.connection() as connection:
        job = await store.find(connection, id, caller.account_id)
    assert job is not None
    return job


async def _until(
    core: Core, caller: Caller, id: str, ready: Callable[[Job], bool], seconds: float = 20.0
) -> Job:
    async with asyncio.timeout(seconds):
        while not ready(job := await _job(core, caller, id)):
            await asyncio.sleep(0.01)
    return job


async def _ended(core: Core, caller: Caller, id: str) -> Job:
    return await _until(core, caller, id, lambda job: job.state.final)


async def test_a_job_ends_with_its_picture_in_the_store(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(prompt="a lake, -rain"), surface="test")
    job = await _ended(core, caller, receipt.id)
    assert isinstance(job.outcome, Completed)
    assert job.outcome.positive.startswith("a lake")
    assert job.outcome.negative.endswith("rain")
    pixels = decode(await core.objects.get(job.outcome.image.key))
    assert pixels.shape == (128, 128, 3)
    assert job.outcome.image.filename == f"{job.gen_id}_{job.outcome.fingerprint}_00001.jpg"
    assert await core.objects.exists(job.outcome.thumbnail.key)
    assert job.fraction == 1.0


async def test_a_request_that_cannot_be_honoured_fails_at_once(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(prompt="impossible"), surface="test")
    job = await _ended(core, caller, receipt.id)
    assert job.outcome == Failed("This cannot be drawn")
    assert job.attempt == 1


async def test_a_fault_that_passes_costs_a_try_and_no_picture(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(prompt="flaky", seed=77), surface="test")
    job = await _ended(core, caller, receipt.id)
    assert job.state is State.COMPLETED
    assert job.attempt == 2


async def test_cancelling_stops_a_running_job(core: Core, caller: Caller, submit: Submit) -> None:
    receipt = await submit(caller, make_request(prompt="sleep 60"), surface="test")
    await _until(core, caller, receipt.id, lambda job: job.step > 0 or job.steps > 0)
    job = await Cancel(core.database)(caller, receipt.id)
    assert job.state is State.CANCELLED
    after = await submit(caller, make_request(), surface="test")
    assert (await _ended(core, caller, after.id)).state is State.COMPLETED
    assert (await _job(core, caller, receipt.id)).state is State.CANCELLED


async def test_a_finished_job_cannot_be_cancelled(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(), surface="test")
    await _ended(core, caller, receipt.id)
    assert (await Cancel(core.database)(caller, receipt.id)).state is State.COMPLETED


async def test_a_job_is_over_when_its_deadline_passes(core: Core, caller: Caller) -> None:
    submit = replace(core.submit, deadline=timedelta(seconds=0.4))
    receipt = await submit(caller, make_request(prompt="sleep 60"), surface="test")
    assert (await _ended(core, caller, receipt.id)).state is State.TIMED_OUT


async def test_progress_can_be_read_while_the_work_goes_on(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(prompt="sleep 3"), surface="test")
    job = await _until(core, caller, receipt.id, lambda job: 0 < job.fraction < 1)
    assert job.state is State.RUNNING
    assert job.steps == 10
    await Cancel(core.database)(caller, receipt.id)


async def test_a_worker_that_comes_back_too_late_delivers_nothing(
    core: Core, caller: Caller, submit: Submit
) -> None:
    receipt = await submit(caller, make_request(prompt="sleep 60"), surface="test")
    first = await _until(core, caller, receipt.id, lambda job: job.state is State.RUNNING)
    async with core.database.connection() as connection:
        second = await store.claim(connection, receipt.id)
        assert second is not None
        assert not await store.finish(connection, first, State.FAILED, Failed("late"))
        assert await store.finish(connection, second, State.FAILED, Failed("in time"))
    assert (await _job(core, caller, receipt.id)).outcome == Failed("in time")


async def test_a_job_whose_task_is_gone_is_enqueued_again(
    core: Core, caller: Caller, submit: Submit
) -> None:
    async with core.database.transaction() as connection:
        # As after a crash between the end of a task and the writing of its outcome.
        await connection.execute("SELECT 1")
    receipt = await submit(caller, make_request(prompt="sleep 0.5"), surface="test")
    async with core.database.connection() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
    assert (await _ended(core, caller, receipt.id)).state is State.COMPLETED


class TestStopping:
    """A worker that is told to stop."""

    @pytest.fixture
    async def worker(self) -> None:
        """None runs beside these tests."""

    async def _start(self, core: Core) -> tuple[asyncio.Task[None], Callable[[], Awaitable[Any]]]:
        working = asyncio.create_task(make_worker(core).run())

        async def stop() -> None:
            working.cancel()
            await asyncio.wait({working})

        return working, stop

    async def test_it_lets_a_short_job_finish(
        self, core: Core, caller: Caller, submit: Submit
    ) -> None:
        receipt = await submit(caller, make_request(prompt="sleep 0.5"), surface="test")
        _, stop = await self._start(core)
        await _until(core, caller, receipt.id, lambda job: job.state is State.RUNNING)
        await stop()
        assert (await _job(core, caller, receipt.id)).state is State.COMPLETED

    async def test_it_gives_a_long_job_back_without_counting_a_try(
        self, core: Core, caller: Caller, submit: Submit
    ) -> None:
        receipt = await submit(caller, make_request(prompt="sleep 60"), surface="test")
        _, stop = await self._start(core)
        await _until(core, caller, receipt.id, lambda job: job.state is State.RUNNING)
        await stop()
        job = await _job(core, caller, receipt.id)
        assert (job.state, job.attempt) == (State.QUEUED, 0)

    async def test_a_job_that_kills_its_workers_fails_in_the_end(
        self, core: Core, caller: Caller, submit: Submit
    ) -> None:
        receipt = await submit(caller, make_request(), surface="test")
        async with core.database.connection() as connection:
            for _ in range(core.settings.generation.tries):
                assert await store.claim(connection, receipt.id)
        _, stop = await self._start(core)
        job = await _ended(core, caller, receipt.id)
        await stop()
        assert job.outcome == Failed("Generation failed")
