"""The edits that paint: inpaint, outpaint and image to image."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from imgen.engines.protocol import Abandoned, EngineRequest, Task
from imgen.engines.sketch.edits.registry import EDITS
from imgen.errors import Invalid

Image = NDArray[np.uint8]


def quiet(step: int, of: int) -> None:
    """Progress that nobody watches."""


def make_request(task: Task, image: Image | None, **changes: object) -> EngineRequest:
    height, width = (64, 64) if image is None else image.shape[:2]
    request = EngineRequest(
        task=task, model="sketch", prompt="a red boat", negative_prompt="",
        width=width, height=height, seed=6, steps=8, image=image,
    )  # fmt: skip
    return replace(request, **changes)  # type: ignore[arg-type]


def run(request: EngineRequest) -> Image:
    return EDITS[request.task](request, quiet)


def lake() -> Image:
    y = np.linspace(0, 1, 288)[:, None, None]
    sky = np.array((120, 160, 215)) * (1 - y) + np.array((230, 215, 200)) * y
    image = np.broadcast_to(sky, (288, 416, 3)).copy()
    image[150:] = np.array((70, 110, 140))
    image += np.random.default_rng(3).normal(0, 2, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def box_mask(image: Image, left: int, top: int, right: int, bottom: int) -> Image:
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def photograph() -> Image:
    name = "coffee"
    coffee = np.asarray(getattr(data, name)())
    return np.asarray(cv2.resize(coffee, (288, 192), interpolation=cv2.INTER_AREA), np.uint8)


def test_every_task_but_text_to_image_has_its_edit() -> None:
    assert set(EDITS) == set(Task) - {Task.TEXT_TO_IMAGE}


@pytest.mark.parametrize("prompt", ["a red boat", "a starry night sky", ""])
def test_inpainting_changes_the_mask_and_nothing_else(prompt: str) -> None:
    image = lake()
    mask = box_mask(image, 120, 60, 300, 230)
    mask[200:260, 20:60] = 120
    result = run(make_request(Task.INPAINT, image, mask=mask, prompt=prompt))
    assert result.shape == image.shape
    assert np.array_equal(result[mask == 0], image[mask == 0])
    if prompt:
        assert np.abs(result.astype(int) - image)[mask == 255].mean() > 2


def test_a_mask_over_everything_gives_the_scene() -> None:
    image = lake()
    everything = np.full(image.shape[:2], 255, np.uint8)
    result = run(make_request(Task.INPAINT, image, mask=everything, prompt="mountains at night"))
    assert np.abs(result.astype(int) - image).mean() > 20


def test_a_tiny_picture_can_be_outpainted() -> None:
    tiny = np.ascontiguousarray(photograph()[:12, :16])
    result = run(make_request(Task.OUTPAINT, tiny, width=96, height=64, prompt=""))
    assert np.array_equal(result[26:38, 40:56], tiny)


def test_a_red_boat_brings_red_into_the_mask() -> None:
    image = lake()
    mask = box_mask(image, 100, 60, 320, 260)
    result = run(make_request(Task.INPAINT, image, mask=mask)).astype(int)
    red = (result[..., 0] > result[..., 2] + 40) & (result[..., 0] > result[..., 1] + 40)
    before = (image[..., 0].astype(int) > image[..., 2].astype(int) + 40).sum()
    assert before == 0
    assert red.sum() > 0.02 * (mask > 0).sum()


def test_what_is_painted_takes_the_light_of_the_picture() -> None:
    bright = lake()
    dark = (bright * 0.3).astype(np.uint8)
    mask = box_mask(bright, 100, 60, 320, 260)
    results = [run(make_request(Task.INPAINT, image, mask=mask)) for image in (bright, dark)]
    changed = [
        np.abs(result.astype(int) - image).max(axis=2) > 25
        for result, image in zip(results, (bright, dark), strict=True)
    ]
    assert results[1][changed[1]].mean() < results[0][changed[0]].mean() - 15


def test_an_inpainted_place_becomes_opaque() -> None:
    image = lake()
    mask = box_mask(image, 100, 60, 320, 260)
    clear = np.dstack([image, np.full(image.shape[:2], 40, np.uint8)])
    result = run(make_request(Task.INPAINT, clear, mask=mask))
    assert (result[..., 3][mask > 0] == 255).all()
    assert (result[..., 3][mask == 0] == 40).all()


@pytest.mark.parametrize("prompt", ["", "a lake and mountains"])
def test_outpainting_keeps_the_original_exactly(prompt: str) -> None:
    image = photograph()
    result = run(make_request(Task.OUTPAINT, image, width=384, height=256, prompt=prompt))
    assert result.shape == (256, 384, 3)
    assert np.array_equal(result[32 : 32 + 192, 48 : 48 + 288], image)


def test_the_seam_of_an_outpainting_is_no_sharper_than_the_picture() -> None:
    image = photograph()
    result = run(make_request(Task.OUTPAINT, image, width=384, height=192, prompt="")).astype(int)
    steps = np.abs(np.diff(result, axis=1)).mean(axis=(0, 2))
    inside = steps[54:330].mean()
    assert steps[47] < 2.5 * inside
    assert steps[335] < 2.5 * inside
    assert result[:, :48].std() > 10


def test_outpainting_says_what_does_not_fit() -> None:
    image = photograph()
    with pytest.raises(Invalid):
        run(make_request(Task.OUTPAINT, image, width=280, height=320))


@pytest.mark.parametrize("channels", [3, 4])
def test_strength_0_gives_the_input_back(channels: int) -> None:
    image = photograph()
    if channels == 4:
        image = np.dstack([image, image[..., 0]])
    assert np.array_equal(run(make_request(Task.IMAGE_TO_IMAGE, image, strength=0.0)), image)


def test_strength_0_at_another_size_only_resizes() -> None:
    image = photograph()
    result = run(make_request(Task.IMAGE_TO_IMAGE, image, strength=0.0, width=144, height=96))
    expected = cv2.resize(image, (144, 96), interpolation=cv2.INTER_AREA)
    assert np.array_equal(result, expected)


def test_the_stronger_the_further_from_the_input() -> None:
    image = photograph()
    request = make_request(Task.IMAGE_TO_IMAGE, image, prompt="mountains at night", style="oil")
    apart = [
        np.abs(run(replace(request, strength=strength)).astype(int) - image).mean()
        for strength in (0.15, 0.7)
    ]
    assert all(weaker < stronger for weaker, stronger in pairwise(apart))


def test_moderate_strength_keeps_the_layout_and_full_strength_does_not() -> None:
    image = photograph()
    request = make_request(
        Task.IMAGE_TO_IMAGE, image, prompt="snowy mountains", style="watercolour"
    )

    def likeness(strength: float) -> float:
        result = run(replace(request, strength=strength))
        planes = [cv2.resize(picture, (48, 32)).mean(axis=2).ravel() for picture in (image, result)]
        return float(np.corrcoef(planes[0], planes[1])[0, 1])

    kept = likeness(0.45)
    assert kept > 0.7
    assert likeness(1.0) < kept - 0.2


def test_the_prompt_gives_its_palette() -> None:
    image = photograph()
    night, noon = (
        run(make_request(Task.IMAGE_TO_IMAGE, image, prompt=prompt, strength=0.6))
        for prompt in ("a lake at night", "a sunny beach at noon")
    )
    assert night.mean() < noon.mean() - 10


@pytest.mark.parametrize("task", [Task.INPAINT, Task.OUTPAINT, Task.IMAGE_TO_IMAGE])
def test_the_seed_decides_the_bytes(task: Task) -> None:
    image = photograph()
    mask = box_mask(image, 150, 30, 270, 170)
    request = make_request(
        task,
        image,
        mask=mask,
        prompt="a garden with a boat",
        width=352 if task is Task.OUTPAINT else 288,
    )
    first, second, other = run(request), run(request), run(replace(request, seed=7))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("task", sorted(EDITS))
def test_progress_rises_to_the_end_and_may_stop_the_work(task: Task) -> None:
    image = photograph()
    mask = box_mask(image, 100, 60, 180, 140)
    wider = 64 if task in (Task.OUTPAINT, Task.UPSCALE) else 0
    request = make_request(task, image, mask=mask, width=288 + wider)
    seen: list[float] = []
    EDITS[task](request, lambda step, of: seen.append(step / of))
    assert len(seen) >= 3
    assert seen[-1] == 1.0
    assert all(before <= after for before, after in pairwise(seen))

    def given_up(step: int, of: int) -> None:
        if step / of >= 0.1:
            raise Abandoned

    with pytest.raises(Abandoned):
        EDITS[task](request, given_up)
