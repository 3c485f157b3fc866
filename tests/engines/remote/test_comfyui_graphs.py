"""Workflow graphs that the comfyui engine builds, checked and run as ComfyUI would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from imgen.engines.hints import DRAWN, drawn
from imgen.engines.protocol import Control, Lora, Task
from imgen.errors import Invalid
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.comfy_calls import FLUX, SDXL, make, nodes
from tests.engines.remote.local import disc, noise


class TestGraphs:
    async def test_words_become_the_picture_that_the_server_painted(self, fleet: FakeComfy) -> None:
        result = await make(fleet, seed=2**63 - 1)
        assert np.array_equal(result.image, noise(2**63 - 1, 96, 64))
        assert result.ignored == ()

    async def test_sdxl_takes_both_prompts_steps_and_guidance(self, fleet: FakeComfy) -> None:
        await make(fleet, negative_prompt="fog", steps=9, guidance_scale=6.5)
        prompt = fleet.prompts[0]["prompt"]
        sampler = prompt["sampler"]["inputs"]
        assert (sampler["steps"], sampler["cfg"], sampler["denoise"]) == (9, 6.5, 1.0)
        assert prompt[sampler["positive"][0]]["inputs"]["text"] == "a lake in the mountains"
        assert prompt[sampler["negative"][0]]["inputs"]["text"] == "fog"

    async def test_a_distilled_model_is_never_unguided(self, fleet: FakeComfy) -> None:
        result = await make(fleet, negative_prompt="fog", guidance_scale=0)
        assert nodes(fleet)["KSampler"]["cfg"] == 1.0
        assert result.ignored == ("negative_prompt",)

    async def test_flux_takes_guidance_as_a_condition(self, fleet: FakeComfy) -> None:
        result = await make(fleet, FLUX, guidance_scale=3.5, negative_prompt="fog")
        made = nodes(fleet)
        assert made["FluxGuidance"]["guidance"] == 3.5
        assert made["KSampler"]["cfg"] == 1.0
        assert made["DualCLIPLoader"]["type"] == "flux"
        assert "EmptySD3LatentImage" in made
        assert result.ignored == ("negative_prompt",)

    async def test_flux_with_true_guidance_reads_the_negative_prompt(
        self, fleet: FakeComfy
    ) -> None:
        result = await make(fleet, {**FLUX, "true_cfg_scale": 4}, negative_prompt="fog")
        assert nodes(fleet)["KSampler"]["cfg"] == 4
        assert result.ignored == ()

    async def test_loras_are_chained_in_order(self, fleet: FakeComfy) -> None:
        loras = (
            Lora("kim", 0.8, "/srv/loras/kim.safetensors"),
            Lora("ink", 0.5, "studio/ink:ink.safetensors"),
        )
        result = await make(fleet, loras=loras)
        prompt = fleet.prompts[0]["prompt"]
        assert prompt["lora_0"]["inputs"]["lora_name"] == "kim.safetensors"
        assert prompt["lora_1"]["inputs"]["model"] == ["lora_0", 0]
        assert prompt["lora_1"]["inputs"]["strength_model"] == 0.5
        assert prompt["sampler"]["inputs"]["model"] == ["lora_1", 0]
        assert prompt["positive"]["inputs"]["clip"] == ["lora_1", 1]
        assert result.ignored == ()

    async def test_a_lora_whose_file_cannot_be_told_is_reported(self, fleet: FakeComfy) -> None:
        result = await make(fleet, loras=(Lora("kim", 1.0, "studio/kim"),))
        assert result.ignored == ("loras",)
        named = {**SDXL, "loras": {"kim": "kim.safetensors"}}
        result = await make(fleet, named, loras=(Lora("kim", 1.0, "studio/kim"),))
        assert result.ignored == ()

    async def test_any_size_is_rendered_on_sixteens_and_cut_to_what_was_asked(
        self, fleet: FakeComfy
    ) -> None:
        result = await make(fleet, width=100, height=70)
        assert nodes(fleet)["EmptyLatentImage"] == {"width": 112, "height": 80, "batch_size": 1}
        assert np.array_equal(result.image, noise(11, 112, 80)[:70, :100])


class TestEdits:
    async def test_a_picture_is_painted_over(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        result = await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image, strength=0.4)
        assert nodes(fleet)["KSampler"]["denoise"] == 0.4
        assert np.array_equal(result.image, noise(11, 96, 64))

    async def test_strength_nought_gives_the_input_back(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        result = await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image, strength=0.0)
        assert np.array_equal(result.image, image)
        assert fleet.local.calls == []

    async def test_outside_the_mask_nothing_changes(self, fleet: FakeComfy) -> None:
        image, mask = disc(100, 70)
        fields: dict[str, Any] = {"image": image, "mask": mask, "width": 100, "height": 70}
        for task in (Task.INPAINT, Task.ERASE):
            result = await make(fleet, task=task, **fields)
            assert np.array_equal(result.image[mask == 0], image[mask == 0])
            assert np.array_equal(
                result.image[mask == 255], noise(11, 112, 80)[:70, :100][mask == 255]
            )
            assert "SetLatentNoiseMask" in nodes(fleet)

    async def test_a_larger_frame_keeps_the_picture(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        result = await make(fleet, task=Task.OUTPAINT, image=image, width=128, height=96)
        assert np.array_equal(result.image[16:80, 16:112], image)
        assert np.array_equal(result.image[:16], noise(11, 128, 96)[:16])

    async def test_a_subject_gets_a_new_background(self, fleet: FakeComfy) -> None:
        image, mask = disc()
        cut_out = np.dstack([image, mask])
        result = await make(fleet, task=Task.REPLACE_BACKGROUND, image=cut_out)
        assert np.array_equal(result.image[mask == 255], image[mask == 255])
        assert np.array_equal(result.image[mask == 0], noise(11, 96, 64)[mask == 0])

    async def test_a_large_picture_is_worked_on_smaller(self, fleet: FakeComfy) -> None:
        image, mask = disc(512, 384)
        small = {**SDXL, "most_pixels": 65_536}
        fields: dict[str, Any] = {"image": image, "mask": mask, "width": 512, "height": 384}
        result = await make(fleet, small, task=Task.INPAINT, **fields)
        assert result.image.shape == (384, 512, 3)
        assert np.array_equal(result.image[mask == 0], image[mask == 0])

    async def test_upscaling_needs_a_model_for_it(self, fleet: FakeComfy) -> None:
        image, mask = disc()
        fields: dict[str, Any] = {"task": Task.UPSCALE, "width": 192, "height": 128}
        with pytest.raises(Invalid, match="cannot do upscale"):
            await make(fleet, image=image, **fields)
        upscaler = {**SDXL, "upscaler": "meadow.safetensors"}
        result = await make(fleet, upscaler, image=np.dstack([image, mask]), **fields)
        assert result.image.shape == (128, 192, 4)

    @pytest.mark.parametrize("kind", DRAWN)
    @pytest.mark.parametrize("weights", [SDXL, FLUX])
    async def test_a_hint_drawn_here_guides_where_there_is_a_controlnet(
        self, fleet: FakeComfy, weights: Mapping[str, object], kind: str
    ) -> None:
        image, _ = disc(100, 70)
        guided = {**weights, "controlnet": {kind: "meadow.safetensors"}}
        fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": image}
        fields |= {"width": 100, "height": 70, "control": Control(kind, 0.7)}
        result = await make(fleet, guided, **fields)
        prompt = fleet.prompts[0]["prompt"]
        control = prompt["control"]["inputs"]
        assert control["strength"] == 0.7
        assert prompt["sampler"]["inputs"]["positive"] == ["control", 0]
        assert "edges" not in prompt
        sent = fleet.loaded(prompt[control["image"][0]]["inputs"]["image"])
        assert sent.shape == (80, 112, 3)  # of the picture's own size on the server
        painted_over = fleet.loaded(prompt["image"]["inputs"]["image"])
        assert np.array_equal(sent, drawn(painted_over, kind))
        assert sent.max() > 50
        assert result.ignored == ()

    async def test_a_control_without_a_controlnet_is_reported(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": image}
        result = await make(fleet, control=Control("depth"), **fields)
        assert result.ignored == ("control",)
        assert "ControlNetApplyAdvanced" not in nodes(fleet)

    async def test_a_background_is_taken_away_where_there_is_a_model_for_it(
        self, fleet: FakeComfy
    ) -> None:
        image, _ = disc()
        cutter = {"matting": "meadow.safetensors"}
        result = await make(fleet, cutter, task=Task.REMOVE_BACKGROUND, image=image)
        assert np.array_equal(result.image[..., :3], image)
        assert (result.image[:, :48, 3].min(), result.image[:, 48:, 3].max()) == (255, 0)
        own = np.full((64, 96), 90, np.uint8)
        clear = np.dstack([image, own])
        result = await make(fleet, cutter, task=Task.REMOVE_BACKGROUND, image=clear)
        assert (result.image[:, :48, 3].max(), result.image[:, 48:, 3].max()) == (90, 0)

    async def test_a_subject_stands_on_transparency_where_there_is_a_model_for_it(
        self, fleet: FakeComfy
    ) -> None:
        result = await make(fleet, transparent=True)
        assert (result.image.shape, result.ignored) == ((64, 96, 3), ("transparent",))
        cutter = {**SDXL, "matting": "meadow.safetensors"}
        result = await make(fleet, cutter, transparent=True)
        assert result.ignored == ()
        assert np.array_equal(result.image[..., :3], noise(11, 96, 64))
        assert (result.image[:, :48, 3].min(), result.image[:, 48:, 3].max()) == (255, 0)
        image, mask = disc()
        fields: dict[str, Any] = {"task": Task.INPAINT, "image": image, "mask": mask}
        result = await make(fleet, cutter, transparent=True, **fields)
        assert np.array_equal(result.image[mask == 0][:, :3], image[mask == 0])
        assert result.image[..., 3].min() == 0
        result = await make(fleet, cutter, transparent=False)
        assert result.image.shape == (64, 96, 3)

    async def test_a_model_that_only_cuts_out_does_not_paint(self, fleet: FakeComfy) -> None:
        with pytest.raises(Invalid, match="cannot do text to image"):
            await make(fleet, {"matting": "meadow.safetensors"})

    async def test_what_it_cannot_do_is_refused_before_anything_is_sent(
        self, fleet: FakeComfy
    ) -> None:
        image, _ = disc()
        refused: list[dict[str, Any]] = [
            {"task": Task.REMOVE_BACKGROUND, "image": image},
            {"task": Task.INPAINT, "image": image},
            {"task": Task.INPAINT, "image": image, "mask": np.zeros((3, 3), np.uint8)},
            {"task": Task.IMAGE_TO_IMAGE},
            {"task": Task.REPLACE_BACKGROUND, "image": image},
            {"task": Task.OUTPAINT, "image": image, "width": 8},
        ]
        for changes in refused:
            with pytest.raises(Invalid):
                await make(fleet, **changes)
        assert fleet.local.calls == []
