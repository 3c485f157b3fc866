from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned, Task
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, disc, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")

FAMILIES = (
    "sd15",
    "lcm",
    "sdxl",
    "flux-dev",
    "flux-schnell",
    "flux2-dev",
    "flux2-klein",
    "qwen-image",
    "z-image",
)


@pytest.mark.parametrize("name", FAMILIES)
async def test_words_become_a_picture_and_a_seed_means_the_same_one(
    name: str, weights: Weights, ask: Ask
) -> None:
    one = await ask(weights(name))
    again = await ask(weights(name))
    other = await ask(weights(name), seed=12)
    assert one.image.shape == (64, 96, 3)
    assert one.image.std() > 5
    assert np.array_equal(one.image, again.image)
    assert not np.array_equal(one.image, other.image)


@pytest.mark.parametrize("name", FAMILIES)
async def test_another_prompt_is_another_picture(name: str, weights: Weights, ask: Ask) -> None:
    one = await ask(weights(name))
    other = await ask(weights(name), prompt="a street at night, neon signs, rain")
    assert not np.array_equal(one.image, other.image)


@pytest.mark.parametrize("name", FAMILIES)
async def test_a_picture_is_painted_over(name: str, weights: Weights, ask: Ask) -> None:
    result = await ask(weights(name), task=Task.IMAGE_TO_IMAGE, image=picture(), strength=0.7)
    assert result.image.shape == (64, 96, 3)
    assert not np.array_equal(result.image, picture())


async def test_without_strength_the_input_comes_back(weights: Weights, ask: Ask) -> None:
    result = await ask(weights("sd15"), task=Task.IMAGE_TO_IMAGE, image=picture(), strength=0.0)
    assert np.array_equal(result.image, picture())


async def test_a_strength_too_small_for_one_step_still_takes_one(
    weights: Weights, ask: Ask
) -> None:
    told: list[tuple[int, int]] = []
    await ask(
        weights("sdxl"),
        progress=lambda step, of: told.append((step, of)),
        task=Task.IMAGE_TO_IMAGE,
        image=picture(),
        strength=0.1,
        steps=4,
    )
    assert told[-1] == (1, 2)


@pytest.mark.parametrize("name", FAMILIES)
async def test_what_is_outside_the_mask_stays_byte_for_byte(
    name: str, weights: Weights, ask: Ask
) -> None:
    result = await ask(weights(name), task=Task.INPAINT, image=picture(), mask=disc())
    assert np.array_equal(result.image[disc() == 0], picture()[disc() == 0])
    assert not np.array_equal(result.image[disc() == 255], picture()[disc() == 255])


@pytest.mark.parametrize("name", ["sd15", "flux-schnell", "flux2-dev", "qwen-image"])
async def test_a_wider_frame_keeps_the_picture_byte_for_byte(
    name: str, weights: Weights, ask: Ask
) -> None:
    result = await ask(weights(name), task=Task.OUTPAINT, image=picture(), width=140, height=101)
    assert result.image.shape == (101, 140, 3)
    assert np.array_equal(result.image[18 : 18 + 64, 22 : 22 + 96], picture())


async def test_erasing_needs_no_prompt(weights: Weights, ask: Ask) -> None:
    result = await ask(weights("sd15"), task=Task.ERASE, image=picture(), mask=disc(), prompt="")
    assert np.array_equal(result.image[disc() == 0], picture()[disc() == 0])


async def test_transparency_of_the_input_is_kept_and_what_is_painted_is_opaque(
    weights: Weights, ask: Ask
) -> None:
    alpha = np.full((64, 96), 40, np.uint8)
    image = np.dstack([picture(), alpha])
    painted = await ask(weights("sd15"), task=Task.INPAINT, image=image, mask=disc())
    assert np.array_equal(painted.image[..., 3], np.maximum(alpha, disc()))
    over = await ask(weights("sd15"), task=Task.IMAGE_TO_IMAGE, image=image)
    assert np.array_equal(over.image[..., 3], alpha)


