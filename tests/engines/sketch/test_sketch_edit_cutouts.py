"""Cutting a subject out, and standing it on another ground."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image

from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.sketch.edits.picture import Picture
from imgen.engines.sketch.edits.remove_background import remove_background
from imgen.engines.sketch.edits.replace_background import placed, replace_background
from imgen.engines.sketch.look import Light
from imgen.errors import Invalid

Image = NDArray[np.uint8]


def quiet(step: int, of: int) -> None:
    """Progress that nobody watches."""


def make_request(image: Image | None, task: Task, **changes: object) -> EngineRequest:
    height, width = (64, 64) if image is None else image.shape[:2]
    request = EngineRequest(
        task=task, model="sketch", prompt="", negative_prompt="",
        width=width, height=height, seed=4, image=image,
    )  # fmt: skip
    return replace(request, **changes)  # type: ignore[arg-type]


def subject(shape: str, width: int = 400, height: int = 300) -> tuple[Image, NDArray[np.float64]]:
    """A drawn thing (colours) and its exact coverage, 0 to 1."""
    colour, cover = (
        np.zeros((height * 4, width * 4, 3), np.uint8),
        np.zeros((height * 4, width * 4)),
    )
    cover8 = cover.astype(np.uint8)
    if shape == "ball":
        cv2.circle(cover8, (width * 2, height * 2), height, 255, -1)
        cv2.circle(colour, (width * 2, height * 2), height + 40, (200, 60, 40), -1)
        cv2.circle(colour, (width * 2 - 100, height * 2 - 100), height // 3, (240, 150, 120), -1)
    elif shape == "house":
        outline = np.array([[500, 1000], [500, 550], [800, 250], [1100, 550], [1100, 1000]])
        cv2.fillPoly(cover8, [outline], 255)
        colour[:] = (90, 110, 160)
        cv2.rectangle(colour, (700, 700), (850, 1000), (60, 40, 30), -1)
    else:
        for turn in range(5):
            angle = 2 * np.pi * turn / 5
            middle = (
                round(800 + 230 * np.cos(angle)),
                round(600 + 230 * np.sin(angle)),
            )
            cv2.ellipse(cover8, middle, (260, 120), np.degrees(angle), 0, 360, 255, -1)
        colour[:] = (210, 120, 190)
        cv2.circle(colour, (800, 600), 140, (120, 60, 20), -1)
    size = (width, height)
    small = np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.uint8)
    exact = cv2.resize(cover8.astype(np.float64), size, interpolation=cv2.INTER_AREA) / 255
    return small, np.asarray(exact)


def ground(kind: str, width: int = 400, height: int = 300) -> NDArray[np.float64]:
    y, x = np.mgrid[0:height, 0:width]
    if kind == "white":
        return np.full((height, width, 3), 250.0)
    if kind == "grey":
        return np.full((height, width, 3), (128.0, 132.0, 138.0))
    ramp = np.stack([210 - 0.12 * x, 220 - 0.2 * y, 228 - 0.05 * x - 0.1 * y], axis=2)
    return np.asarray(ramp + np.random.default_rng(8).normal(0, 2.0, (height, width, 1)))


def composed(shape: str, kind: str) -> tuple[Image, Image, NDArray[np.float64]]:
    colour, cover = subject(shape)
    mixed = colour * cover[..., None] + ground(kind) * (1 - cover[..., None])
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), colour, cover


@pytest.mark.parametrize("kind", ["white", "grey", "gradient"])
@pytest.mark.parametrize("shape", ["ball", "house", "petals"])
def test_a_plain_ground_is_cut_off_cleanly(shape: str, kind: str) -> None:
    image, _, cover = composed(shape, kind)
    result = remove_background(make_request(image, Task.REMOVE_BACKGROUND), quiet)
    found, wanted = result[..., 3] > 127, cover > 0.5
    assert result.shape == (*image.shape[:2], 4)
    assert (found & wanted).sum() / (found | wanted).sum() > 0.97
    assert np.abs(result[..., 3] / 255.0 - cover).mean() < 0.004


@pytest.mark.parametrize("shape", ["ball", "petals"])
def test_edges_are_soft_and_free_of_the_old_ground(shape: str) -> None:
    image, colour, cover = composed(shape, "white")
    result = remove_background(make_request(image, Task.REMOVE_BACKGROUND), quiet)
    edge = (cover > 0.3) & (cover < 0.8)
    assert ((result[..., 3] > 20) & (result[..., 3] < 235))[edge].mean() > 0.6
    left = np.abs(image.astype(int) - colour)[edge].mean()
    assert np.abs(result[..., :3].astype(int) - colour)[edge].mean() < 0.35 * left


def test_a_flower_is_found_in_a_photograph() -> None:
    photograph = load_sample_image("flower.jpg")
    alpha = remove_background(make_request(photograph, Task.REMOVE_BACKGROUND), quiet)[..., 3]
    assert alpha[150:280, 250:400].mean() > 240
    assert alpha[:100].mean() < 5
    assert alpha[:, :120].mean() < 5


def test_a_cut_out_stays_as_it_is() -> None:
    image, _, cover = composed("ball", "white")
    cut = np.dstack([image, np.rint(cover * 255).astype(np.uint8)])
    assert np.array_equal(remove_background(make_request(cut, Task.REMOVE_BACKGROUND), quiet), cut)


def test_removing_gives_the_same_bytes_twice_and_takes_grey() -> None:
    image, _, _ = composed("house", "gradient")
    request = make_request(image[..., 1], Task.REMOVE_BACKGROUND)
    first, second = remove_background(request, quiet), remove_background(request, quiet)
    assert first.shape == (300, 400, 4)
    assert np.array_equal(first, second)


def test_a_picture_without_any_subject_still_gives_a_picture() -> None:
    empty = np.full((90, 120, 3), 200, np.uint8)
    result = remove_background(make_request(empty, Task.REMOVE_BACKGROUND), quiet)
    assert result.shape == (90, 120, 4)


def test_the_image_is_required() -> None:
    with pytest.raises(Invalid):
        remove_background(make_request(None, Task.REMOVE_BACKGROUND), quiet)


def test_a_cut_out_keeps_its_place_and_colour_on_a_new_ground() -> None:
    image, colour, cover = composed("house", "white")
    request = make_request(
        image, Task.REPLACE_BACKGROUND, prompt="mountains at noon", width=512, height=384
    )
    result = replace_background(request, quiet)
    again = replace_background(request, quiet)
    other = replace_background(replace(request, prompt="mountains at night"), quiet)
    assert result.shape == (384, 512, 3)
    assert np.array_equal(result, again)
    inside = cv2.resize(cover, (512, 384)) > 0.99
    wanted = cv2.resize(colour, (512, 384)).astype(float)
    correlation = np.corrcoef(result[inside].ravel(), wanted[inside].ravel())[0, 1]
    assert correlation > 0.85
    assert other[inside].mean() < result[inside].mean()
    assert other[~inside].mean() < result[~inside].mean()


def test_what_stands_on_the_ground_throws_a_shadow_away_from_the_light() -> None:
    colour, cover = subject("ball")
    alpha = np.rint(cover * 255).astype(np.uint8)
    lawn = np.full((300, 400, 3), (120, 160, 90), np.uint8)
    result = placed(Picture(colour, alpha), lawn, Light(direction=(-0.6, -0.8)))
    foot = int(np.flatnonzero(alpha.max(axis=1) > 127)[-1])
    below = result[foot + 2, 190:210].mean()
    assert below < lawn.mean() - 25
    assert result[40:80, 5:40].mean() == pytest.approx(lawn.mean(), abs=1)
