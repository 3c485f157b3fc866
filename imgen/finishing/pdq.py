"""The perceptual fingerprint: near for pictures that look alike, whatever was done to the file.

PDQ is Facebook's open photo hash (ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the
PDQ Image-Hashing Algorithm", 2019). Two pictures match at a Hamming distance of up to 31 of 256
bits, provided that both have a quality of 50 or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pdqhash
from numpy.typing import NDArray

from imgen.finishing.encode import on_white
from imgen.finishing.thumbnail import halved

MATCH_DISTANCE = 31
"""Bits, of 256."""
GOOD_QUALITY = 50
_SMALLEST = (320, 320)
"""(width, height). Halving down to this moves half as many bits (3.5 on average, of 256) as the
squeeze to 512x512 pixels that PDQ's own tools do."""


@dataclass(frozen=True, slots=True)
class Pdq:
    """A PDQ hash and how much it can be relied on."""

    hash: str
    """64 hexadecimal characters."""
    quality: int
    """0 to 100: how much there is to see. Flat pictures are near 0, and match anything flat."""


def pdq(pixels: NDArray[np.uint8]) -> Pdq:
    """The PDQ hash of a picture.

    Args:
        pixels: (height, width, 3 or 4); transparency is seen on white.
    """
    grey = cv2.cvtColor(on_white(pixels), cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    small = halved(grey, _SMALLEST)
    bits, quality = pdqhash.compute(np.broadcast_to(small[..., None], (*small.shape, 3)))
    return Pdq(np.packbits(bits.astype(np.uint8)).tobytes().hex(), int(quality))


def distance(one: str, other: str) -> int:
    """Bits in which two hashes differ: 0 to 256."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
