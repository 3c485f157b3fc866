"""Reads the client's mark, which arrives as a data URI that may be anything."""

from __future__ import annotations

import base64
import binascii
import io
import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgen.errors import Invalid
from imgen.pixels.colour import to_srgb, with_alpha
from imgen.pixels.opening import BOMB, DAMAGE, upright

MOST_BYTES = 2 * 1024 * 1024
"""Of the decoded file."""
MOST_PIXELS = 4096 * 4096
_LONGEST_SIDE = 8192

_HEAD = re.compile(r"data:image/(png|jpe?g|webp)((?:;[^;,]*)*),", re.IGNORECASE)
_FORMATS = ("PNG", "JPEG", "WEBP")
_SPACE = str.maketrans("", "", " \t\r\n")


def read_mark_image(data_uri: str) -> NDArray[np.uint8]:
    """The pixels of a mark. Blocking: up to a few hundred milliseconds for the largest allowed.

    Args:
        data_uri: `data:image/png;base64,…` (RFC 2397) of a PNG, JPEG or WebP still picture.

    Returns:
        (height, width, 4) sRGB with straight alpha, turned upright.

    Raises:
        imgen.errors.Invalid: it is not such a URI, is too large, or is damaged.
    """
    return _open(_bytes(data_uri.strip()))


def _bytes(data_uri: str) -> bytes:
    if len(data_uri) > MOST_BYTES * 3 // 2:
        raise _invalid("is larger than 2 MiB")
    head = _HEAD.match(data_uri)
    if head is None:
        raise _invalid("must be a data URI of a PNG, JPEG or WebP: data:image/png;base64,…")
    if "base64" not in head.group(2).lower().split(";"):
        raise _invalid("must be base64-encoded: data:image/png;base64,…")
    body = data_uri[head.end() :].translate(_SPACE).rstrip("=")
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("is not valid base64") from None
    if not data:
        raise _invalid("is empty")
    if len(data) > MOST_BYTES:
        raise _invalid("is larger than 2 MiB")
    return data


def _open(data: bytes) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check(picture)
            picture.load()
            return with_alpha(to_srgb(upright(picture)))
    except UnidentifiedImageError:
        raise _invalid("is not a PNG, JPEG or WebP picture") from None
    except BOMB:
        raise _invalid(_TOO_MANY_PIXELS) from None
    except DAMAGE:
        raise _invalid("is damaged or cut short") from None


_TOO_MANY_PIXELS = f"has more than {MOST_PIXELS // 1_000_000} megapixels"


def _check(picture: Image.Image) -> None:
    """Before any pixel is decoded: a small file can claim to be a huge picture."""
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
        raise _invalid(_TOO_MANY_PIXELS)
    if getattr(picture, "n_frames", 1) > 1:
        raise _invalid("is animated; a still picture is needed")


def _invalid(what: str) -> Invalid:
    return Invalid(f"The watermark image {what}", code="bad_watermark_image", field="wm_image")
