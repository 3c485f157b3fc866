"""Everything between an engine's pixels and the files that are delivered, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgen.finishing.encode import Format, decode, encode
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.thumbnail import thumbnail

_THUMBNAIL_QUALITY = 80


@dataclass(frozen=True, slots=True)
class File:
    """One file, ready to be stored."""

    data: bytes
    format: Format
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished picture and what is known of it."""

    image: File
    thumbnail: File
    fingerprint: str
    """See `fingerprint.py`."""


def finish(pixels: NDArray[np.uint8], *, format: Format, quality: int, lossless: bool) -> Finished:
    """Finish one picture. Blocking.

    Args:
        pixels: (height, width, 3 or 4) uint8 from the engine.
        format: of the delivered file.
        quality: 1 to 100.
        lossless: WebP and AVIF only.
    """
    data = encode(pixels, format, quality=quality, lossless=lossless)
    delivered = decode(data)
    small = thumbnail(pixels)
    return Finished(
        image=_file(data, format, delivered),
        thumbnail=_file(encode(small, Format.JPEG, quality=_THUMBNAIL_QUALITY), Format.JPEG, small),
        fingerprint=fingerprint(delivered),
    )


def _file(data: bytes, format: Format, pixels: NDArray[np.uint8]) -> File:
    return File(data, format, width=pixels.shape[1], height=pixels.shape[0])