@pytest.mark.parametrize("name", ["flux2-dev", "flux2-klein"])
async def test_what_is_erased_is_not_shown_as_a_reference(
    name: str, weights: Weights, ask: Ask
) -> None:
    other = picture()
    other[disc() > 0] = (20, 90, 240)
    mask = np.where(disc() > 0, 255, 0).astype(np.uint8)
    asked: dict[str, Any] = {"task": Task.ERASE, "mask": mask, "prompt": ""}
    one = await ask(weights(name), image=picture(), **asked)
    two = await ask(weights(name), image=other, **asked)
    assert np.array_equal(one.image, two.image)
    asked["task"], asked["prompt"] = Task.INPAINT, "a kite"
    one = await ask(weights(name), image=picture(), **asked)
    two = await ask(weights(name), image=other, **asked)
    assert not np.array_equal(one.image, two.image)


def test_what_a_mask_hardly_touches_is_kept_for_the_model_to_see(weights: Weights) -> None:
    weights("sdxl")
    from imgen.engines.diffusers.families.sdxl import Sdxl
    from imgen.engines.diffusers.options import read_options
    from imgen.engines.diffusers.prepare import prepare

    request = make_request(task=Task.REPLACE_BACKGROUND, image=picture())
    unsure = np.where(disc() > 128, 250, 3).astype(np.uint8)  # the subject, and the rest
    order = prepare(request, read_options({}), Sdxl.traits, lambda _: unsure)
    assert np.array_equal(np.asarray(order.mask) == 0, unsure == 250)


@pytest.mark.parametrize("size", [(97, 65), (70, 131)])
async def test_odd_sizes_come_out_as_asked(
    size: tuple[int, int], weights: Weights, ask: Ask
) -> None:
    width, height = size
    plain = await ask(weights("flux-schnell"), width=width, height=height)
    assert plain.image.shape == (height, width, 3)
    edited = await ask(
        weights("sdxl"),
        task=Task.INPAINT,
        image=picture(height, width),
        mask=disc(height, width),
        width=width,
        height=height,
    )
    kept = disc(height, width) == 0
    assert np.array_equal(edited.image[kept], picture(height, width)[kept])


@pytest.mark.parametrize(
    ("name", "changes", "ignored"),
    [
        ("sd15", {"negative_prompt": "fog"}, ()),
        ("sd15", {"negative_prompt": "fog", "guidance_scale": 1.0}, ("negative_prompt",)),
        ("lcm", {"negative_prompt": "fog"}, ("negative_prompt",)),
        ("sdxl", {"negative_prompt": "fog", "guidance_scale": 0.0}, ("negative_prompt",)),
        ("sdxl", {"prompt": "a (red:1.4) kite"}, ()),
        ("flux-dev", {"negative_prompt": "fog"}, ("negative_prompt",)),
        ("flux-dev", {"negative_prompt": "fog", "options": {"true_cfg_scale": 3.0}}, ()),
        ("flux-schnell", {"guidance_scale": 0.0}, ()),
        ("flux-schnell", {"guidance_scale": 3.5}, ("guidance_scale",)),
        ("flux2-dev", {"negative_prompt": "fog"}, ("negative_prompt",)),
        ("flux2-klein", {"guidance_scale": 0.0, "prompt": "(red:1.4)"}, ("prompt_weights",)),
        ("flux2-klein", {"guidance_scale": 4.0}, ("guidance_scale",)),
        ("qwen-image", {"negative_prompt": "fog"}, ()),
        ("z-image", {"negative_prompt": "fog", "guidance_scale": 0.0}, ("negative_prompt",)),
        ("z-image", {"negative_prompt": "fog", "guidance_scale": 0.5}, ()),
        ("sd15", {"transparent": True}, ("transparent",)),
    ],
)
async def test_what_a_model_cannot_honour_is_said(
    name: str, changes: dict[str, Any], ignored: tuple[str, ...], weights: Weights, ask: Ask
) -> None:
    assert (await ask(weights(name), **changes)).ignored == ignored


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sd15", {}),
        ("sdxl", {}),
        ("flux-dev", {"options": {"true_cfg_scale": 3.0}}),
        ("qwen-image", {}),
        ("z-image", {}),
        ("z-image", {"guidance_scale": 0.5}),
    ],
)
async def test_a_negative_prompt_that_is_not_ignored_changes_the_picture(
    name: str, changes: dict[str, Any], weights: Weights, ask: Ask
) -> None:
    without = await ask(weights(name), **changes)
    with_one = await ask(weights(name), negative_prompt="fog, crowds", **changes)
    assert not np.array_equal(without.image, with_one.image)


