from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.errors import Invalid
from imgen.surfaces.imagine import wire
from imgen.surfaces.imagine.sizes import SIZES, cropped, enlarged, frame_round

RATIOS = sorted({*get_args(wire.Ratio), *get_args(wire.OldRatio)})


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_has_a_size_of_about_a_megapixel_and_of_exactly_that_shape(ratio: str) -> None:
    width, height = SIZES[ratio]
    across, down = map(int, ratio.split(":"))
    assert width * down == height * across
    assert 0.95 < width * height / 1_000_000 < 1.05


@given(st.integers(64, 3000), st.integers(64, 3000), st.sampled_from(RATIOS))
def test_a_frame_holds_the_picture_and_has_the_shape(width: int, height: int, ratio: str) -> None:
    across, down = map(int, ratio.split(":"))
    try:
        frame = frame_round(width, height, ratio, longest_side=10_000)
    except Invalid:
        assert abs(width * down - height * across) <= max(across, down)
        return
    assert frame[0] >= width
    assert frame[1] >= height
    assert frame[0] == width or frame[1] == height
    assert abs(frame[0] * down - frame[1] * across) <= max(across, down)


def test_a_frame_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(Invalid, match="8889×5000; at most 4096 a side"):
        frame_round(64, 5000, "16:9", longest_side=4096)


@given(st.integers(64, 400), st.integers(64, 400), st.sampled_from(RATIOS))
def test_a_crop_is_the_largest_in_the_middle(width: int, height: int, ratio: str) -> None:
    picture = np.arange(width * height * 3, dtype=np.uint32).reshape(height, width, 3)
    try:
        part = cropped(picture.astype(np.uint8), ratio)
    except Invalid:
        across, down = map(int, ratio.split(":"))
        assert min(width / across, height / down) * min(across, down) < 65
        return
    assert min(part.shape[:2]) >= 64
    assert part.shape[0] == height or part.shape[1] == width
    across, down = map(int, ratio.split(":"))
    assert abs(part.shape[1] * down - part.shape[0] * across) <= max(across, down)


def test_no_ratio_crops_nothing() -> None:
    picture = np.zeros((30, 50, 3), np.uint8)
    assert cropped(picture, None) is picture


def test_enlarging_is_exact_or_refused_with_what_is_possible() -> None:
    assert enlarged(640, 480, 4, longest_side=4096) == (2560, 1920)
    with pytest.raises(Invalid, match="at most 1024 a side"):
        enlarged(1025, 64, 4, longest_side=4096)
