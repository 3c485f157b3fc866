"""A mark's data URI may be anything; what comes out is pixels or a clear refusal."""

import base64
import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgen.errors import Invalid
from imgen.finishing.mark_image import MOST_BYTES, read_mark_image


def drawing(mode: str = "RGBA", size: tuple[int, int] = (24, 16)) -> Image.Image:
    picture = Image.new("RGBA", size, (200, 40, 60, 255))
    picture.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    return picture.convert(mode)


def file_of(picture: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=format, **options)
    return buffer.getvalue()


def uri(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_transparency_is_kept(format: str) -> None:
    data = file_of(drawing(), format, lossless=True)
    pixels = read_mark_image(uri(data, f"image/{format.lower()}"))
    assert pixels.shape == (16, 24, 4)
    assert (pixels[:, 12:] == (200, 40, 60, 255)).all()
    assert not pixels[:, :12, 3].any()


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/jpg", "IMAGE/JPEG"])
def test_a_jpeg_is_opaque(media_type: str) -> None:
    pixels = read_mark_image(uri(file_of(drawing("RGB"), "JPEG"), media_type))
    assert pixels.shape == (16, 24, 4)
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
def test_every_kind_of_png_becomes_rgba(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((16, 24), 257 * 120, np.uint16))
    else:
        picture = drawing("RGBA").convert("L" if mode == "I;16" else mode)
    pixels = read_mark_image(uri(file_of(picture, "PNG")))
    assert pixels.shape == (16, 24, 4)
    if mode == "I;16":
        assert (pixels == (120, 120, 120, 255)).all()


def test_a_cmyk_jpeg_is_read() -> None:
    data = file_of(drawing("RGB").convert("CMYK"), "JPEG")
    assert read_mark_image(uri(data, "image/jpeg")).shape == (16, 24, 4)


def test_a_photograph_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file_of(drawing("RGB"), "JPEG", exif=exif)
    assert read_mark_image(uri(data, "image/jpeg")).shape == (24, 16, 4)


def test_white_space_and_missing_padding_do_no_harm() -> None:
    plain = uri(file_of(drawing(), "PNG"))
    broken_lines = "\n".join(plain[i : i + 60] for i in range(0, len(plain), 60)).rstrip("=")
    head, body = plain.split(",")
    broken_lines = f"{head},\n" + "\r\n ".join(body[i : i + 60] for i in range(0, len(body), 60))
    assert (read_mark_image(broken_lines.rstrip("=")) == read_mark_image(plain)).all()


def test_parameters_before_base64_are_allowed() -> None:
    data = base64.b64encode(file_of(drawing(), "PNG")).decode()
    assert read_mark_image(f"data:image/png;name=mark.png;base64,{data}").shape == (16, 24, 4)


PNG = file_of(drawing(), "PNG")


@pytest.mark.parametrize(
    ("given_uri", "word"),
    [
        ("", "data URI"),
        ("https://example.com/mark.png", "data URI"),
        ("data:text/html;base64,PGI+", "data URI"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "data URI"),
        ("data:image/gif;base64,R0lGODlh", "data URI"),
        ("data:image/png,%89PNG", "base64"),
        ("data:image/png;base64,***", "base64"),
        ("data:image/png;base64,A", "base64"),
        ("data:image/png;base64,", "empty"),
        (uri(b"hello"), "not a PNG"),
        (uri(PNG[:50]), "damaged"),
        (uri(PNG[:-30]), "damaged"),
        (uri(file_of(drawing("RGB"), "BMP")), "not a PNG"),
    ],
)
def test_bad_uris_are_refused_and_say_why(given_uri: str, word: str) -> None:
    with pytest.raises(Invalid, match=word) as refusal:
        read_mark_image(given_uri)
    assert refusal.value.field == "wm_image"


@pytest.mark.parametrize("format", ["PNG", "WEBP", "JPEG"])
def test_every_truncation_is_refused(format: str) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (40, 40, 3), np.uint8)
    data = file_of(Image.fromarray(noise), format)
    for length in range(1, len(data) - 20, len(data) // 25):
        with pytest.raises(Invalid):
            read_mark_image(uri(data[:length], f"image/{format.lower()}"))


def test_more_than_two_megabytes_are_refused() -> None:
    padded = PNG + bytes(MOST_BYTES)
    with pytest.raises(Invalid, match="2 MiB"):
        read_mark_image(uri(padded))
    with pytest.raises(Invalid, match="2 MiB"):
        read_mark_image(uri(PNG + bytes(2 * MOST_BYTES)))


def test_two_megabytes_exactly_are_accepted() -> None:
    padded = PNG + bytes(MOST_BYTES - len(PNG))
    assert read_mark_image(uri(padded)).shape == (16, 24, 4)


def claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header says that it is huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return len(body).to_bytes(4, "big") + kind + body + check.to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "size", [(5000, 5000), (9000, 10), (12000, 12000), (60000, 60000), (2**31 - 1, 2**31 - 1)]
)
def test_decompression_bombs_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match=r"megapixels|damaged|not a PNG"):
        read_mark_image(uri(claiming(*size)))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_animations_are_refused(format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = file_of(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.raises(Invalid, match="animated"):
        read_mark_image(uri(data, f"image/{format.lower()}"))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.binary(max_size=200).map(uri))
def test_nothing_but_a_refusal_comes_of_nonsense(text: str) -> None:
    with pytest.raises(Invalid):
        read_mark_image(text)


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, len(PNG) - 1), value=st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(position: int, value: int) -> None:
    damaged = bytearray(PNG)
    damaged[position] = value
    try:
        pixels = read_mark_image(uri(bytes(damaged)))
    except Invalid:
        return
    assert pixels.shape[2] == 4
