"""The openai engine, against servers that speak as their references say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from imgen.engines.openai.offer import obstacle
from imgen.engines.protocol import Control, Lora, Task
from imgen.errors import Invalid, Upstream
from tests.engines.remote.local import Fault, disc, noise, noise_png, serving
from tests.engines.remote.openai_calls import GPT, GPT_2, LOCAL, VLLM, make
from tests.engines.remote.openai_server import KEY, FakeOpenAi


class TestWords:
    async def test_a_diffusion_server_takes_every_field(self, vendor: FakeOpenAi) -> None:
        result = await make(vendor, negative_prompt="fog")
        assert vendor.asked == [
            {
                "prompt": "a lake in the mountains",
                "negative_prompt": "fog",
                "model": "meadow",
                "n": 1,
                "size": "96x64",
                "num_inference_steps": 8,
                "guidance_scale": 5.0,
                "seed": 11,
                "response_format": "b64_json",
            }
        ]
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert result.ignored == ()

    async def test_gpt_image_takes_few_and_says_which_were_lost(self, vendor: FakeOpenAi) -> None:
        fields: dict[str, Any] = {"negative_prompt": "fog", "loras": (Lora("kim"),)}
        result = await make(vendor, GPT, **fields)
        assert set(vendor.asked[0]) == {"prompt", "model", "n", "size", "output_format"}
        lost = ("negative_prompt", "seed", "steps", "guidance_scale", "loras")
        assert result.ignored == lost

    async def test_localai_reads_negatives_after_a_bar(self, vendor: FakeOpenAi) -> None:
        vendor.kind = "localai"
        result = await make(vendor, LOCAL, prompt="a | b", negative_prompt="fog")
        assert vendor.asked[0]["prompt"] == "a   b|fog"
        assert (vendor.asked[0]["step"], vendor.asked[0]["seed"]) == (8, 11)
        assert result.ignored == ("guidance_scale",)

    async def test_further_fields_come_from_the_catalog(self, vendor: FakeOpenAi) -> None:
        await make(vendor, {**GPT, "extra": {"quality": "high", "moderation": "low"}})
        assert vendor.asked[0]["quality"] == "high"

    @pytest.mark.parametrize(
        ("asked", "sent"),
        [((96, 64), "1536x1024"), ((64, 64), "1024x1024"), ((64, 96), "1024x1536")],
    )
    async def test_the_nearest_size_is_made_and_cut_to_what_was_asked(
        self, vendor: FakeOpenAi, asked: tuple[int, int], sent: str
    ) -> None:
        vendor.sizes = {"1024x1024", "1536x1024", "1024x1536"}
        result = await make(vendor, GPT, width=asked[0], height=asked[1])
        assert vendor.asked[0]["size"] == sent
        assert result.image.shape == (asked[1], asked[0], 3)

    @pytest.mark.parametrize("size", [(96, 64), (1344, 768), (1024, 1024), (300, 1500), (64, 900)])
    async def test_gpt_image_2_makes_any_size_within_its_bounds(
        self, vendor: FakeOpenAi, size: tuple[int, int]
    ) -> None:
        result = await make(vendor, GPT_2, width=size[0], height=size[1])
        assert result.image.shape == (size[1], size[0], 3)
        image = noise(3, *size)
        fields: dict[str, Any] = {"image": image, "width": size[0], "height": size[1]}
        mask = np.zeros((size[1], size[0]), np.uint8)
        mask[: size[1] // 2] = 255
        result = await make(vendor, GPT_2, task=Task.INPAINT, mask=mask, **fields)
        assert np.array_equal(result.image[mask == 0], image[mask == 0])

    async def test_gpt_image_2_is_not_asked_for_transparency(self, vendor: FakeOpenAi) -> None:
        result = await make(vendor, GPT_2, transparent=True)
        assert "transparent" in result.ignored

    async def test_sizes_of_a_server_s_own(self, vendor: FakeOpenAi) -> None:
        await make(vendor, {**VLLM, "sizes": ["768x512", "512x512"]})
        assert vendor.asked[0]["size"] == "768x512"

    async def test_transparency_where_the_model_has_it(self, vendor: FakeOpenAi) -> None:
        result = await make(vendor, GPT, transparent=True)
        assert result.image.shape == (64, 96, 4)
        assert result.image[..., 3].min() == 0
        assert "transparent" not in result.ignored
        result = await make(vendor, VLLM, transparent=True)
        assert result.image.shape == (64, 96, 3)
        assert result.ignored == ("transparent",)


class TestEdits:
    async def test_what_is_to_be_painted_is_transparent_in_the_mask(
        self, vendor: FakeOpenAi
    ) -> None:
        image, mask = disc()
        options = {"model": "plain-model"}
        result = await make(vendor, options, task=Task.INPAINT, image=image, mask=mask)
        sent = np.asarray(vendor.pictures[0]["mask"])
        assert np.array_equal(sent[..., 3], 255 - mask)
        assert np.array_equal(np.asarray(vendor.pictures[0]["image"]), image)
        assert np.array_equal(result.image[mask == 0], image[mask == 0])
        assert np.array_equal(result.image[mask == 255], noise(5, 96, 64)[mask == 255])

    async def test_vllm_omni_paints_what_is_white(self, vendor: FakeOpenAi) -> None:
        image, mask = disc()
        await make(vendor, task=Task.INPAINT, image=image, mask=mask)
        sent = np.asarray(vendor.pictures[0]["mask_image"])
        assert np.array_equal(sent[..., 0], mask)

    async def test_a_picture_of_another_shape_stands_whole_in_the_frame(
        self, vendor: FakeOpenAi
    ) -> None:
        image, mask = disc(96, 48)
        fields: dict[str, Any] = {"image": image, "mask": mask, "width": 96, "height": 48}
        result = await make(vendor, GPT, task=Task.INPAINT, **fields)
        sent = vendor.pictures[0]
        assert sent["image"].size == sent["mask"].size == (1536, 1024)
        kept = np.asarray(sent["mask"])[..., 3]
        assert kept[:120].min() == kept[-120:].min() == 255  # beside the picture
        assert np.array_equal(result.image[mask == 0], image[mask == 0])

    async def test_dall_e_2_paints_inside_a_mask(self, vendor: FakeOpenAi) -> None:
        image, mask = disc()
        dall_e = {"model": "dall-e-2"}
        result = await make(vendor, dall_e, task=Task.INPAINT, image=image, mask=mask)
        assert np.array_equal(result.image[mask == 0], image[mask == 0])

    async def test_an_erasure_without_words_says_what_is_meant(self, vendor: FakeOpenAi) -> None:
        image, mask = disc()
        await make(vendor, task=Task.ERASE, prompt="", image=image, mask=mask)
        assert vendor.asked[0]["prompt"].startswith("Remove")

    async def test_a_mask_is_a_small_file_however_busy_the_picture(
        self, vendor: FakeOpenAi
    ) -> None:
        image = noise(4, 1536, 1024)
        mask = np.full((1024, 1536), 255, np.uint8)
        fields: dict[str, Any] = {"image": image, "mask": mask, "width": 1536, "height": 1024}
        await make(vendor, GPT, task=Task.INPAINT, **fields)

    async def test_a_variation_says_what_was_lost(self, vendor: FakeOpenAi) -> None:
        image, _ = disc()
        fields: dict[str, Any] = {
            "task": Task.IMAGE_TO_IMAGE,
            "image": image,
            "control": Control("canny"),
        }
        result = await make(vendor, **fields)
        assert result.ignored == ("control",)
        assert set(vendor.pictures[0]) == {"image"}
        assert (vendor.asked[0]["seed"], vendor.asked[0]["strength"]) == ("11", "0.85")
        result = await make(vendor, {"model": "plain-model"}, **fields)
        assert "strength" in result.ignored

    async def test_localai_changes_a_picture_that_comes_in_the_body(
        self, vendor: FakeOpenAi
    ) -> None:
        vendor.kind = "localai"
        image, _ = disc()
        fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": image}
        result = await make(vendor, LOCAL, negative_prompt="fog", **fields)
        assert np.array_equal(np.asarray(vendor.pictures[0]["file"]), image)
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert result.ignored == ("guidance_scale", "strength")

    async def test_localai_paints_inside_a_mask_by_a_call_of_its_own(
        self, vendor: FakeOpenAi
    ) -> None:
        vendor.kind = "localai"
        image, mask = disc()
        fields: dict[str, Any] = {"task": Task.INPAINT, "image": image, "mask": mask}
        result = await make(vendor, LOCAL, negative_prompt="fog", **fields)
        assert np.array_equal(np.asarray(vendor.pictures[0]["mask"])[..., 0], mask)
        assert vendor.asked[0]["steps"] == "8"
        assert vendor.asked[0]["prompt"] == "a lake in the mountains"
        assert np.array_equal(result.image[mask == 0], image[mask == 0])
        assert result.image[mask == 255].std() > 5
        assert result.ignored == ("negative_prompt", "seed", "guidance_scale")

    async def test_sglang_which_does_not_look_at_masks_is_not_sent_any(
        self, vendor: FakeOpenAi
    ) -> None:
        vendor.kind = "sglang"
        image, mask = disc()
        options = {"model": "meadow", "dialect": "sglang"}
        with pytest.raises(Invalid, match="cannot do inpaint"):
            await make(vendor, options, task=Task.INPAINT, image=image, mask=mask)
        await make(vendor, options, task=Task.IMAGE_TO_IMAGE, image=image)
        assert set(vendor.pictures[0]) == {"image"}

    async def test_a_larger_frame_keeps_the_picture(self, vendor: FakeOpenAi) -> None:
        image, _ = disc()
        fields: dict[str, Any] = {"task": Task.OUTPAINT, "image": image, "width": 128, "height": 96}
        result = await make(vendor, **fields)
        assert np.array_equal(result.image[16:80, 16:112], image)

    @pytest.mark.parametrize(
        ("options", "task"),
        [
            (VLLM, Task.UPSCALE),
            (VLLM, Task.REMOVE_BACKGROUND),
            ({"model": "dall-e-3"}, Task.IMAGE_TO_IMAGE),
            ({"model": "dall-e-2"}, Task.IMAGE_TO_IMAGE),
        ],
    )
    async def test_what_it_cannot_do_is_refused_before_anything_is_sent(
        self, vendor: FakeOpenAi, options: Mapping[str, object], task: Task
    ) -> None:
        image, _ = disc()
        with pytest.raises(Invalid, match="cannot do"):
            await make(vendor, options, task=task, image=image)
        assert vendor.local.calls == []


class TestResults:
    @pytest.mark.parametrize("place", ["/files/{}", "{origin}/files/{}"])
    async def test_a_url_on_the_server_itself_is_fetched_with_the_key(
        self, vendor: FakeOpenAi, place: str
    ) -> None:
        vendor.place = place.replace("{origin}", vendor.origin)
        assert np.array_equal((await make(vendor)).image, noise(11, 96, 64))
        assert vendor.local.calls[-1].headers["authorization"] == f"Bearer {KEY}"

    async def test_a_url_elsewhere_is_fetched_without(self, vendor: FakeOpenAi) -> None:
        async with serving(vendor.local) as other:
            vendor.place = f"{other}/files/{{}}"
            trusted = {"output_hosts": [other.removeprefix("http://")]}
            assert np.array_equal((await make(vendor, settings=trusted)).image, noise(11, 96, 64))
        assert "authorization" not in vendor.local.calls[-1].headers

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("http://127.0.0.1:9/{}", "not public"),
            ("http://localhost:9/{}", "not public"),
            ("http://169.254.169.254/latest/{}", "not public"),
            ("http://[::1]:9/{}", "not public"),
            ("http://[::ffff:10.0.0.1]/{}", "not public"),
            ("http://0x7f.1:9/{}", "not public|not known"),
            ("file:///etc/passwd", "no web address"),
            ("http://nowhere.invalid/{}", "not known"),
        ],
    )
    async def test_a_url_inside_the_network_is_refused(
        self, vendor: FakeOpenAi, place: str, reason: str
    ) -> None:
        vendor.place = place
        with pytest.raises(Upstream, match=reason):
            await make(vendor)

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>",
            b"{}",
            b'{"data": []}',
            b'{"data": [{}]}',
            b'{"data": [{"b64_json": "aGVsbG8="}]}',
            b'{"data": [{"b64_json": 3}]}',
            b"[" * 100_000,
        ],
    )
    async def test_garbage(self, vendor: FakeOpenAi, body: bytes) -> None:
        vendor.local.faults.append(Fault("/images", body=body))
        with pytest.raises(Upstream):
            await make(vendor)

    async def test_a_picture_of_another_size_is_fitted(self, vendor: FakeOpenAi) -> None:
        vendor.place = "/files/small.png"
        vendor.files["small.png"] = noise_png(1, 30, 30)
        assert (await make(vendor)).image.shape == (64, 96, 3)


class TestObstacle:
    def test_nothing_is_in_the_way(self) -> None:
        assert obstacle(VLLM, {"url": "http://gpu:8000/v1"}) == ""
        assert obstacle({**VLLM, "url": "http://gpu:8000/v1"}, {}) == ""

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"model": "meadow"}, "no OpenAI-style server is configured"),
            ({"url": "gpu:8000"}, "must look like https://host"),
            ({"url": "http://gpu/v1", "dialect": "latin"}, "dialect must be one of"),
            ({"url": "http://gpu/v1", "sizes": ["large"]}, "must look like 1024x1024"),
            ({"url": "http://gpu/v1", "extra": "quality"}, "extra must be a table"),
        ],
    )
    def test_what_is_wrong_is_said(self, options: Mapping[str, object], reason: str) -> None:
        assert reason in obstacle(options, {})
