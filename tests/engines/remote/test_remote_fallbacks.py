"""When a model's next engine makes the picture: what one cannot do, refuses or waits for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgen.catalog.entries import Model, Way
from imgen.catalog.load import load_catalog
from imgen.engines.protocol import Task
from imgen.engines.registry import Registry
from imgen.errors import Invalid, Unavailable
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.comfy_calls import SDXL
from tests.engines.remote.local import Fault, Told, disc, make_request, noise
from tests.engines.remote.openai_server import KEY, FakeOpenAi
from tests.engines.remote.runpod_server import KEY as POD_KEY
from tests.engines.remote.runpod_server import FakeRunPod

pytestmark = pytest.mark.timeout(30)
COMFY = Way("comfyui", SDXL)
POD = Way("runpod", {"endpoint": "pictures", **SDXL})
VLLM = Way("openai", {"model": "meadow", "dialect": "vllm-omni"})


def model(first: Way, *fallbacks: Way) -> Model:
    sketch = load_catalog().models["sketch"]
    return replace(
        sketch, key="tried", engine=first.engine, options=first.options, fallbacks=fallbacks
    )


class Engines:
    """All of them, on servers of their own."""

    def __init__(self, fleet: FakeComfy, pod: FakeRunPod, vendor: FakeOpenAi) -> None:
        self.settings: dict[str, dict[str, Any]] = {
            "comfyui": {"urls": [fleet.url], "poll_seconds": 0.02},
            "runpod": {
                "key": POD_KEY,
                "url": pod.url,
                "first_poll_seconds": 0.005,
                "longest_poll_seconds": 0.01,
            },
            "openai": {"key": KEY, "url": vendor.url, "timeout_seconds": 10.0},
        }

    async def __call__(self, *ways: Way, **changes: Any) -> str:
        """Which one made the picture."""
        registry = Registry({}, settings=self.settings)
        engine, _ = await registry.run(model(*ways), make_request(**changes), Told())
        return engine


@pytest.fixture
def engines(fleet: FakeComfy, pod: FakeRunPod, vendor: FakeOpenAi) -> Engines:
    return Engines(fleet, pod, vendor)


class TestWhatOneCannotDo:
    async def test_a_task_that_the_first_cannot_do(
        self, engines: Engines, vendor: FakeOpenAi
    ) -> None:
        image, _ = disc()
        none = Way("openai", {"model": "dall-e-3"})
        assert await engines(none, COMFY, task=Task.IMAGE_TO_IMAGE, image=image) == "comfyui"
        assert vendor.local.calls == []

    async def test_a_graph_that_lacks_what_the_task_needs(
        self, engines: Engines, pod: FakeRunPod
    ) -> None:
        image, _ = disc()
        fields: dict[str, Any] = {"task": Task.REMOVE_BACKGROUND, "image": image}
        cuts = Way("comfyui", {**SDXL, "matting": "meadow.safetensors"})
        assert await engines(POD, cuts, **fields) == "comfyui"
        assert pod.jobs == {}

    async def test_a_workflow_that_has_no_place_for_the_picture(
        self, engines: Engines, fleet: FakeComfy, tmp_path: Path
    ) -> None:
        image, _ = disc()
        (tmp_path / "own.json").write_text('{"1": {"class_type": "X", "inputs": {}}}')
        engines.settings["comfyui"]["workflows"] = tmp_path
        own = Way("comfyui", {"workflow": "own.json"})
        assert await engines(own, POD, task=Task.IMAGE_TO_IMAGE, image=image) == "runpod"
        assert fleet.prompts == []

    async def test_a_picture_over_the_first_one_s_limit(
        self, engines: Engines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imgen.engines.runpod.body._LARGEST", 10_000)
        fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": noise(1, 96, 64)}
        assert await engines(POD, COMFY, **fields) == "comfyui"

    async def test_a_picture_that_the_first_one_s_server_finds_too_large(
        self, engines: Engines, vendor: FakeOpenAi
    ) -> None:
        vendor.local.faults.append(Fault("/images", status=413))
        assert await engines(VLLM, COMFY) == "comfyui"

    async def test_what_none_can_do_is_said_by_the_first(
        self, engines: Engines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imgen.engines.runpod.body._LARGEST", 10_000)
        fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": noise(1, 96, 64)}
        none = Way("openai", {"model": "dall-e-3"})
        with pytest.raises(Invalid, match="too large for this model's server"):
            await engines(POD, none, **fields)
        with pytest.raises(Invalid, match="cannot do image to image"):
            await engines(none, POD, **fields)

    async def test_one_that_cannot_does_not_hide_that_the_other_may_yet(
        self, engines: Engines, fleet: FakeComfy
    ) -> None:
        image, _ = disc()
        fleet.local.faults += [Fault("/prompt", status=500)] * 40
        none = Way("openai", {"model": "dall-e-3"})
        with pytest.raises(Unavailable, match="No ComfyUI server answers"):
            await engines(COMFY, none, task=Task.IMAGE_TO_IMAGE, image=image)


class TestWhatOneRefuses:
    @pytest.mark.parametrize(
        "error",
        [
            {"type": "image_generation_user_error", "code": "billing_hard_limit_reached"},
            {"type": "invalid_request_error", "code": "invalid_value", "param": "model"},
        ],
    )
    async def test_what_is_not_the_client_s_fault(
        self, engines: Engines, vendor: FakeOpenAi, error: Mapping[str, str]
    ) -> None:
        vendor.refusal = 400, {"error": {"message": "In words", **error}}
        assert await engines(VLLM, COMFY) == "comfyui"

    @pytest.mark.parametrize(
        "body",
        [
            {"error": {"code": "moderation_blocked", "param": None}},
            {"error": {"code": None, "message": "Rejected by our safety system."}},
            {"detail": "The prompt was flagged by content moderation."},
        ],
    )
    async def test_what_content_rules_forbid_is_taken_to_nobody_else(
        self, engines: Engines, vendor: FakeOpenAi, fleet: FakeComfy, body: Mapping[str, Any]
    ) -> None:
        vendor.local.faults.append(Fault("/images", status=400, body=json.dumps(body).encode()))
        with pytest.raises(Invalid, match="content rules"):
            await engines(VLLM, COMFY)
        assert fleet.prompts == []


class TestWhatOneKeepsWaitingFor:
    @pytest.mark.parametrize(
        "how", [{"hang": True}, {"drip": True}, {"cut": True}, {"status": 500}, {"status": 503}]
    )
    async def test_a_picture_is_asked_of_the_first_once(
        self, engines: Engines, vendor: FakeOpenAi, how: Mapping[str, Any]
    ) -> None:
        engines.settings["openai"]["timeout_seconds"] = 0.5
        vendor.local.faults += [Fault("/images", after=True, **how)] * 3
        assert await engines(VLLM, COMFY) == "comfyui"
        assert len(vendor.asked) == 1

    async def test_a_job_that_finds_no_worker(self, engines: Engines, pod: FakeRunPod) -> None:
        pod.states = ["IN_QUEUE"]
        engines.settings["runpod"]["queue_seconds"] = 0.1
        assert await engines(POD, COMFY) == "comfyui"
        assert pod.cancelled == list(pod.jobs)
