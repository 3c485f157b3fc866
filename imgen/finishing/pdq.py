"""The perceptual fingerprint: near for pictures that look alike, whatever was done to the file.

PDQ is Facebook's open photo hash (ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the
PDQ Image-Hashing Algorithm", 2019). Two pictures match at a Hamming distance of up to 31 of 256
bits, provided that both have a quality of 50 or more. Computed here from that paper: the reference
library gives the same bits in more than twice the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.finishing.encode import on_white
from imgen.finishing.thumbnail import halved

MATCH_DISTANCE = 31
"""Bits, of 256."""
GOOD_QUALITY = 50
_SIDE = 64
_COSINES = (
    np.sqrt(2 / _SIDE)
    * np.cos(np.pi / (2 * _SIDE) * np.outer(np.arange(1, 17), 2 * np.arange(_SIDE) + 1))
).astype(np.float32)
"""(16, 64): the lowest waves of the cosine transform but the constant one."""
_SMALLEST = (320, 320)
"""(width, height). Halving down to this moves half as many bits (3.5 on average, of 256) as the
squeeze to 512x512 pixels that PDQ's own tools do."""


Plane = NDArray[np.float32]


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
    buffer = _decimated(halved(grey, _SMALLEST))
    bits = _above_median(_COSINES @ buffer @ _COSINES.T)
    return Pdq(np.packbits(bits).tobytes().hex(), _quality(buffer))


def distance(one: str, other: str) -> int:
    """Bits in which two hashes differ: 0 to 256."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _decimated(grey: NDArray[np.uint8]) -> Plane:
    """(64, 64): the picture blurred by a tent (a box, twice) and sampled in the middle of cells."""
    blurred = _boxed(_boxed(grey))
    rows, columns = (((np.arange(_SIDE) + 0.5) * size / _SIDE).astype(int) for size in grey.shape)
    return blurred[np.ix_(rows, columns)]


def _boxed(plane: NDArray[np.uint8] | Plane) -> Plane:
    """Means over a window of half a cell, which is cut off where the picture ends."""
    windows = [(size + 2 * _SIDE - 1) // (2 * _SIDE) for size in plane.shape]
    before = [window - (window + 2) // 2 for window in windows]
    sums = cv2.boxFilter(
        plane,
        cv2.CV_32F,
        (windows[1], windows[0]),
        anchor=(before[1], before[0]),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    down, across = (
        _share(size, window, first)
        for size, window, first in zip(plane.shape, windows, before, strict=True)
    )
    return np.asarray(sums * down[:, None] * across, np.float32)


def _share(size: int, window: int, before: int) -> Plane:
    """(size,): one over the number of samples in the window around each place."""
    first = np.arange(size) - before
    inside = np.minimum(first + window, size) - np.maximum(first, 0)
    return (1 / inside).astype(np.float32)


def _quality(buffer: Plane) -> int:
    """How much the picture changes from cell to cell, in whole hundredths of the full range."""
    steps = (np.trunc(np.diff(buffer, axis=axis) * (100 / 255)) for axis in (0, 1))
    return min(100, int(sum(float(np.abs(step).sum()) for step in steps) / 90))


def _above_median(waves: Plane) -> NDArray[np.bool_]:
    """(256,): which waves are stronger than half of them, the finest first."""
    strengths = waves.ravel()[::-1]
    return np.asarray(strengths > np.sort(strengths)[len(strengths) // 2 - 1])
