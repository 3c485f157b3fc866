"""Opening picture files of every kind, and refusing what is none."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from imgen.errors import Invalid, TooLarge
from imgen.finishing.encode import decode
from imgen.library.importing.pictures import Limits, open_picture
from tests.library import importing_files as files

ORIENTATION = 0x0112


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_an_ordinary_file_is_kept_bit_for_bit(format: str, mode: str) -> None:
    if (format, mode) == ("JPEG", "RGBA"):
        mode = "RGB"
    data = files.saved(files.noise().convert(mode), format)
    picture = open_picture(data, Limits())
    assert (picture.data, picture.format, picture.converted) == (data, format.lower(), False)
    assert np.array_equal(picture.pixels, decode(data))


@pytest.mark.parametrize("mode", ["P", "1", "LA"])
def test_palettes_and_bilevel_pictures_are_ordinary(mode: str) -> None:
    data = files.saved(files.noise().convert(mode), "PNG")
    assert open_picture(data, Limits()).data == data


def test_cmyk_is_converted_to_what_every_browser_shows() -> None:
    data = files.saved(Image.new("CMYK", (32, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    picture = open_picture(data, Limits())
    assert (picture.format, picture.converted, picture.pixels.shape) == ("jpeg", True, (16, 32, 3))
    assert Image.open(io.BytesIO(picture.data)).mode == "RGB"
    red, green, blue = picture.pixels[8, 16].tolist()
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_a_damaged_colour_profile_does_not_stand_in_the_way() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for content in (b"not a profile", profile):
        data = files.saved(Image.new("CMYK", (8, 8)), "JPEG", icc_profile=content)
        assert open_picture(data, Limits()).pixels.shape == (8, 8, 3)


def test_grey_with_sixteen_bits_keeps_its_shades() -> None:
    shades = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(1, 64).repeat(4, axis=0)
    picture = open_picture(files.saved(Image.fromarray(shades), "PNG"), Limits())
    assert (picture.format, picture.converted) == ("png", True)
    expected = np.round(np.linspace(0, 255, 64))
    assert np.abs(picture.pixels[0, :, 0] - expected).max() <= 1


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_turned_by_exif_is_turned_for_good(format: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lossless = {"lossless": True} if format == "WEBP" else {}
    upright = files.noise(size=(40, 24))
    data = files.saved(upright, format, exif=exif.tobytes(), **lossless)
    picture = open_picture(data, Limits())
    assert picture.pixels.shape[:2] == (40, 24)
    assert picture.converted
    again = Image.open(io.BytesIO(picture.data))
    assert again.getexif().get(ORIENTATION, 1) == 1
    if format != "JPEG":
        turned = np.asarray(upright.transpose(Image.Transpose.ROTATE_270))
        assert np.array_equal(picture.pixels, turned)


def test_metadata_survives_conversion() -> None:
    grey = Image.fromarray(np.full((8, 8), 30_000, np.uint16))
    picture = open_picture(files.png({"parameters": files.PARAMETERS}, grey), Limits())
    assert picture.converted
    assert picture.texts["parameters"] == files.PARAMETERS


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_animated_files_are_refused(format: str) -> None:
    frames = [files.noise(seed) for seed in range(3)]
    data = files.saved(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.raises(Invalid, match="animated"):
        open_picture(data, Limits())


def test_a_jpeg_with_more_pictures_behind_it_is_a_jpeg() -> None:
    data = files.saved(files.noise(), "MPO", save_all=True, append_images=[files.noise(2)])
    picture = open_picture(data, Limits())
    assert (picture.format, picture.data) == ("jpeg", data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_truncated_file_is_refused(format: str) -> None:
    data = files.saved(files.noise(size=(300, 200), cells=60), format)
    with pytest.raises(Invalid):
        open_picture(data[: len(data) // 2], Limits())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nope",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        files.saved(files.noise(), "GIF"),
        files.saved(files.noise(), "TIFF"),
        files.saved(files.noise(), "BMP"),
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "bmp"],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="not a JPEG, PNG, WebP or AVIF"):
        open_picture(data, Limits())


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize("side", [12_000, 30_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)
    with pytest.raises(TooLarge, match="megapixels"):
        open_picture(data + chunk(b"IEND", b""), Limits())


def test_limits_hold() -> None:
    data = files.saved(files.noise(size=(64, 64)), "PNG")
    with pytest.raises(TooLarge):
        open_picture(data, Limits(pixels=64 * 63))
    with pytest.raises(TooLarge):
        open_picture(data, Limits(side=63))
    with pytest.raises(TooLarge):
        open_picture(data, Limits(file_bytes=len(data) - 1))


def test_a_bomb_of_texts_is_refused() -> None:
    text = b"Comment\0\0" + zlib.compress(b"a" * 300_000_000, 9)
    plain = files.png()
    end = plain.index(b"IEND") - 4
    with pytest.raises((Invalid, TooLarge)):
        open_picture(plain[:end] + chunk(b"zTXt", text) + plain[end:], Limits())
