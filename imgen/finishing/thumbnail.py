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
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