async def test_a_reference_has_no_strength(weights: Weights, ask: Ask) -> None:
    result = await ask(
        weights("flux2-klein"), task=Task.IMAGE_TO_IMAGE, image=picture(), guidance_scale=0.0
    )
    assert result.ignored == ("strength",)


async def test_flux2_under_a_mask_over_all_paints_what_it_paints_after_a_reference(
    weights: Weights, ask: Ask
) -> None:
    whole = np.full((64, 96), 255, np.uint8)
    told: list[int] = []
    masked = await ask(
        weights("flux2-dev"),
        progress=lambda step, _of: told.append(step),
        task=Task.INPAINT,
        image=picture(),
        mask=whole,
    )
    after = await ask(weights("flux2-dev"), task=Task.IMAGE_TO_IMAGE, image=picture())
    assert np.array_equal(masked.image, after.image)
    assert told == [0, 1, 2, 3]


def test_flux2_under_no_mask_paints_the_picture_itself(weights: Weights) -> None:
    import torch
    from PIL import Image

    from imgen.engines.diffusers.families.flux2_masked import Flux2MaskedPipeline

    def painted(mask: Any) -> Any:
        return pipe(
            image=[Image.fromarray(picture())],
            mask_image=[Image.fromarray(mask)],
            prompt=["a lake"],
            width=96,
            height=64,
            strength=1.0,
            generator=[torch.Generator().manual_seed(3)],
            callback_on_step_end=lambda *_: {},
            num_inference_steps=3,
            output_type="np",
        ).images[0]

    pipe = Flux2MaskedPipeline.from_pretrained(weights("flux2-dev"))
    pipe.set_progress_bar_config(disable=True)
    shown = pipe.image_processor.preprocess(Image.fromarray(picture()))
    with torch.no_grad():
        coded = pipe.vae.decode(pipe.vae.encode(shown).latent_dist.mode()).sample
    expected = pipe.image_processor.postprocess(coded, output_type="np")[0]
    assert np.allclose(painted(np.zeros((64, 96), np.uint8)), expected, atol=1e-4)
    half = np.zeros((64, 96), np.uint8)
    half[:, 60:] = 255
    assert np.abs(painted(half) - expected)[:, 60:].mean() > 0.01


async def test_klein_paints_under_masks_of_more_than_a_megapixel(
    weights: Weights, ask: Ask
) -> None:
    mask = disc(1040, 1024)
    result = await ask(
        weights("flux2-klein"),
        task=Task.INPAINT,
        image=picture(1040, 1024),
        mask=mask,
        width=1024,
        height=1040,
        steps=1,
    )
    assert result.image.shape == (1040, 1024, 3)
    assert np.array_equal(result.image[mask == 0], picture(1040, 1024)[mask == 0])


def test_a_way_that_a_family_lacks_is_said(weights: Weights) -> None:
    weights("z-image")
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.loading.load import load
    from imgen.engines.diffusers.options import read_options

    options = read_options({"weights": str(weights("z-image"))})
    loaded = load(options, models=None, device=Device("cpu"), offload="none", slots=1)
    with pytest.raises(Invalid, match="z-image cannot do controlled"):
        loaded.pipeline("controlled", "canny")


