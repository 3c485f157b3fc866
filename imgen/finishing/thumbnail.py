"""The small picture that lists and grids show."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LONGER_SIDE = 384
"""Pixels."""


def thumbnail(pixels: NDArray[np.uint8], longer_side: int = LONGER_SIDE) -> NDArray[np.uint8]:
    """The picture with its longer side at most `longer_side` pixels, shape kept.

    Args:
        pixels: (height, width, 3 or 4).
    """
    height, width = pixels.shape[:2]
    scale = longer_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(halved(pixels, size), size, interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )


def halved(pixels: NDArray[np.uint8], least: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture at half its size, as often as it stays at least as large as `least`.

    Averaging two by two is many times quicker than any other factor, and what comes after it has
    less to do.

    Args:
        pixels: (height, width) or (height, width, channels).
        least: (width, height).
    """
    height, width = pixels.shape[:2]
    while width >= 2 * least[0] and height >= 2 * least[1]:
        height, width = height // 2, width // 2
        even = pixels[: 2 * height, : 2 * width]
        pixels = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
    return pixels
