"""A job's next try takes up what its worker left on a ComfyUI when it died."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np
import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.comfyui.prompt import prompt_id
from imgen.engines.protocol import Abandoned, EngineResult, Task
from imgen.errors import Upstream
from tests.engines.remote.comfy import FakeComfy, comfy
from tests.engines.remote.comfy_calls import SDXL
from tests.engines.remote.local import Fault, Told, disc, make_request, noise, until

JOB = "run_0123456789abcdef"

Kill = Callable[[asyncio.Task[EngineResult]], Awaitable[None]]


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Kill:
    """Ends a try as `kill -9` does: nobody tidies up."""

    async def nothing(work: Any, _seconds: float) -> None:
        work.close()

    async def kill(task: asyncio.Task[EngineResult]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("imgen.engines.comfyui.engine.briefly", nothing)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return kill


def begin(
    *fleet: FakeComfy,
    options: Mapping[str, object] = SDXL,
    told: Told | None = None,
    job: str = JOB,
    **changes: Any,
) -> asyncio.Task[EngineResult]:
    """A try, in an engine of its own, as in another process."""
    quick: dict[str, Any] = {"poll_seconds": 0.02, "patience_seconds": 0.3, "timeout_seconds": 2.0}
    engine = ComfyUiEngine(urls=[one.url for one in fleet], **quick)
    request = make_request(options=options, job=job, **changes)
    return asyncio.create_task(engine.run(request, told or Told()))


def test_a_job_has_one_prompt_id_that_comfyui_takes() -> None:
    assert prompt_id(JOB) == prompt_id(JOB) == str(uuid.UUID(prompt_id(JOB)))
    assert prompt_id(JOB) != prompt_id("run_other")
    assert prompt_id("") != prompt_id("")


@pytest.mark.parametrize("era", [2026, 2025])
async def test_what_runs_is_taken_up_and_heard(era: int, kill: Kill) -> None:
    async with comfy(era=era) as fake:
        fake.hold.clear()
        first = begin(fake)
        await until(lambda: fake.running)
        await kill(first)
        told = Told()
        second = begin(fake, told=told)
        client = fake.prompts[0]["extra_data"]["client_id"]
        await until(lambda: fake.listening(client))  # in the name of who sent it
        fake.hold.set()
        assert np.array_equal((await second).image, noise(11, 96, 64))
        assert fake.painted == [prompt_id(JOB)]
        assert told.steps[-1] == (8, 8)
        assert fake.history == {}


async def test_what_waits_is_taken_up(fleet: FakeComfy, kill: Kill) -> None:
    fleet.hold.clear()
    ahead = begin(fleet, job="run_ahead")
    await until(lambda: fleet.running)
    image, mask = disc()
    fields: dict[str, Any] = {"task": Task.INPAINT, "image": image, "mask": mask}
    first = begin(fleet, **fields)
    await until(lambda: fleet.queue)
    await kill(first)
    second = begin(fleet, **fields)
    fleet.hold.set()
    await ahead
    result = await second
    assert np.array_equal(result.image[mask == 255], noise(11, 96, 64)[mask == 255])
    assert len(fleet.prompts) == 2
    # Two pictures, once; and that it is watched on.
    assert len([call for call in fleet.local.paths() if call == "/upload/image"]) == 3


async def test_what_ended_while_nobody_watched_is_fetched(fleet: FakeComfy, kill: Kill) -> None:
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    fleet.hold.set()
    await until(lambda: fleet.history)
    assert np.array_equal((await begin(fleet)).image, noise(11, 96, 64))
    assert len(fleet.prompts) == 1
    assert fleet.history == {}


async def test_what_failed_while_nobody_watched_is_sent_again(fleet: FakeComfy, kill: Kill) -> None:
    fleet.fails = "VAEDecode"
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    fleet.hold.set()
    await until(lambda: fleet.history)
    fleet.fails = ""
    assert np.array_equal((await begin(fleet)).image, noise(11, 96, 64))
    assert len(fleet.prompts) == 2
    assert fleet.history == {}


async def test_what_the_earlier_try_was_stopping_is_sent_again(
    fleet: FakeComfy, kill: Kill
) -> None:
    """Its worker was told to end: it stops what runs, which takes a step, and is gone."""
    fleet.hold.clear()
    fleet.deafened = True
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    fleet.interrupt()
    second = begin(fleet)
    client = fleet.prompts[0]["extra_data"]["client_id"]
    await until(lambda: fleet.listening(client))  # has taken up what is about to end
    fleet.deafened = False
    fleet.hold.set()
    assert np.array_equal((await second).image, noise(11, 96, 64))
    assert fleet.painted == [prompt_id(JOB)]
    assert len(fleet.prompts) == 2


async def test_what_asks_for_something_else_is_stopped_first(fleet: FakeComfy, kill: Kill) -> None:
    """Another way of the model's, or its catalog entry has changed."""
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    second = begin(fleet, options={**SDXL, "sampler": "ddim"})
    await until(lambda: len(fleet.prompts) == 2)
    fleet.hold.set()
    assert (await second).image.shape == (64, 96, 3)
    assert fleet.stopped == [prompt_id(JOB)]
    assert fleet.prompts[1]["prompt"]["sampler"]["inputs"]["sampler_name"] == "ddim"
    assert len(fleet.painted) == 1