async def test_progress_is_told_at_each_step(weights: Weights, ask: Ask) -> None:
    told: list[tuple[int, int]] = []
    await ask(weights("sdxl"), progress=lambda step, of: told.append((step, of)), steps=5)
    assert told == [(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6)]


async def test_what_is_no_picture_is_said_and_harms_no_other_of_its_batch(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights("sdxl")
    import diffusers

    from imgen.engines.diffusers.engine import DiffusersEngine

    decode = diffusers.AutoencoderKL.decode

    def overflow(*given: Any, **named: Any) -> Any:
        (sample,) = decode(*given, **named)
        sample[0, :, 5, 5] = float("nan")
        return (sample,)

    def both(dtype: str) -> Any:
        options = {"dtype": dtype}
        requests = [make_request(weights("sdxl"), seed=seed, options=options) for seed in (1, 2)]
        return asyncio.gather(
            *(engine.run(request, ignore) for request in requests), return_exceptions=True
        )

    engine = DiffusersEngine(device="cpu", batch=2, batch_window_ms=600_000)
    well = await both("float32")
    with monkeypatch.context() as patched:
        patched.setattr(diffusers.AutoencoderKL, "decode", overflow)
        found = await both("float32")
        halves = await both("bfloat16")
    (broken,) = [one for one in found if isinstance(one, Unavailable)]  # whichever came first
    assert broken.code == "not_finite"
    assert "a LoRA are damaged" in broken.message
    fine = 1 - found.index(broken)
    assert np.array_equal(found[fine].image, well[fine].image)
    (broken,) = [one for one in halves if isinstance(one, Unavailable)]
    assert "bfloat16 does not suffice for it; name another `dtype`" in broken.message
    again = await both("float32")
    assert np.array_equal(again[0].image, well[0].image)


async def test_a_job_that_nobody_wants_stops_within_a_step(weights: Weights, ask: Ask) -> None:
    told: list[int] = []

    def leave_at_two(step: int, _of: int) -> None:
        told.append(step)
        if step == 2:
            raise Abandoned

    with pytest.raises(Abandoned):
        await ask(weights("sdxl"), progress=leave_at_two, steps=40)
    assert told == [0, 1, 2]


async def test_a_plain_prompt_gives_what_the_plain_pipeline_gives(
    weights: Weights, ask: Ask
) -> None:
    import diffusers
    import torch

    for name, kind in (("sd15", "StableDiffusionPipeline"), ("sdxl", "StableDiffusionXLPipeline")):
        pipe = getattr(diffusers, kind).from_pretrained(weights(name), safety_checker=None)
        pipe.set_progress_bar_config(disable=True)
        bare = pipe(
            "a lake in the mountains",
            negative_prompt="fog",
            width=96,
            height=64,
            num_inference_steps=3,
            guidance_scale=4.0,
            generator=torch.Generator().manual_seed(11),
            output_type="np",
        ).images[0]
        ours = await ask(weights(name), negative_prompt="fog")
        assert np.array_equal(ours.image, np.rint(bare * 255).astype(np.uint8))


async def test_another_scheduler_is_taken_with_its_options(weights: Weights, ask: Ask) -> None:
    options = {
        "scheduler": "EulerDiscreteScheduler",
        "scheduler_options": {"timestep_spacing": "trailing"},
    }
    plain = await ask(weights("sdxl"), guidance_scale=0.0)
    lightning = await ask(weights("sdxl"), guidance_scale=0.0, options=options)
    assert not np.array_equal(plain.image, lightning.image)
    lcm = await ask(weights("lcm"), options={"scheduler": "LCMScheduler"})
    assert lcm.info["scheduler"] == "LCMScheduler"
    with pytest.raises(Invalid, match="no scheduler Dreamy"):
        await ask(weights("sdxl"), options={"scheduler": "Dreamy"})
