"""The comfyui engine, against servers that speak as ComfyUI does, also in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.hints import DRAWN, drawn
from imgen.engines.protocol import Abandoned, Control, EngineResult, Lora, Task
from imgen.errors import Invalid, Unavailable, Upstream
from tests.engines.remote.comfy import ERAS, FakeComfy, comfy
from tests.engines.remote.local import Fault, Told, disc, make_request, noise, until

SDXL = {"checkpoint": "meadow.safetensors"}
FLUX = {
    "unet": "meadow.safetensors",
    "clip": ["clip_l.safetensors", "t5xxl.safetensors"],
    "vae": "meadow.safetensors",
}


_IDLE = Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')


def make_engine(*fleet: FakeComfy, **changes: Any) -> ComfyUiEngine:
    quick = {"poll_seconds": 0.02, "patience_seconds": 0.3, "timeout_seconds": 2.0}
    return ComfyUiEngine(urls=[one.url for one in fleet], **{**quick, **changes})


async def make(
    fleet: FakeComfy, options: Mapping[str, object] = SDXL, told: Told | None = None, **changes: Any
) -> EngineResult:
    return await make_engine(fleet).run(make_request(options=options, **changes), told or Told())


def nodes(fake: FakeComfy) -> dict[str, dict[str, Any]]:
    """The latest prompt's inputs by node type."""
    prompt = fake.prompts[-1]["prompt"]
    return {node["class_type"]: node["inputs"] for node in prompt.values()}


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


