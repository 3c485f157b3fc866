"""Upscaling beats bicubic on real photographs and drawn pictures."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pictures
from skimage import data
from sklearn.datasets import load_sample_image

from imgen.engines.protocol import Abandoned, EngineRequest, Task
from imgen.engines.sketch.edits.kernels import BUCKETS, TAPS, learnt_kernels
from imgen.engines.sketch.edits.upscale import upscale

Image = NDArray[np.uint8]


def quiet(step: int, of: int) -> None:
    """Progress that nobody watches."""


def make_request(image: Image, width: int, height: int, **changes: object) -> EngineRequest:
    request = EngineRequest(
        task=Task.UPSCALE, model="sketch", prompt="", negative_prompt="",
        width=width, height=height, seed=0, image=image,
    )  # fmt: skip
    return replace(request, **changes)  # type: ignore[arg-type]


def drawn_picture() -> Image:
    sheet = np.full((512, 768, 3), (236, 228, 210), np.uint8)
    cv2.fillPoly(sheet, [np.array([[0, 400], [250, 120], [520, 420]])], (90, 110, 140), cv2.LINE_AA)
    cv2.circle(sheet, (560, 150), 70, (230, 90, 50), -1, cv2.LINE_AA)
    cv2.rectangle(sheet, (0, 400), (768, 512), (70, 130, 80), -1)
    for angle in range(0, 180, 15):
        end = (560 + round(150 * np.cos(np.radians(angle))), 420 - angle)
        cv2.line(sheet, (560, 420), end, (30, 30, 40), 2, cv2.LINE_AA)
    return sheet


def photographs() -> dict[str, Image]:
    names = ("astronaut", "coffee", "chelsea", "rocket", "camera", "brick", "grass")
    pictures = {name: np.asarray(getattr(data, name)()) for name in names}
    pictures |= {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    pictures["drawn"] = drawn_picture()
    return {name: whole(image) for name, image in pictures.items()}


def whole(image: Image) -> Image:
    """In colour, cropped to a multiple of 4."""
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    height, width = image.shape[0] // 4 * 4, image.shape[1] // 4 * 4
    return np.ascontiguousarray(image[:height, :width, :3])


def psnr(one: Image, other: Image) -> float:
    return float(10 * np.log10(255**2 / ((one.astype(float) - other) ** 2).mean()))


def shrunk(image: Image, factor: int, way: str) -> Image:
    size = (image.shape[1] // factor, image.shape[0] // factor)
    if way == "mean":
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(Pictures.fromarray(image).resize(size, Pictures.Resampling.BICUBIC))


def bicubic(image: Image, width: int, height: int) -> list[Image]:
    """Both kernels that go by the name."""
    sharp = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    soft = Pictures.fromarray(image).resize((width, height), Pictures.Resampling.BICUBIC)
    return [np.asarray(sharp, np.uint8), np.asarray(soft)]


@pytest.mark.parametrize("way", ["mean", "bicubic"])
@pytest.mark.parametrize(("factor", "gain"), [(2, 0.6), (4, 0.4)])
def test_it_beats_the_better_bicubic_on_average(factor: int, gain: float, way: str) -> None:
    gains = []
    for name, image in photographs().items():
        height, width = image.shape[:2]
        small = shrunk(image, factor, way)
        ours = psnr(upscale(make_request(small, width, height), quiet), image)
        theirs = max(psnr(other, image) for other in bicubic(small, width, height))
        assert ours > theirs - 0.1, name
        gains.append(ours - theirs)
    assert float(np.mean(gains)) > gain


@pytest.mark.parametrize("size", [(64, 48), (128, 96), (100, 75), (192, 144), (31, 97)])
def test_any_size_can_be_asked_for(size: tuple[int, int]) -> None:
    image = drawn_picture()[200:248, 500:564]
    assert upscale(make_request(image, *size), quiet).shape == (size[1], size[0], 3)


def test_alpha_and_grey_are_kept_and_turned_to_colour() -> None:
    image = drawn_picture()[:64, :64]
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, 32:] = 255
    result = upscale(make_request(np.dstack([image, alpha]), 128, 128), quiet)
    assert result.shape == (128, 128, 4)
    assert result[:, :56, 3].max() == 0
    assert result[:, 72:, 3].min() == 255
    assert upscale(make_request(image[..., 0], 128, 128), quiet).shape == (128, 128, 3)


def test_a_flat_picture_stays_flat() -> None:
    flat = np.full((40, 50, 3), (17, 130, 243), np.uint8)
    result = upscale(make_request(flat, 200, 160), quiet)
    assert (result == flat[0, 0]).all()


def test_the_kernels_are_whole_numbers_whose_sums_stay_exact() -> None:
    for kernels in learnt_kernels():
        assert kernels.weights.shape == (BUCKETS, TAPS, 4)
        assert (kernels.weights == np.rint(kernels.weights)).all()
        assert np.abs(kernels.weights).sum(axis=1).max() * 255 < 2**24


def test_an_abandoned_job_stops() -> None:
    def given_up(step: int, of: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        upscale(make_request(drawn_picture(), 1536, 1024), given_up)
