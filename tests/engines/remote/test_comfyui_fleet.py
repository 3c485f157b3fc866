"""Several ComfyUI servers, of which one fails or hangs while it still says that it is well."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.protocol import Task
from imgen.errors import Unavailable, Upstream
from tests.engines.remote.comfy import FakeComfy, comfy
from tests.engines.remote.comfy_calls import SDXL, make_engine
from tests.engines.remote.local import Fault, Told, disc, make_request

_FLEET = "imgen.engines.comfyui.fleet"
either = pytest.mark.parametrize("which", [0, 1])


async def run(engine: ComfyUiEngine, **changes: Any) -> object:
    """Who made it."""
    return (await engine.run(make_request(options=SDXL, **changes), Told())).info["server"]


def host(fake: FakeComfy) -> str:
    return fake.url.removeprefix("http://")


@either
async def test_a_server_on_which_jobs_fail_is_left_for_another(which: int) -> None:
    async with comfy() as one, comfy() as two:
        broken, sound = (one, two) if which else (two, one)
        broken.fails = "KSampler"
        engine = make_engine(one, two)
        # Each model leans to a server of its own.
        made = [await run(engine, model=f"model {n}", job=f"run_{n}") for n in range(8)]
        assert made == [host(sound)] * 8
        assert len(broken.prompts) <= 1  # it is remembered


@either
async def test_it_is_given_another_chance(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{_FLEET}._SHUNNED_SECONDS", 0.0)
    async with comfy() as one, comfy() as two:
        broken = (one, two)[which]
        broken.fails = "KSampler"
        engine = make_engine(one, two)
        models = [f"model {number}" for number in range(12)]
        for model in models:
            await run(engine, model=model)
        broken.fails = ""
        assert host(broken) in {await run(engine, model=model) for model in models}


@either
async def test_a_server_that_takes_no_pictures_is_left_for_another(
    which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So often that its circuit breaker opens."""
    async with comfy() as one, comfy() as two:
        broken, sound = (one, two) if which else (two, one)
        broken.local.faults = [Fault("/upload", status=500)] * 400
        engine = make_engine(one, two)
        image, _ = disc()
        monkeypatch.setattr(f"{_FLEET}._SHUNNED_SECONDS", 0.0)
        for n in range(8):
            fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": image}
            made = await run(engine, model=f"model {n}", job=f"run_{n}", **fields)
            assert made == host(sound)


async def test_what_fails_everywhere_fails_once_on_each() -> None:
    async with comfy() as one, comfy() as two:
        one.fails = two.fails = "KSampler"
        with pytest.raises(Upstream):
            await run(make_engine(one, two), job="run_1")
        assert (len(one.prompts), len(two.prompts)) == (1, 1)


async def test_a_failure_is_told_although_the_others_are_down() -> None:
    async with comfy() as dead:
        pass
    async with comfy() as broken:
        broken.fails = "KSampler"
        with pytest.raises(Upstream):
            await run(make_engine(broken, dead), job="run_1")
        assert len(broken.prompts) == 1


async def test_a_server_that_hangs_when_it_is_looked_through_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{_FLEET}._HEALTH_SECONDS", 1.0)
    monkeypatch.setattr(f"{_FLEET}._STRAGGLER_SECONDS", 0.1)
    async with comfy() as hanging, comfy() as sound:
        hanging.local.faults = [Fault("/history/", hang=True)] * 50
        engine = make_engine(hanging, sound, timeout_seconds=3600.0)
        async with asyncio.timeout(20):
            assert await run(engine, job="run_1") == host(sound)
            assert hanging.looks == 1
            monkeypatch.setattr(f"{_FLEET}._HEALTH_SECONDS", 3600.0)  # it is known by now
            assert await run(engine, seed=2, job="run_2") == host(sound)


async def test_a_server_that_hung_is_waited_for_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{_FLEET}._HEALTH_SECONDS", 0.3)
    monkeypatch.setattr(f"{_FLEET}._STRAGGLER_SECONDS", 0.0)
    async with comfy() as only:
        engine = make_engine(only)
        only.local.faults = [Fault("/history/", hang=True)]
        with pytest.raises(Unavailable):
            await run(engine, job="run_1")
        monkeypatch.setattr(f"{_FLEET}._HEALTH_SECONDS", 5.0)
        assert await run(engine, job="run_1") == host(only)


async def test_when_none_answers_it_says_when_to_come_back() -> None:
    async with comfy() as dead:
        pass
    with pytest.raises(Unavailable) as caught:
        await run(make_engine(dead))
    assert caught.value.code == "comfyui_down"
    assert caught.value.retry_after


async def test_a_load_without_sense_is_that_of_a_server_that_is_not_well(fleet: FakeComfy) -> None:
    fleet.local.faults = [Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 1e999}}')]
    with pytest.raises(Unavailable, match="No ComfyUI server answers"):
        await run(make_engine(fleet))
