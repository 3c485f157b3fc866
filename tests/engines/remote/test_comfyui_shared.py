"""Two workers at one job: the earlier one was taken for dead, and lives."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from imgen.engines.comfyui.prompt import prompt_id
from imgen.engines.comfyui.stop import stop
from imgen.engines.protocol import Abandoned, EngineResult
from imgen.engines.remote.server import Server
from tests.engines.remote.comfy import ERAS, FakeComfy, comfy
from tests.engines.remote.comfy_calls import SDXL, make_engine
from tests.engines.remote.local import Told, make_request, noise, until

JOB = "run_0123456789abcdef"


def begin(
    fake: FakeComfy, told: Told | None = None, poll: float = 0.02
) -> asyncio.Task[EngineResult]:
    engine = make_engine(fake, poll_seconds=poll)
    return asyncio.create_task(engine.run(make_request(options=SDXL, job=JOB), told or Told()))


async def taken_up(fake: FakeComfy) -> None:
    """The later one watches what the earlier one sent."""
    await until(lambda: any(name.endswith("watched.txt") for _, name in fake.files))


@pytest.mark.parametrize("era", ERAS[:2])
@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize("how", ["abandoned", "cancelled"])
async def test_who_lost_the_job_does_not_stop_its_successor(era: int, deaf: bool, how: str) -> None:
    async with comfy(era=era) as fake:
        fake.hold.clear()
        told = Told()
        first = begin(fake, told)
        await until(lambda: fake.running)
        second = begin(fake)
        await taken_up(fake)
        fake.deafened = deaf
        if how == "abandoned":
            told.abandoned = True
        else:
            first.cancel()
        with pytest.raises((Abandoned, asyncio.CancelledError)):
            await first
        fake.hold.set()
        assert np.array_equal((await second).image, noise(11, 96, 64))
        assert (len(fake.prompts), fake.painted, fake.stopped) == (1, [prompt_id(JOB)], [])
        assert fake.history == {}


@pytest.mark.parametrize(("earlier", "later"), [(0.02, 0.5), (0.5, 0.02)])
async def test_whoever_is_first_to_fetch_the_picture_it_is_painted_once(
    fleet: FakeComfy, earlier: float, later: float
) -> None:
    fleet.deaf = True  # who looks more often is the first
    fleet.hold.clear()
    first = begin(fleet, poll=earlier)
    await until(lambda: fleet.running)
    second = begin(fleet, poll=later)
    await taken_up(fleet)
    fleet.hold.set()
    assert np.array_equal((await second).image, noise(11, 96, 64))
    await asyncio.gather(first, return_exceptions=True)
    assert (len(fleet.prompts), fleet.painted) == (1, [prompt_id(JOB)])
    assert fleet.history == {}


async def test_who_took_it_up_stops_it_when_it_is_not_wanted(fleet: FakeComfy) -> None:
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    later = Told()
    second = begin(fleet, later)
    await taken_up(fleet)
    later.abandoned = True
    with pytest.raises(Abandoned):
        await second
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert fleet.stopped[0] == prompt_id(JOB)
    assert fleet.waiting == 0


@pytest.mark.parametrize("era", ERAS[:2])
async def test_another_client_s_prompt_of_that_id_is_not_stopped(era: int) -> None:
    async with comfy(era=era) as fake:
        fake.hold.clear()
        task = begin(fake)
        await until(lambda: fake.running)
        async with Server(fake.url, "ComfyUI").calls() as calls:
            await stop(calls, prompt_id(JOB), "another")
            assert fake.stopped == []
            fake.hold.set()
            await task
            assert fake.painted == [prompt_id(JOB)]


async def test_another_client_s_picture_is_not_forgotten(fleet: FakeComfy) -> None:
    fleet.history[prompt_id(JOB)] = {"prompt": [0, prompt_id(JOB), {}, {"client_id": "b"}, []]}
    async with Server(fleet.url, "ComfyUI").calls() as calls:
        await stop(calls, prompt_id(JOB), "a")
        assert list(fleet.history) == [prompt_id(JOB)]
        await stop(calls, prompt_id(JOB), "b")
        assert fleet.history == {}


async def test_what_somebody_else_stops_is_sent_again(fleet: FakeComfy) -> None:
    fleet.hold.clear()
    task = begin(fleet)
    await until(lambda: fleet.running)
    fleet.interrupt()
    await until(lambda: len(fleet.prompts) == 2)
    fleet.hold.set()
    assert np.array_equal((await task).image, noise(11, 96, 64))