class TestWatching:
    async def test_progress_is_told_step_by_step_and_only_goes_up(self, fleet: FakeComfy) -> None:
        told = Told()
        fleet.foreign = [
            {"type": "progress", "data": {"value": 8, "max": 8, "prompt_id": "another"}},
            {"type": "progress", "data": {"value": 99, "max": 8, "prompt_id": "x"}},
        ]
        fleet.hold.clear()
        making = asyncio.create_task(make(fleet, told=told))
        await until(lambda: (7, 8) in told.steps)
        fleet.hold.set()
        await making
        shares = [step / of for step, of in told.steps]
        assert shares == sorted(shares)
        assert told.steps[-1] == (8, 8)

    @pytest.mark.parametrize("era", ERAS)
    async def test_no_preview_is_wanted_and_those_that_come_are_passed_over(self, era: int) -> None:
        async with comfy(era=era) as fake:
            assert (await make(fake)).image.shape == (64, 96, 3)
            assert fake.previews_sent == (0 if era == 2026 else 8)

    async def test_a_cancelled_job_is_not_in_the_history_either(self, fleet: FakeComfy) -> None:
        """What runs gets there only when its step has ended."""
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet))
        await until(lambda: fleet.running)
        fleet.deafened = True
        task.cancel()
        await until(lambda: fleet.stopped)
        await asyncio.wait({task}, timeout=0.3)  # for the step to end
        fleet.deafened = False
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: fleet.running is None)
        assert fleet.history == {}

    async def test_a_job_that_is_cancelled_while_it_is_sent_does_not_run(
        self, fleet: FakeComfy
    ) -> None:
        fleet.hold.clear()
        fleet.slow_to_queue.clear()
        task = asyncio.create_task(make(fleet))
        await until(lambda: "/prompt" in fleet.local.paths())
        task.cancel()
        await asyncio.wait({task}, timeout=0.3)  # for what it cancels to be there
        fleet.slow_to_queue.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(fleet.prompts) == 1
        assert (fleet.painted, fleet.waiting) == ([], 0)

    async def test_a_workflow_whose_picture_would_not_be_made_is_not_waited_for(
        self, fleet: FakeComfy
    ) -> None:
        """A server queues what is left of a workflow when a part of it is not sound."""
        fleet.spoils_prompt = True
        with pytest.raises(Unavailable, match="value_not_in_list"):
            await make(fleet)
        assert fleet.waiting == 0

    async def test_a_websocket_that_is_closed_is_opened_again(
        self, fleet: FakeComfy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imgen.engines.comfyui.listen._AGAIN_SECONDS", 0.01)
        told = Told()
        fleet.hangs_up = True
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet, told=told))
        await until(lambda: fleet.running)
        client = fleet.prompts[0]["extra_data"]["client_id"]
        fleet.hangs_up = False
        await until(lambda: fleet.listening(client))
        fleet.hold.set()
        await task
        assert told.steps[-1] == (8, 8)

    async def test_without_a_websocket_it_is_polled(self, fleet: FakeComfy) -> None:
        fleet.deaf = True
        assert (await make(fleet)).image.shape == (64, 96, 3)

    async def test_our_id_is_the_prompt_s_and_nothing_stays_behind(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image)
        sent = fleet.prompts[0]["prompt_id"]
        assert nodes(fleet)["LoadImage"]["image"] == f"imgen/{sent}_image.png [temp]"
        assert {kind for kind, _ in fleet.files} == {"temp"}
        assert fleet.history == {}

    async def test_a_server_that_gives_its_own_ids(self) -> None:
        async with comfy(era=2024) as old:
            assert (await make(old)).image.shape == (64, 96, 3)

    @pytest.mark.parametrize("era", ERAS)
    async def test_an_abandoned_job_is_cancelled_and_no_other(self, era: int) -> None:
        async with comfy(era=era) as fake:
            fake.hold.clear()
            ours, theirs = Told(), Told()
            engine = make_engine(fake)
            first = asyncio.create_task(engine.run(make_request(options=SDXL), theirs))
            await until(lambda: fake.running)
            second = asyncio.create_task(engine.run(make_request(options=SDXL), ours))
            await until(lambda: fake.queue)
            ours.abandoned = True
            with pytest.raises(Abandoned):
                await second
            assert fake.stopped == [fake.prompts[1]["prompt_id"]]
            fake.hold.set()
            assert (await first).image.shape == (64, 96, 3)

    @pytest.mark.parametrize("era", ERAS)
    async def test_a_running_job_is_stopped_when_its_task_is_cancelled(self, era: int) -> None:
        async with comfy(era=era) as fake:
            fake.hold.clear()
            task = asyncio.create_task(make(fake))
            await until(lambda: fake.running)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert fake.stopped == [fake.prompts[0]["prompt_id"]]

    async def test_a_restart_loses_the_queue_and_the_job_is_sent_again(
        self, fleet: FakeComfy
    ) -> None:
        image, _ = disc()
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet, task=Task.IMAGE_TO_IMAGE, image=image))
        await until(lambda: fleet.running)
        fleet.restart()
        fleet.hold.set()
        assert np.array_equal((await task).image, noise(11, 96, 64))
        assert len(fleet.prompts) == 2

    async def test_a_server_that_always_loses_it_is_given_up(self, fleet: FakeComfy) -> None:
        fleet.hold.clear()

        async def keep_restarting() -> None:
            while True:
                await until(lambda: fleet.running)
                fleet.restart()

        restarting = asyncio.create_task(keep_restarting())
        with pytest.raises(Upstream, match="again and again"):
            await make(fleet)
        restarting.cancel()

    async def test_a_failed_node_is_named_and_its_words_are_not(self, fleet: FakeComfy) -> None:
        fleet.fails = "VAEDecode"
        with pytest.raises(Upstream, match="VAEDecode") as caught:
            await make(fleet)
        assert "secret" not in caught.value.message

    async def test_a_picture_that_the_server_has_kept_is_fetched_all_the_same(
        self, fleet: FakeComfy
    ) -> None:
        """Nothing runs then, and no step is told."""
        first = await make(fleet)
        told = Told()
        assert np.array_equal((await make(fleet, told=told)).image, first.image)
        assert told.steps[-1] == (1, 1)

    async def test_a_node_that_the_server_does_not_have_is_named(self) -> None:
        async with comfy(era=2025) as old:
            image, _ = disc()
            cutter = {"matting": "meadow.safetensors"}
            with pytest.raises(Unavailable, match=r"missing_node_type \(LoadBackgroundRemoval"):
                await make(old, cutter, task=Task.REMOVE_BACKGROUND, image=image)

    async def test_weights_that_are_not_there_are_the_deployment_s_fault(
        self, fleet: FakeComfy
    ) -> None:
        with pytest.raises(Unavailable, match=r"value_not_in_list \(CheckpointLoaderSimple"):
            await make(fleet, {"checkpoint": "other.safetensors"})


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault("/view", status=503),
            Fault("/view", cut=True),
            Fault("/history/", status=500),
            Fault("/history/", body=b"[]"),
            Fault("/history/", cut=True),
            Fault("/queue", body=b'{"queue_running": 3}'),
            Fault("/upload", status=429, headers=((b"retry-after", b"0"),)),
            Fault("/upload", status=500),
            Fault("/prompt", status=502, after=True),
            Fault("/prompt", cut=True, after=True),
        ],
    )
    async def test_a_passing_fault_is_got_over(self, fleet: FakeComfy, fault: Fault) -> None:
        image, _ = disc()
        if fault.path == "/prompt":  # the second such call: the first asks how much there is to do
            fleet.local.faults.append(
                Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')
            )
        fleet.local.faults.append(fault)
        result = await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image)
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert fleet.local.faults == [] or fault.path == "/queue"

    async def test_a_prompt_whose_answer_was_lost_is_not_made_twice(self, fleet: FakeComfy) -> None:
        fleet.local.faults += [
            _IDLE,
            Fault("/prompt", cut=True, after=True),
        ]
        await make(fleet)
        assert len(fleet.prompts) == 1

    @pytest.mark.parametrize("body", [b"GIF89a", b"\x89PNG\r\n\x1a\n broken", b""])
    async def test_a_result_that_is_no_picture(self, fleet: FakeComfy, body: bytes) -> None:
        fleet.local.faults.append(Fault("/view", body=body))
        with pytest.raises(Upstream, match="came back"):
            await make(fleet)

    async def test_a_server_that_hangs_is_not_waited_for(self, fleet: FakeComfy) -> None:
        fleet.local.faults.append(Fault("/prompt", hang=True))
        engine = make_engine(fleet, timeout_seconds=0.3)
        with pytest.raises(Unavailable, match="No ComfyUI server answers"):
            await engine.run(make_request(options=SDXL), Told())


