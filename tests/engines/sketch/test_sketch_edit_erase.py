"""Erasing closes over what was there, and touches nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.engines.protocol import Abandoned, EngineRequest, Task
from imgen.engines.sketch.edits.erase import erase
from imgen.errors import Invalid

Image = NDArray[np.uint8]


def quiet(step: int, of: int) -> None:
    """Progress that nobody watches."""


def make_request(image: Image | None, mask: Image | None, **changes: object) -> EngineRequest:
    height, width = (64, 64) if image is None else image.shape[:2]
    request = EngineRequest(
        task=Task.ERASE, model="sketch", prompt="", negative_prompt="",
        width=width, height=height, seed=3, image=image, mask=mask,
    )  # fmt: skip
    return replace(request, **changes)  # type: ignore[arg-type]


def gradient_wall() -> Image:
    y, x = np.mgrid[0:200, 0:260]
    noise = np.random.default_rng(1).normal(0, 3, (200, 260))
    planes = [150 + 0.25 * x - 0.2 * y, 140 - 0.1 * x + 0.1 * y, 120 + 0.15 * y]
    return np.clip(np.stack(planes, 2) + noise[..., None], 0, 255).astype(np.uint8)


def brick_wall() -> Image:
    wall = np.full((240, 320, 3), (150, 78, 60), np.uint8)
    for row in range(0, 240, 20):
        wall[row : row + 3] = (205, 198, 188)
        for left in range(20 * (row // 20 % 2), 320, 40):
            wall[row : row + 20, left : left + 3] = (205, 198, 188)
    noise = np.random.default_rng(2).normal(0, 5, wall.shape)
    return np.clip(wall + noise, 0, 255).astype(np.uint8)


def planted(ground: Image, width: int, height: int) -> tuple[Image, Image]:
    """A thing put on a known ground, and a mask a little larger than it."""
    image, mask = ground.copy(), np.zeros(ground.shape[:2], np.uint8)
    middle = (ground.shape[1] // 2, ground.shape[0] // 2)
    cv2.ellipse(image, middle, (width, height), 0, 0, 360, (40, 90, 210), -1)
    cv2.ellipse(mask, middle, (width + 3, height + 3), 0, 0, 360, 255, -1)
    return image, mask


def error(result: Image, ground: Image, mask: Image) -> float:
    """Root of the mean square, in bytes, where the mask is."""
    apart = result.astype(float)[mask > 0] - ground.astype(float)[mask > 0]
    return float(np.sqrt((apart**2).mean()))


def test_a_planted_thing_on_a_gradient_leaves_less_than_8_bytes_of_error() -> None:
    ground = gradient_wall()
    image, mask = planted(ground, 40, 30)
    assert error(image, ground, mask) > 50
    assert error(erase(make_request(image, mask), quiet), ground, mask) < 8


def test_a_planted_thing_on_bricks_leaves_the_pattern_going() -> None:
    ground = brick_wall()
    image, mask = planted(ground, 38, 32)
    result = erase(make_request(image, mask), quiet)
    flat = np.broadcast_to(ground.reshape(-1, 3).mean(axis=0), ground.shape).astype(np.uint8)
    assert error(result, ground, mask) < 0.75 * error(flat, ground, mask)
    assert error(result, ground, mask) < 26


def test_a_scratch_is_healed() -> None:
    ground = gradient_wall()
    image, mask = ground.copy(), np.zeros(ground.shape[:2], np.uint8)
    cv2.line(image, (20, 30), (240, 170), (255, 255, 255), 2)
    cv2.line(mask, (20, 30), (240, 170), 255, 4)
    assert error(erase(make_request(image, mask), quiet), ground, mask) < 7


@pytest.mark.parametrize("box", [(0, 0, 60, 60), (90, 60, 170, 140), (200, 0, 260, 200)])
def test_outside_the_mask_every_byte_stays(box: tuple[int, int, int, int]) -> None:
    image = brick_wall()[:200, :260]
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 255
    mask[100:110, 20:30] = 90
    result = erase(make_request(image, mask), quiet)
    assert np.array_equal(result[mask == 0], image[mask == 0])
    assert result.shape == image.shape


def test_a_large_hole_is_filled_with_what_is_round_it() -> None:
    ground = np.repeat(np.repeat(brick_wall(), 2, axis=0), 2, axis=1)
    mask = np.zeros(ground.shape[:2], np.uint8)
    mask[60:420, 120:520] = 255
    image = ground.copy()
    image[mask > 0] = (0, 255, 0)
    result = erase(make_request(image, mask), quiet)
    inside = result[mask > 0].astype(float)
    assert np.abs(inside.mean(axis=0) - ground.reshape(-1, 3).mean(axis=0)).max() < 15
    assert inside.std(axis=0).min() > 0.6 * ground.reshape(-1, 3).std(axis=0).min()


def test_a_feathered_mask_is_mixed_in_by_its_share() -> None:
    ground = gradient_wall()
    image, hard = planted(ground, 30, 30)
    half = (hard // 2).astype(np.uint8)
    full = erase(make_request(image, hard), quiet).astype(int)
    mixed = erase(make_request(image, half), quiet).astype(int)
    expected = image.astype(int) + (full - image) * 127 / 255
    assert np.abs(mixed - expected)[hard > 0].mean() < 3


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_transparent_pictures_are_taken(channels: int) -> None:
    ground = gradient_wall()
    image, mask = planted(ground, 20, 20)
    if channels == 1:
        result = erase(make_request(image[..., 0], mask), quiet)
        assert result.shape == (200, 260, 3)
    else:
        alpha = np.full(mask.shape, 200, np.uint8)
        result = erase(make_request(np.dstack([image, alpha]), mask), quiet)
        assert result.shape == (200, 260, 4)
        assert np.array_equal(result[..., 3], alpha)


def test_the_same_request_gives_the_same_bytes() -> None:
    image, mask = planted(brick_wall(), 40, 40)
    request = make_request(image, mask)
    assert np.array_equal(erase(request, quiet), erase(request, quiet))


def test_all_and_nothing_under_the_mask() -> None:
    image = gradient_wall()
    nothing = erase(make_request(image, np.zeros((200, 260), np.uint8)), quiet)
    assert np.array_equal(nothing, image)
    everything = erase(make_request(image, np.full((200, 260), 255, np.uint8)), quiet)
    assert everything.shape == image.shape


def test_an_abandoned_job_stops() -> None:
    image, mask = planted(brick_wall(), 40, 40)

    def given_up(step: int, of: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        erase(make_request(image, mask), given_up)


def test_image_and_mask_are_required() -> None:
    image, mask = planted(gradient_wall(), 9, 9)
    with pytest.raises(Invalid, match="image"):
        erase(make_request(None, mask), quiet)
    with pytest.raises(Invalid, match="mask"):
        erase(make_request(image, None), quiet)
    with pytest.raises(Invalid):
        erase(make_request(image.astype(np.float32), mask), quiet)
