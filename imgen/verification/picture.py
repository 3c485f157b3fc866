"""Opens a file that anyone may have sent, within limits."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgen.errors import Invalid, TooLarge
from imgen.finishing.encode import on_white
from imgen.pixels.colour import to_srgb
from imgen.pixels.opening import BOMB, DAMAGE, upright

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
_MOST_LOOKED_AT = 4_000_000
"""Pixels. A larger picture is made smaller first: neither mark nor hash needs more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too large to look at."""

    most_bytes: int = 32 * 1024 * 1024
    most_pixels: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """What can be seen in a file."""

    pixels: NDArray[np.uint8]
    """(height, width, 3), upright, on white, at most 4 megapixels."""
    media_type: str
    """As its bytes tell: `image/jpeg`."""


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Decode a file of any common kind; of an animation, its first frame. Blocking.

    Raises:
        imgen.errors.TooLarge: it is over a limit.
        imgen.errors.Invalid: it is no picture, or damaged beyond reading.
    """
    if len(data) > limits.most_bytes:
        raise TooLarge(f"The file is larger than {limits.most_bytes // 2**20} MiB", field="file")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > limits.most_pixels:
                raise _too_many(limits)
            media_type = picture.get_format_mimetype() or ""
            return Picture(_smaller(on_white(to_srgb(upright(picture)))), media_type)
    except UnidentifiedImageError:
        raise Invalid("The file is not a picture that can be read", field="file") from None
    except BOMB:
        raise _too_many(limits) from None
    except DAMAGE:
        raise Invalid("The picture is damaged or cut short", field="file") from None


def _too_many(limits: Limits) -> TooLarge:
    most = limits.most_pixels // 1_000_000
    return TooLarge(f"The picture has more than {most} megapixels", field="file")


def _smaller(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = (_MOST_LOOKED_AT / (width * height)) ** 0.5
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
