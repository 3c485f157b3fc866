from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from imgen.errors import ImgenError, Invalid, TooLarge
from imgen.uploads.kinds import Kind
from imgen.uploads.picture import OpenedPicture, PictureLimits, open_picture
from tests.pixels.files import profile_of, swapping_profile
from tests.uploads.files import saved, scene, upload_of

LIMITS = PictureLimits(most_pixels=40_000, longest_side=400, shortest_side=16)
LOSSY = 14


def opened(data: bytes, limits: PictureLimits = LIMITS) -> OpenedPicture:
    return open_picture(upload_of(data), limits)


def refusal(data: bytes, kind: type[ImgenError] = Invalid) -> str:
    with pytest.raises(kind) as caught:
        opened(data)
    assert caught.value.field == "image"
    return caught.value.message


def apart(one: Any, other: Any) -> int:
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max())


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}),
    ],
)
def test_the_four_kinds_are_opened(format: str, options: dict[str, Any]) -> None:
    picture = opened(saved(scene(), format, **options))
    assert picture.kind is Kind(format)
    assert picture.pixels.shape == (80, 96, 3)
    exact = format == "PNG" or options.get("lossless")
    assert apart(picture.pixels, scene()) <= (0 if exact else LOSSY)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved(scene(), "GIF"), "GIF"),
        (saved(scene(), "BMP"), "BMP"),
        (saved(scene(), "TIFF"), "TIFF"),
        (saved(scene(), "JPEG2000"), "JPEG 2000"),
        (saved(scene(), "ICO"), "ICO"),
        (saved(scene(), "PDF"), "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "MP4 or QuickTime"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"  <svg width='10'/>", "SVG"),
        (b"<!DOCTYPE html><p>hello", "HTML"),
        (b"https://example.com/cat.png", "text"),
        (b"PK\3\4rest of an archive", "ZIP"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "WAV"),
    ],
)
def test_other_kinds_are_refused_by_name(data: bytes, name: str) -> None:
    message = refusal(data)
    assert f"is {name}," in message
    assert "send a PNG, JPEG, WebP or AVIF" in message


def test_noise_is_no_picture() -> None:
    assert "not a picture" in refusal(b"\x9c\x01\x02\xfe" * 20)


def test_the_content_counts_and_nothing_else_is_asked() -> None:
    assert "is damaged" in refusal(b"\x89PNG\r\n\x1a\n" + saved(scene(), "JPEG"))


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {"save_all": True}), ("WEBP", {"save_all": True}), ("AVIF", {"save_all": True})],
)
def test_animations_are_refused(format: str, options: dict[str, Any]) -> None:
    frames = [Image.fromarray(scene()), Image.fromarray(scene()[:, ::-1])]
    data = saved(frames[0], format, append_images=frames[1:], **options)
    assert "is animated" in refusal(data)


def test_a_phones_picture_with_a_second_one_behind_it_is_its_first() -> None:
    first, second = Image.fromarray(scene()), Image.fromarray(scene()[::-1])
    data = saved(first, "MPO", save_all=True, append_images=[second], quality=95, subsampling=0)
    assert apart(opened(data).pixels, scene()) <= LOSSY


def test_sixteen_bits_become_eight() -> None:
    deep = (np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16).clip(0, 65535)
    pixels = opened(saved(Image.fromarray(deep.astype(np.uint16)), "PNG")).pixels
    assert apart(pixels[..., 0], np.rint(deep / 257)) == 0
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_sixteen_bits_of_colour_become_eight() -> None:
    import cv2

    deep = scene().astype(np.uint16) * 257
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    assert apart(opened(data).pixels, scene()) == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA"])
def test_every_mode_becomes_colour(mode: str) -> None:
    source = Image.fromarray(scene())
    if mode == "P":
        source = source.quantize(64)
    elif mode == "PA":
        source = source.quantize(64).convert("RGBA")
        source.putalpha(Image.linear_gradient("L").resize(source.size))
        mode = "RGBA"
    elif mode == "LA":
        source = source.convert("LA")
        source.putalpha(Image.linear_gradient("L").resize(source.size))
    else:
        source = source.convert(mode)
    wanted = np.asarray(source.convert("RGBA" if "A" in mode else "RGB"))
    assert apart(opened(saved(source, "PNG")).pixels, wanted) == 0


def test_a_palette_with_a_clear_colour_has_alpha() -> None:
    source = Image.fromarray(scene()).quantize(16)
    pixels = opened(saved(source, "PNG", transparency=3)).pixels
    assert ((pixels[..., 3] == 0) == (np.asarray(source) == 3)).all()


def test_deep_grey_with_a_clear_level_has_alpha() -> None:
    deep = np.full((32, 32), 4000, np.uint16)
    deep[:8] = 9000
    data = saved(Image.fromarray(deep), "PNG")
    clear = _chunk(b"tRNS", struct.pack(">H", 9000))
    pixels = opened(data[:33] + clear + data[33:]).pixels
    assert (pixels[:8, :, 3] == 0).all()
    assert (pixels[8:, :, 3] == 255).all()


def test_alpha_that_hides_nothing_is_left_out() -> None:
    solid = np.dstack([scene(), np.full((80, 96), 255, np.uint8)])
    assert opened(saved(solid, "PNG")).pixels.shape == (80, 96, 3)
    solid[5, 5, 3] = 7
    assert (opened(saved(solid, "PNG")).pixels == solid).all()


