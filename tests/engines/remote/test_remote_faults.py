"""Slow, cut off, garbage, restarted: what each remote engine makes of each call that goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.openai.engine import OpenAiEngine
from imgen.engines.protocol import EngineResult, Task
from imgen.engines.runpod.engine import RunPodEngine
from imgen.errors import ImgenError, Upstream
from tests.engines.remote.comfy import FakeComfy, comfy
from tests.engines.remote.comfy_calls import SDXL
from tests.engines.remote.local import Fault, Told, disc, make_request, noise, serving, until
from tests.engines.remote.openai_server import KEY, FakeOpenAi
from tests.engines.remote.runpod_server import KEY as POD_KEY
from tests.engines.remote.runpod_server import FakeRunPod

pytestmark = pytest.mark.timeout(30)
"""Whatever waits for ever fails its test."""
POD = {"endpoint": "pictures", **SDXL}
VLLM = {"model": "meadow", "dialect": "vllm-omni"}
_SLOW = 0.5
"""Seconds for one call: what hangs or drips takes longer."""


def spoilt(path: str, how: str, **more: Any) -> Fault:
    """A call that hangs, drips, is cut off or answers garbage."""
    wrong: dict[str, Any] = {} if how == "garbage" else {how: True}
    return Fault(path, **wrong, **more)


HOW = ("hang", "drip", "cut", "garbage")


async def on_comfyui(*fleet: FakeComfy, **changes: Any) -> EngineResult:
    engine = ComfyUiEngine(
        urls=[one.url for one in fleet],
        poll_seconds=0.02,
        patience_seconds=10.0,
        timeout_seconds=_SLOW,
    )
    return await engine.run(make_request(options=SDXL, **changes), Told())


class TestComfyUi:
    @pytest.mark.parametrize("how", HOW)
    async def test_a_server_that_does_not_say_how_busy_it_is_is_passed_over(self, how: str) -> None:
        async with comfy() as odd, comfy() as sound:
            odd.local.faults.append(spoilt("/prompt", how))
            await on_comfyui(odd, sound)
            assert (odd.painted, len(sound.painted)) == ([], 1)

    @pytest.mark.parametrize("how", HOW)
    @pytest.mark.parametrize("call", ["/history/", "/queue"])
    async def test_a_look_that_goes_wrong_is_taken_again(
        self, fleet: FakeComfy, call: str, how: str
    ) -> None:
        fleet.hold.clear()
        fleet.deaf = True  # so that it is looked at
        fleet.local.faults.append(spoilt(call, how))
        task = asyncio.create_task(on_comfyui(fleet))
        await until(lambda: not fleet.local.faults)
        fleet.hold.set()
        assert np.array_equal((await task).image, noise(11, 96, 64))
        assert len(fleet.painted) == 1

    @pytest.mark.parametrize("how", HOW)
    async def test_a_prompt_whose_answer_is_lost_is_found_and_made_once(
        self, fleet: FakeComfy, how: str
    ) -> None:
        idle = Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')
        fleet.local.faults += [idle, spoilt("/prompt", how, after=True)]
        assert np.array_equal((await on_comfyui(fleet)).image, noise(11, 96, 64))
        assert len(fleet.painted) == 1

    @pytest.mark.parametrize("how", HOW)
    async def test_a_prompt_that_did_not_arrive_is_sent_again(
        self, fleet: FakeComfy, how: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imgen.engines.comfyui.job._ARRIVAL_SECONDS", 0.1)
        idle = Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')
        fleet.local.faults += [idle, spoilt("/prompt", how)]
        assert np.array_equal((await on_comfyui(fleet)).image, noise(11, 96, 64))
        assert len(fleet.painted) == 1

    @pytest.mark.parametrize("how", ["hang", "drip", "cut"])
    @pytest.mark.parametrize("call", ["/upload", "/view"])
    async def test_a_file_is_sent_and_fetched_again(
        self, fleet: FakeComfy, call: str, how: str
    ) -> None:
        image, _ = disc()
        fleet.local.faults.append(spoilt(call, how))
        result = await on_comfyui(fleet, task=Task.IMAGE_TO_IMAGE, image=image)
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert (fleet.local.faults, len(fleet.painted)) == ([], 1)

    @pytest.mark.parametrize("call", ["/upload", "/view"])
    async def test_a_file_that_makes_no_sense_fails_the_try(
        self, fleet: FakeComfy, call: str
    ) -> None:
        image, _ = disc()
        fleet.local.faults.append(spoilt(call, "garbage"))
        with pytest.raises(Upstream, match=r"took no picture|came back"):
            await on_comfyui(fleet, task=Task.IMAGE_TO_IMAGE, image=image)

    @pytest.mark.parametrize("how", ["deaf", "mute", "hangs_up"])
    async def test_a_websocket_in_trouble_holds_nothing_up(
        self, fleet: FakeComfy, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        monkeypatch.setattr("imgen.engines.comfyui.job._LISTEN_SECONDS", 0.05)
        setattr(fleet, how, True)
        assert (await on_comfyui(fleet)).image.shape == (64, 96, 3)

    async def test_a_server_that_is_away_for_a_moment_has_forgotten_everything(self) -> None:
        fake = FakeComfy()
        working = asyncio.create_task(fake.work())
        async with serving(fake.local) as fake.url:
            fake.hold.clear()
            task = asyncio.create_task(on_comfyui(fake))
            await until(lambda: fake.running)
        fake.restart()
        fake.hold.set()
        async with serving(fake.local, int(fake.url.rpartition(":")[2])):
            assert np.array_equal((await task).image, noise(11, 96, 64))
        assert len(fake.prompts) == 2
        working.cancel()


async def on_runpod(pod: FakeRunPod, **settings: Any) -> EngineResult:
    quick: dict[str, Any] = {
        "first_poll_seconds": 0.005,
        "longest_poll_seconds": 0.01,
        "patience_seconds": 10.0,
        "timeout_seconds": _SLOW,
        "output_hosts": [pod.origin.removeprefix("http://")],
    }
    engine = RunPodEngine(**{"key": POD_KEY, "url": pod.url, **quick, **settings})
    return await engine.run(make_request(options=POD), Told())


class TestRunPod:
    @pytest.mark.parametrize("how", HOW)
    async def test_a_look_that_goes_wrong_is_taken_again(self, pod: FakeRunPod, how: str) -> None:
        pod.local.faults.append(spoilt("/status", how))
        assert np.array_equal((await on_runpod(pod)).image, noise(11, 96, 64))
        assert (pod.local.faults, len(pod.jobs)) == ([], 1)

    @pytest.mark.parametrize("how", HOW)
    async def test_what_may_have_begun_is_not_begun_twice(self, pod: FakeRunPod, how: str) -> None:
        pod.local.faults.append(spoilt("/run", how, after=True))
        with pytest.raises(Upstream):
            await on_runpod(pod)
        assert len(pod.jobs) == 1

    @pytest.mark.parametrize("how", ["hang", "drip", "cut"])
    async def test_a_picture_in_a_bucket_is_fetched_again(
        self, pod: FakeRunPod, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        monkeypatch.setattr("imgen.engines.remote.download._SECONDS", _SLOW)
        pod.by_url = True
        pod.local.faults += [spoilt("/bucket", how), Fault("/bucket", status=503)]
        assert np.array_equal((await on_runpod(pod)).image, noise(11, 96, 64))
        assert len(pod.jobs) == 1

    async def test_a_bucket_that_never_has_it_fails_the_try(self, pod: FakeRunPod) -> None:
        pod.by_url = True
        pod.local.faults += [Fault("/bucket", status=503)] * 3
        with pytest.raises(Upstream, match="status 503"):
            await on_runpod(pod)

    async def test_a_picture_in_a_bucket_that_is_none(self, pod: FakeRunPod) -> None:
        pod.by_url = True
        pod.local.faults.append(spoilt("/bucket", "garbage"))
        with pytest.raises(Upstream, match="came back"):
            await on_runpod(pod)

    async def test_a_key_that_is_revoked_meanwhile_is_not_asked_with_for_ever(
        self, pod: FakeRunPod
    ) -> None:
        pod.local.faults.append(Fault("/status", status=401))
        with pytest.raises(ImgenError, match="does not accept the key"):
            await on_runpod(pod)


async def on_openai(vendor: FakeOpenAi, **settings: Any) -> EngineResult:
    engine = OpenAiEngine(**{"url": vendor.url, "key": KEY, "timeout_seconds": 5.0, **settings})
    return await engine.run(make_request(options=VLLM), Told())


class TestOpenAi:
    @pytest.mark.parametrize("how", HOW)
    async def test_a_picture_that_may_have_been_made_is_not_paid_for_twice(
        self, vendor: FakeOpenAi, how: str
    ) -> None:
        vendor.local.faults.append(spoilt("/images", how, after=True))
        with pytest.raises(Upstream):
            await on_openai(vendor, timeout_seconds=_SLOW)
        assert len(vendor.asked) == 1

    @pytest.mark.parametrize("how", ["hang", "drip", "cut"])
    async def test_a_picture_at_an_address_is_fetched_again(
        self, vendor: FakeOpenAi, how: str
    ) -> None:
        vendor.place = "/files/{}"
        vendor.local.faults.append(spoilt("/files", how))
        result = await on_openai(vendor, timeout_seconds=_SLOW)
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert len(vendor.asked) == 1

    async def test_a_server_that_starts_only_now_is_asked_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[object] = []

        def wait(*given: object) -> float:
            waits.append(given)
            return _SLOW

        monkeypatch.setattr("imgen.engines.remote.server._wait", wait)
        vendor = FakeOpenAi()
        async with serving(vendor.local) as vendor.origin:
            pass  # a port where nobody is
        task = asyncio.create_task(on_openai(vendor))
        await until(lambda: waits)
        async with serving(vendor.local, int(vendor.origin.rpartition(":")[2])):
            assert np.array_equal((await task).image, noise(11, 96, 64))


class TestKeys:
    """Nothing that anybody logs, at any level, has a key in it."""

    async def test_of_comfyui(self, fleet: FakeComfy, logged: Callable[[], str]) -> None:
        host = fleet.url.removeprefix("http://")
        engine = ComfyUiEngine(urls=[fleet.url], keys={host: KEY}, poll_seconds=0.02)
        fleet.local.faults += [Fault("/view", status=500), Fault("/view", cut=True)]
        await engine.run(make_request(options=SDXL), Told())
        said = logged()
        assert "remote.failed" in said
        assert "/ws?clientId" in said  # its websocket's headers are logged too
        assert KEY not in said

    async def test_of_runpod(self, pod: FakeRunPod, logged: Callable[[], str]) -> None:
        pod.by_url = True
        pod.local.faults += [Fault("/status", status=500), Fault("/bucket", status=503)]
        await on_runpod(pod)
        said = logged()
        assert "remote.failed" in said
        assert POD_KEY not in said
        assert "s3cr3t" not in said

    async def test_of_an_openai_style_server(
        self, vendor: FakeOpenAi, logged: Callable[[], str]
    ) -> None:
        vendor.local.faults += [Fault("/images", status=429), Fault("/images", cut=True)]
        with pytest.raises(Upstream):
            await on_openai(vendor)
        said = logged()
        assert "remote.failed" in said
        assert KEY not in said