class TestFleet:
    async def test_the_least_loaded_server_is_taken(self) -> None:
        """Whoever it was that gave it its load."""
        async with comfy() as busy, comfy() as idle:
            busy.hold.clear()
            held = asyncio.create_task(make(busy))
            await until(lambda: busy.running)
            for _ in range(4):
                await make_engine(busy, idle).run(make_request(options=SDXL), Told())
            assert (len(busy.prompts), len(idle.prompts)) == (1, 4)
            busy.hold.set()
            await held

    async def test_on_an_idle_fleet_a_model_stays_where_it_was(self) -> None:
        """So that it finds its weights loaded; other models and processes lean elsewhere."""
        async with comfy() as one, comfy() as two:

            async def server(engine: ComfyUiEngine, model: str) -> object:
                request = make_request(options=SDXL, model=model)
                return (await engine.run(request, Told())).info["server"]

            engine = make_engine(one, two)
            first = {model: await server(engine, model) for model in "abcdefghijklmnop"}
            assert len(set(first.values())) == 2
            assert {await server(engine, "a") for _ in range(4)} == {first["a"]}
            assert len({await server(make_engine(one, two), "a") for _ in range(16)}) == 2

    async def test_jobs_at_one_moment_are_spread(self) -> None:
        async with comfy() as one, comfy() as two:
            engine = make_engine(one, two)
            await asyncio.gather(
                *(engine.run(make_request(options=SDXL, seed=seed), Told()) for seed in range(6))
            )
            assert len(one.prompts) + len(two.prompts) == 6
            assert min(len(one.prompts), len(two.prompts)) >= 1

    async def test_a_server_without_the_weights_is_passed_over(self) -> None:
        async with comfy(models={"other.safetensors"}) as poor, comfy() as rich:
            engine = make_engine(poor, rich)
            result = await engine.run(make_request(options=SDXL), Told())
            assert result.info["server"] == rich.url.removeprefix("http://")
            with pytest.raises(Unavailable, match="does not take"):
                await engine.run(make_request(options={"checkpoint": "none"}), Told())

    async def test_a_dead_server_is_passed_over(self) -> None:
        async with comfy() as dead:
            pass
        async with comfy() as alive:
            result = await make_engine(dead, alive).run(make_request(options=SDXL), Told())
            assert result.info["server"] == alive.url.removeprefix("http://")

    async def test_a_job_moves_on_when_its_server_dies(self) -> None:
        async with comfy() as second:
            async with comfy() as first:
                first.hold.clear()
                engine = make_engine(first, second)
                task = asyncio.create_task(engine.run(make_request(options=SDXL), Told()))
                await until(lambda: first.running)
            assert (await task).image.shape == (64, 96, 3)
            assert len(second.prompts) == 1

    async def test_when_none_answers_it_says_so(self) -> None:
        async with comfy() as dead:
            pass
        with pytest.raises(Unavailable, match="No ComfyUI server answers"):
            await make(dead)

    async def test_a_key_goes_to_its_own_server_alone(self) -> None:
        async with comfy() as ours, comfy() as other:
            host = ours.url.removeprefix("http://")
            engine = make_engine(ours, keys={host: "proxy-secret"})
            await engine.run(make_request(options=SDXL), Told())
            await engine.run(make_request(options={**SDXL, "url": other.url}), Told())
            sent = {call.headers.get("authorization") for call in ours.local.calls}
            assert sent == {"Bearer proxy-secret"}
            assert all("authorization" not in call.headers for call in other.local.calls)
