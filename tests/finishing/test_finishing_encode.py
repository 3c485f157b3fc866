"""Files of every format open elsewhere and show what was put in."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.finishing.encode import Format, decode, encode, is_exact
from imgen.finishing.fingerprint import fingerprint
from tests.finishing.pictures import photograph

Pixels = NDArray[np.uint8]
PHOTO: Pixels = photograph("coffee")[:200, :300].copy()


def see_through() -> Pixels:
    alpha = np.linspace(0, 255, PHOTO.shape[1]).astype(np.uint8)
    return np.dstack([PHOTO, np.broadcast_to(alpha, PHOTO.shape[:2])])


def opened(file: bytes) -> Pixels:
    with Image.open(io.BytesIO(file)) as picture:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        return np.asarray(picture.convert(mode))


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("quality", [1, 60, 89, 90, 100])
def test_our_decoder_sees_what_every_reader_sees(format: Format, quality: int) -> None:
    """The fingerprint rests on this."""
    file = encode(PHOTO, format, quality=quality)
    assert (decode(file) == opened(file)).all()


@pytest.mark.parametrize("quality", [90, 95, 100])
def test_a_picture_of_nothing_but_grain_is_encoded_too(quality: int) -> None:
    grain = np.random.default_rng(1).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    file = encode(grain, Format.JPEG, quality=quality)
    assert np.abs(opened(file).astype(int) - grain).mean() < 30
    assert (decode(file) == opened(file)).all()


@pytest.mark.parametrize("format", Format)
def test_the_file_is_of_its_format(format: Format) -> None:
    with Image.open(io.BytesIO(encode(PHOTO, format))) as picture:
        assert picture.get_format_mimetype() == format.media_type


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("lossless", [False, True])
def test_exact_formats_give_every_pixel_back(format: Format, lossless: bool) -> None:
    same = (opened(encode(PHOTO, format, lossless=lossless)) == PHOTO).all()
    assert same == is_exact(format, lossless=lossless)


@pytest.mark.parametrize("format", [Format.PNG, Format.WEBP, Format.AVIF])
def test_transparency_survives_lossless(format: Format) -> None:
    assert (opened(encode(see_through(), format, lossless=True)) == see_through()).all()


@pytest.mark.parametrize("format", [Format.WEBP, Format.AVIF])
def test_transparency_survives_lossy(format: Format) -> None:
    alpha = opened(encode(see_through(), format))[..., 3].astype(int)
    assert abs(alpha - see_through()[..., 3]).max() <= 4


def test_jpeg_puts_transparency_on_white() -> None:
    pixels = opened(encode(see_through(), Format.JPEG, quality=100))
    assert pixels[:, :3].min() > 240
    assert abs(pixels[:, -3:].astype(int) - PHOTO[:, -3:]).mean() < 4


@pytest.mark.parametrize("format", [Format.JPEG, Format.WEBP, Format.AVIF])
def test_more_quality_is_more_bytes_and_less_error(format: Format) -> None:
    files = [encode(PHOTO, format, quality=quality) for quality in (20, 60, 95)]
    errors = [abs(opened(file).astype(int) - PHOTO).mean() for file in files]
    assert sorted(map(len, files)) == list(map(len, files))
    assert sorted(errors, reverse=True) == errors


def test_equal_pixels_have_equal_fingerprints_and_others_do_not() -> None:
    changed = PHOTO.copy()
    changed[5, 5, 0] ^= 1
    turned = PHOTO.reshape(PHOTO.shape[1], PHOTO.shape[0], 3)
    assert fingerprint(PHOTO.copy()) == fingerprint(PHOTO)
    assert fingerprint(np.asfortranarray(PHOTO)) == fingerprint(PHOTO)
    assert len({fingerprint(each) for each in (PHOTO, changed, turned)}) == 3
