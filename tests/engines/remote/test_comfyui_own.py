"""Workflows of an operator's own, and what stands in a model's way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.comfyui.servers import obstacle
from imgen.engines.protocol import Lora, Task
from imgen.errors import Invalid
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.comfy_calls import FLUX, SDXL, nodes
from tests.engines.remote.local import Told, disc, make_request, noise


def make_engine(fleet: FakeComfy, workflows: Path) -> ComfyUiEngine:
    return ComfyUiEngine(urls=[fleet.url], workflows=workflows, poll_seconds=0.02)


OWN: dict[str, Any] = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "meadow.safetensors"}},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {
            "lora_name": "{{lora_1}}",
            "strength_model": "{{lora_1_weight}}",
            "strength_clip": "{{lora_1_weight}}",
            "model": ["4", 0],
            "clip": ["4", 1],
        },
    },
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": 1},
    },
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "oil on canvas, {{prompt}}", "clip": ["10", 1]},
    },
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": "{{seed}}",
            "steps": "{{ steps }}",
            "cfg": 4.5,
            "sampler_name": "euler",
            "scheduler": "karras",
            "denoise": 1,
            "model": ["10", 0],
            "positive": ["6", 0],
            "negative": ["6", 0],
            "latent_image": ["5", 0],
        },
    },
    "7": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "8": {"class_type": "PreviewImage", "inputs": {"images": ["7", 0]}},
    "9": {"class_type": "SaveOwn", "inputs": {"images": ["7", 0]}, "_meta": {"title": "Saved"}},
}


class TestOwnWorkflows:
    @pytest.fixture
    def workflow(self, tmp_path: Path) -> Path:
        (tmp_path / "own.json").write_text(json.dumps(OWN))
        return tmp_path

    async def test_placeholders_are_filled_with_their_own_types(
        self, fleet: FakeComfy, workflow: Path
    ) -> None:
        engine = make_engine(fleet, workflow)
        request = make_request(
            options={"workflow": "own.json"}, prompt='a "{{seed}}" sign', negative_prompt="fog"
        )
        result = await engine.run(request, Told())
        made = nodes(fleet)
        assert (made["KSampler"]["seed"], made["KSampler"]["steps"]) == (11, 8)
        assert made["KSampler"]["model"] == ["4", 0]
        assert made["CLIPTextEncode"]["text"] == 'oil on canvas, a "{{seed}}" sign'
        assert "LoraLoader" not in made
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert result.ignored == ("negative_prompt", "guidance_scale")

    async def test_loras_go_where_the_operator_put_them(
        self, fleet: FakeComfy, workflow: Path
    ) -> None:
        engine = make_engine(fleet, workflow)
        loras = (Lora("kim", 0.8, "kim.safetensors"), Lora("ink", 1.0, "ink.safetensors"))
        request = make_request(options={"workflow": "own.json"}, loras=loras)
        result = await engine.run(request, Told())
        assert nodes(fleet)["LoraLoader"]["lora_name"] == "kim.safetensors"
        assert nodes(fleet)["LoraLoader"]["strength_model"] == 0.8
        assert "loras" in result.ignored

    async def test_a_task_may_have_a_workflow_of_its_own(
        self, fleet: FakeComfy, workflow: Path
    ) -> None:
        cutting = {
            "1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}},
            "2": {"class_type": "CutOut", "inputs": {"image": ["1", 0]}},
            "3": {
                "class_type": "SaveImage",
                "inputs": {"images": ["2", 0], "filename_prefix": "x"},
            },
        }
        (workflow / "cut.json").write_text(json.dumps(cutting))
        engine = make_engine(fleet, workflow)
        options = {**SDXL, "workflows": {"remove_background": "cut.json"}}
        image, _ = disc()
        request = make_request(options=options, task=Task.REMOVE_BACKGROUND, image=image)
        result = await engine.run(request, Told())
        assert result.image.shape == (64, 96, 4)

    async def test_a_picture_that_the_workflow_does_not_take_is_refused(
        self, fleet: FakeComfy, workflow: Path
    ) -> None:
        engine = make_engine(fleet, workflow)
        image, _ = disc()
        request = make_request(
            options={"workflow": "own.json"}, task=Task.IMAGE_TO_IMAGE, image=image
        )
        with pytest.raises(Invalid, match="takes no picture"):
            await engine.run(request, Told())


class TestObstacle:
    def test_nothing_is_in_the_way_of_a_whole_model(self) -> None:
        settings = {"urls": ["http://gpu:8188"]}
        assert obstacle(SDXL, settings) == ""
        assert obstacle({"matting": "a"}, settings) == obstacle({"upscaler": "a"}, settings) == ""
        assert obstacle({**FLUX, "url": ["http://a:1", "http://b:1"]}, {}) == ""

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({}, "names no checkpoint"),
            ({"checkpoint": 3}, "checkpoint must be a string"),
            ({**FLUX, "vae": ""}, "needs clip and vae"),
            ({**SDXL, "graph": "cubist"}, "graph must be"),
            ({**SDXL, **FLUX}, "names a checkpoint and a unet"),
            ({**SDXL, "controlnet": {"depth": "a"}}, "cannot have depth: there are canny"),
            ({**SDXL, "matting": 3}, "matting must be a string"),
            ({**SDXL, "url": "gpu:8188"}, "must look like https://host"),
            ({"workflow": "missing.json"}, "missing.json is not there"),
            ({"workflow": "list.json"}, "no workflow in API format"),
            ({"workflow": "text.json"}, "is not JSON"),
            ({"workflow": "odd.json"}, "unknown placeholder promt"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, tmp_path: Path, options: Mapping[str, object], reason: str
    ) -> None:
        (tmp_path / "list.json").write_text('{"nodes": []}')
        (tmp_path / "text.json").write_text("hello")
        odd = {"1": {"class_type": "X", "inputs": {"text": "{{promt}}"}}}
        (tmp_path / "odd.json").write_text(json.dumps(odd))
        settings = {"urls": ["http://gpu:8188"], "workflows": tmp_path}
        assert reason in obstacle(options, settings)

    def test_no_server(self) -> None:
        assert obstacle(SDXL, {}) == "no ComfyUI server is configured"
