"""One picture gives the same pixels at every door that it may come in by."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.engines.remote.pictures import read_picture
from imgen.finishing.mark_image import read_mark_image
from imgen.library.importing.pictures import Limits as ImportLimits
from imgen.library.importing.pictures import open_picture as import_picture
from imgen.uploads.picture import PictureLimits
from imgen.uploads.picture import open_picture as open_upload
from imgen.verification.picture import Limits as VerifyLimits
from imgen.verification.picture import open_picture as verify_picture
from tests.pixels.files import swapping_profile
from tests.uploads.files import close_all, saved, scene, upload_of

Pixels = NDArray[np.uint8]
_TURNED = Image.Exif()
_TURNED[0x0112] = 6


def uploaded(data: bytes) -> Pixels:
    try:
        return open_upload(upload_of(data), PictureLimits()).pixels
    finally:
        close_all()


def verified(data: bytes) -> Pixels:
    return verify_picture(data, VerifyLimits()).pixels


def marked(data: bytes) -> Pixels:
    return read_mark_image(f"data:image/png;base64,{base64.b64encode(data).decode()}")[..., :3]


def imported(data: bytes) -> Pixels:
    return import_picture(data, ImportLimits()).pixels


DOORS = pytest.mark.parametrize("opened", [uploaded, verified, marked, imported, read_picture])


@DOORS
def test_sixteen_dark_bits_stay_dark(opened: Callable[[bytes], Pixels]) -> None:
    deep = np.full((64, 96), 255, np.uint16)
    assert (opened(saved(Image.fromarray(deep), "PNG")) == 1).all()


@DOORS
def test_a_turned_picture_is_upright_in_its_own_colours(opened: Callable[[bytes], Pixels]) -> None:
    data = saved(scene(), "PNG", icc_profile=swapping_profile(), exif=_TURNED)
    upright = np.rot90(scene()[..., [1, 0, 2]], -1)
    assert np.abs(opened(data).astype(int) - upright).max() <= 2


@DOORS
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_that_is_damaged_turns_nothing(opened: Callable[[bytes], Pixels]) -> None:
    data = saved(scene(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert (opened(data) == scene()).all()


@DOORS
def test_a_clear_grey_level_is_no_obstacle(opened: Callable[[bytes], Pixels]) -> None:
    grey = Image.fromarray(np.full((64, 96), 90, np.uint8))
    pixels = opened(saved(grey, "PNG", transparency=7))
    assert (pixels[..., :3] == 90).all()
