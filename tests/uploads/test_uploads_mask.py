from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.uploads.mask import open_mask
from imgen.uploads.picture import PictureLimits
from tests.uploads.files import saved, scene, upload_of

LIMITS = PictureLimits()


def mask_of(data: bytes, width: int = 80, height: int = 64) -> NDArray[np.uint8]:
    mask = open_mask(upload_of(data, "mask"), LIMITS, width=width, height=height)
    assert mask.shape == (height, width)
    assert mask.dtype == np.uint8
    return mask


def box(level: int = 255) -> NDArray[np.uint8]:
    mask = np.zeros((64, 80), np.uint8)
    mask[16:40, 20:60] = level
    return mask


def test_white_is_where_to_paint() -> None:
    assert (mask_of(saved(box(), "PNG")) == box()).all()


def test_one_bit_is_enough() -> None:
    from PIL import Image

    assert (mask_of(saved(Image.fromarray(box()).convert("1"), "PNG")) == box()).all()


def test_grey_is_a_feather() -> None:
    feathered = box()
    feathered[16:40, 20] = 90
    assert (mask_of(saved(feathered, "PNG")) == feathered).all()


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF"])
def test_the_ripples_of_lossy_files_paint_nothing(format: str) -> None:
    mask = mask_of(saved(np.dstack([box()] * 3), format, quality=75))
    inside = np.zeros((64, 80), bool)
    inside[12:44, 16:64] = True
    assert (mask[~inside] == 0).all()
    assert (mask[20:36, 24:56] == 255).all()


def test_a_mask_of_another_size_is_stretched() -> None:
    small = np.zeros((16, 20), np.uint8)
    small[4:10, 5:15] = 255
    mask = mask_of(saved(small, "PNG"))
    assert (mask[20:36, 24:56] == 255).all()
    assert (mask[:12] == 0).all()
    large = mask_of(saved(np.kron(box(), np.ones((3, 3), np.uint8)), "PNG"))
    assert (large == box()).all()


@pytest.mark.parametrize("level", [0, 100])
def test_an_empty_mask_is_refused_with_the_fix(level: int) -> None:
    with pytest.raises(Invalid, match="mask is empty: paint white") as caught:
        mask_of(saved(box(level), "PNG"))
    assert caught.value.field == "mask"


def test_a_clear_mask_is_empty() -> None:
    with pytest.raises(Invalid, match="empty"):
        mask_of(saved(np.zeros((64, 80, 4), np.uint8), "PNG"))


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 0, 0)])
def test_strokes_on_transparency_are_painted(colour: tuple[int, int, int]) -> None:
    drawn = np.zeros((64, 80, 4), np.uint8)
    drawn[16:40, 20:60] = (*colour, 255)
    assert ((mask_of(saved(drawn, "PNG")) > 127) == (box() > 127)).all()


def test_the_holes_of_a_picture_are_painted() -> None:
    holed = np.dstack([scene(80, 64), 255 - box()])
    assert (mask_of(saved(holed, "PNG")) == box()).all()


def test_black_and_white_under_full_alpha_is_a_plain_mask() -> None:
    plain = np.dstack([box(), box(), box(), np.full((64, 80), 255, np.uint8)])
    assert (mask_of(saved(plain, "PNG")) == box()).all()


def test_a_mask_is_turned_with_its_picture() -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    turned = mask_of(saved(box(), "PNG", exif=exif), width=64, height=80)
    assert (turned == np.rot90(box(), -1)).all()


def test_a_mask_that_is_no_picture_is_named_so() -> None:
    with pytest.raises(Invalid, match="mask is GIF"):
        mask_of(saved(box(), "GIF"))
