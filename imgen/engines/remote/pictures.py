"""Pictures to and from bytes, where the bytes come from a server that may send anything."""

from __future__ import annotations

import base64
import binascii
import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgen.errors import Upstream
from imgen.pixels.colour import to_srgb
from imgen.pixels.opening import BOMB, DAMAGE, upright

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of a result beyond which it is not read."""
_MOST_PIXELS = 64_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")
_SHORT = 100

Pixels = NDArray[np.uint8]


def as_png(pixels: Pixels) -> bytes:
    """A PNG file of (height, width), (height, width, 3 or 4) pixels; quick rather than small."""
    swapped = pixels
    if pixels.ndim == 3:
        code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        swapped = cv2.cvtColor(pixels, code).astype(np.uint8, copy=False)
    done, data = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    assert done
    return data.tobytes()


def read_picture(data: bytes) -> Pixels:
    """The pixels of a result: (height, width, 3), or 4 where something is transparent.

    Raises:
        imgen.errors.Upstream: it is no PNG, JPEG or WebP, broken, or unreasonably large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise _unreadable("is unreasonably large")
            return to_srgb(upright(picture))
    except (UnidentifiedImageError, *BOMB):
        raise _unreadable("is no picture") from None
    except DAMAGE:
        raise _unreadable("is a broken picture") from None


def read_base64(text: object) -> Pixels:
    """The pixels of a result that came as base64, with or without `data:image/png;base64,`.

    Raises:
        imgen.errors.Upstream: see `read_picture`.
    """
    if not isinstance(text, str):
        raise _unreadable("is no picture")
    if text[:_SHORT].startswith("data:"):
        text = text.partition(",")[2]
    try:
        return read_picture(base64.b64decode(text, validate=False))
    except (binascii.Error, ValueError):
        raise _unreadable("is no picture") from None


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Pixels stretched to a size, as (height, width) or (height, width, channels)."""
    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = width * height < pixels.shape[0] * pixels.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(pixels, (width, height), interpolation=way).astype(np.uint8, copy=False)


def covering(pixels: Pixels, width: int, height: int) -> Pixels:
    """Pixels scaled until they cover a frame; what stands over is cut off evenly."""
    have_height, have_width = pixels.shape[:2]
    scale = max(width / have_width, height / have_height)
    scaled = resized(
        pixels, max(width, round(have_width * scale)), max(height, round(have_height * scale))
    )
    left, top = (scaled.shape[1] - width) // 2, (scaled.shape[0] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def _unreadable(how: str) -> Upstream:
    return Upstream(f"What came back {how}", code="bad_result")