def test_cmyk_becomes_rgb() -> None:
    inks = Image.fromarray(scene()).convert("CMYK")
    pixels = opened(saved(inks, "JPEG", quality=98)).pixels
    assert pixels.shape == (80, 96, 3)
    assert apart(pixels, inks.convert("RGB")) <= LOSSY


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_are_set_upright(format: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    source = np.zeros((64, 96, 3), np.uint8)
    source[:32, :48] = 255  # the corner that tells all eight apart, by shape and by place
    source[:16, 48:64] = 128
    data = saved(source, format, exif=exif)
    turns: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda one: one,
        2: lambda one: one[:, ::-1],
        3: lambda one: one[::-1, ::-1],
        4: lambda one: one[::-1],
        5: lambda one: one.transpose(1, 0, 2),
        6: lambda one: np.rot90(one, -1),
        7: lambda one: one[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90,
    }
    upright = turns[turn](source)
    pixels = opened(data).pixels
    assert pixels.shape == upright.shape
    assert float(np.abs(pixels.astype(int) - upright).mean()) < 3


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_that_is_damaged_turns_nothing() -> None:
    data = saved(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert opened(data).pixels.shape == (80, 96, 3)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_colour_profiles_are_converted(format: str) -> None:
    data = saved(scene(), format, icc_profile=swapping_profile(), lossless=True)
    assert apart(opened(data).pixels, scene()[..., [1, 0, 2]]) <= 2


def test_a_profile_beside_alpha_leaves_alpha_alone() -> None:
    source = np.dstack([scene(), np.arange(80 * 96).reshape(80, 96) % 256]).astype(np.uint8)
    pixels = opened(saved(source, "PNG", icc_profile=swapping_profile())).pixels
    assert (pixels[..., 3] == source[..., 3]).all()
    assert apart(pixels[..., :3], source[..., [1, 0, 2]]) <= 2


@pytest.mark.parametrize("profile", [profile_of("sRGB"), b"not a profile", profile_of("LAB")])
def test_srgb_and_useless_profiles_change_nothing(profile: bytes) -> None:
    assert (opened(saved(scene(), "PNG", icc_profile=profile)).pixels == scene()).all()


def test_a_grey_picture_with_a_profile_for_colour_is_opened() -> None:
    grey = Image.fromarray(scene()).convert("L")
    pixels = opened(saved(grey, "PNG", icc_profile=profile_of("sRGB"))).pixels
    assert (pixels[..., 0] == np.asarray(grey)).all()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_pictures_that_are_cut_short_are_refused(format: str) -> None:
    data = saved(scene(), format)
    for kept in (len(data) - 1, len(data) * 3 // 4, len(data) // 2, 40, 14):
        assert "damaged or cut short" in refusal(data[:kept])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about metadata
@settings(max_examples=150)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF"]), st.integers(0, 10**6), st.binary(max_size=9)
)
def test_damage_anywhere_is_a_picture_or_an_error_of_ours(
    format: str, place: int, splinter: bytes
) -> None:
    data = _SAVED[format]
    place %= len(data)
    with contextlib.suppress(Invalid, TooLarge):
        opened(data[:place] + splinter + data[place + len(splinter) :])


_SAVED = {format: saved(scene(), format) for format in ("JPEG", "PNG", "WEBP", "AVIF")}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_what_follows_a_picture_is_cut_off_and_never_handed_on(format: str) -> None:
    data = saved(scene(), format) + b"PK\3\4" + b"another file" * 9
    picture = opened(data)
    assert picture.pixels.shape == (80, 96, 3)
    assert picture.original == b""


def test_a_small_file_that_claims_many_pixels_is_refused_before_they_are_made() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND")
    assert "too many pixels" in refusal(data, TooLarge)


def test_a_text_that_unpacks_to_gigabytes_is_refused() -> None:
    info = PngInfo()
    info.add_text("bomb", "x" * (8 * 1024 * 1024), zip=True)
    assert "damaged" in refusal(saved(scene(), "PNG", pnginfo=info))


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = saved(scene(16, 16), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    assert "damaged" in refusal(data[:start] + scan * 1000 + data[-2:])


@pytest.mark.parametrize("size", [(401, 20), (300, 300), (20, 401)])
def test_too_many_pixels_are_refused(size: tuple[int, int]) -> None:
    assert "too many pixels" in refusal(saved(scene(*size), "PNG"), TooLarge)


def test_a_side_that_is_too_short_is_refused_with_the_least() -> None:
    assert "15×40 pixels; each side must have at least 16" in refusal(saved(scene(15, 40), "PNG"))


def test_a_file_without_credentials_is_not_handed_on() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    assert opened(saved(scene(), "JPEG", exif=exif)).original == b""


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_file_with_content_credentials_is_handed_on_as_it_is(format: str) -> None:
    data = _with_credentials(format)
    assert opened(data).original == data
    assert opened(data + b"more").original == b""


def _with_credentials(format: str) -> bytes:
    data = saved(scene(), format)
    if format == "PNG":
        return data[:33] + _chunk(b"caBX", b"jumb") + data[33:]
    if format == "JPEG":
        content = b"JP\0\1\0\0\0\1\0\0\0\x20jumb"
        return data[:2] + b"\xff\xeb" + struct.pack(">H", len(content) + 2) + content + data[2:]
    if format == "WEBP":
        longer = data[12:] + b"C2PA" + struct.pack("<I", 4) + b"jumb"
        return b"RIFF" + struct.pack("<I", len(longer) + 4) + b"WEBP" + longer
    box = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"manifest"
    return data + struct.pack(">I", len(box) + 8) + b"uuid" + box


def _chunk(name: bytes, content: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def test_the_bytes_of_a_picture_are_read_from_its_file_alone() -> None:
    upload = upload_of(saved(scene(), "PNG"))
    upload.file.seek(5)
    assert (open_picture(upload, LIMITS).pixels == scene()).all()
