"""Opening a picture file that may be damaged, hostile, or of a kind that browsers do not show."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgen.errors import Invalid, TooLarge
from imgen.finishing.encode import Format, decode, encode
from imgen.library.importing.material import texts_of, xmp_of
from imgen.pixels.colour import to_srgb
from imgen.pixels.opening import BOMB, DAMAGE, is_upright, upright

Pixels = NDArray[np.uint8]

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif"})
"""Of the files that are looked at in folders and archives."""
_FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "AVIF": "avif"}
_OPENED = ("JPEG", "PNG", "WEBP", "AVIF")
"""Nothing else is even tried. Pillow makes an MPO of a JPEG by itself."""
_SHOWN_EVERYWHERE = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much."""

    file_bytes: int = 64 * 1024 * 1024
    pixels: int = 80_000_000
    """Width times height; decoded, a pixel takes three or four bytes."""
    side: int = 32_000
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that has been looked at and can be served."""

    data: bytes
    """The file as it came, or a new one where the old could not be shown as it is."""
    format: str
    """jpeg, png, webp or avif."""
    pixels: Pixels
    """(height, width, 3 or 4), as anyone gets them who decodes `data`."""
    converted: bool
    """Whether `data` is a new file."""
    texts: Mapping[str, str]
    xmp: str


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Decode a file. Blocking: milliseconds to seconds.

    A file is kept bit for bit, unless it is turned by EXIF, in CMYK or another colour space than
    RGB, or grey with more than 8 bits: that one is converted, to PNG, or to JPEG if it was JPEG.

    Args:
        data: the whole file.
        limits: what is too much.

    Raises:
        Invalid: it is no picture of a known format, damaged, or animated.
        TooLarge: it is over a limit; nothing was decoded then.
    """
    if len(data) > limits.file_bytes:
        raise TooLarge(f"over {limits.file_bytes // 2**20} MiB")
    try:
        with Image.open(io.BytesIO(data), formats=_OPENED) as picture:
            _check(picture, limits)
            picture.load()
            return _opened(data, picture)
    except BOMB:
        raise TooLarge(f"over {limits.pixels / 1e6:g} megapixels") from None
    except UnidentifiedImageError:
        raise Invalid("not a JPEG, PNG, WebP or AVIF picture") from None
    except DAMAGE as error:
        raise Invalid(f"damaged: {_reason(error)}") from None


def _check(picture: Image.Image, limits: Limits) -> None:
    width, height = picture.size
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise TooLarge(f"{width} × {height} pixels, over {limits.pixels / 1e6:g} megapixels")
    # An MPO is a JPEG with more pictures behind the first, which is the one that is shown.
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise Invalid("animated")


def _opened(data: bytes, picture: Image.Image) -> Picture:
    format = _FORMATS[picture.format or ""]
    texts, xmp = texts_of(picture), xmp_of(picture)
    if picture.mode in _SHOWN_EVERYWHERE and is_upright(picture):
        return Picture(data, format, _pixels(picture), converted=False, texts=texts, xmp=xmp)
    target = Format.JPEG if format == "jpeg" else Format.PNG
    data = encode(to_srgb(upright(picture)), target, quality=_QUALITY)
    return Picture(data, target.value, decode(data), converted=True, texts=texts, xmp=xmp)


def _pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:120] if text else type(error).__name__