async def test_the_end_of_an_earlier_try_is_not_taken_for_our_own(
    fleet: FakeComfy, kill: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to stop, and does so only when ours is in the queue, under the same id."""
    monkeypatch.setattr("imgen.engines.comfyui.engine._CANCEL_SECONDS", 0.05)
    fleet.hold.clear()
    fleet.deafened = True
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    second = begin(fleet, options={**SDXL, "sampler": "ddim"})
    await until(lambda: len(fleet.prompts) == 2)
    fleet.interrupt()
    fleet.deafened = False
    await until(lambda: fleet.running is fleet.prompts[1])
    assert fleet.history[prompt_id(JOB)]["status"]["status_str"] == "error"
    before = fleet.looks
    await until(lambda: fleet.looks > before + 1 or second.done())
    fleet.hold.set()
    assert np.array_equal((await second).image, noise(11, 96, 64))
    assert len(fleet.painted) == 1


async def test_it_is_looked_for_on_the_whole_fleet(kill: Kill) -> None:
    async with comfy() as idle, comfy() as busy:
        busy.hold.clear()
        first = begin(busy)
        await until(lambda: busy.running)
        await kill(first)
        second = begin(idle, busy)
        await until(lambda: busy.looked_up(prompt_id(JOB)))
        busy.hold.set()
        assert (await second).image.shape == (64, 96, 3)
        assert (idle.prompts, len(busy.prompts)) == ([], 1)


async def test_after_a_restart_it_is_sent_again(fleet: FakeComfy, kill: Kill) -> None:
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    fleet.restart()
    fleet.hold.set()
    assert (await begin(fleet)).image.shape == (64, 96, 3)
    assert len(fleet.prompts) == 2


async def test_a_server_that_gives_its_own_ids_makes_it_again(kill: Kill) -> None:
    async with comfy(era=2024) as old:
        old.hold.clear()
        first = begin(old)
        await until(lambda: old.running)
        await kill(first)
        old.hold.set()
        assert (await begin(old)).image.shape == (64, 96, 3)
        assert len(old.prompts) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/history/", status=500),
        Fault("/history/", cut=True),
        Fault("/queue", status=503),
        Fault("/queue", cut=True),
    ],
)
async def test_a_passing_fault_hides_nothing(fleet: FakeComfy, kill: Kill, fault: Fault) -> None:
    fleet.hold.clear()
    first = begin(fleet)
    await until(lambda: fleet.running)
    await kill(first)
    fleet.local.faults.append(fault)
    second = begin(fleet)
    await until(lambda: fleet.local.faults == [])
    fleet.hold.set()
    assert (await second).image.shape == (64, 96, 3)
    assert len(fleet.prompts) == 1


async def test_what_was_taken_up_is_cancelled_and_no_other(fleet: FakeComfy, kill: Kill) -> None:
    fleet.hold.clear()
    ahead = begin(fleet, job="run_ahead")
    await until(lambda: fleet.running)
    first = begin(fleet)
    await until(lambda: fleet.queue)
    await kill(first)
    told = Told()
    second = begin(fleet, told=told)
    await until(lambda: told.steps)
    told.abandoned = True
    with pytest.raises(Abandoned):
        await second
    assert fleet.stopped == [prompt_id(JOB)]
    fleet.hold.set()
    assert (await ahead).image.shape == (64, 96, 3)


async def test_a_failure_leaves_nothing_behind_for_the_next_try(fleet: FakeComfy) -> None:
    fleet.fails = "KSampler"
    with pytest.raises(Upstream, match="failed at"):
        await begin(fleet)
    assert fleet.history == {}
    fleet.fails = ""
    assert (await begin(fleet)).image.shape == (64, 96, 3)


async def test_without_a_job_nothing_is_looked_for(fleet: FakeComfy) -> None:
    await begin(fleet, job="")
    posted = next(n for n, call in enumerate(fleet.local.calls) if call.method == "POST")
    assert [call.path for call in fleet.local.calls[:posted]] == ["/prompt"]
