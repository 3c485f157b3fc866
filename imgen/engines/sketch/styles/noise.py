"""Seeded noise: the paper, grain, bristles and clouds of every style come from here."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(height, width)."""


def white(shape: tuple[int, int], seed: int) -> Field:
    """Independent normal values, mean 0 and deviation 1."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def clouds(shape: tuple[int, int], cell: float, seed: int, octaves: int = 3) -> Field:
    """Smooth value noise, about -1 to 1; the largest features are `cell` pixels wide."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    gain, norm = 1.0, 0.0
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        rows, columns = int(height / size) + 3, int(width / size) + 3
        rng = np.random.default_rng([seed, octave])
        grid = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
        wide = (
            max(width, int(columns * size)),
            max(height, int(rows * size)),
        )
        layer = cv2.resize(grid, wide, interpolation=cv2.INTER_CUBIC)[:height, :width]
        total += np.float32(gain) * layer
        norm += gain
        gain *= 0.5
    return np.asarray(total * np.float32(1.6 / norm), np.float32)


def displaced(image: Field, amount: float, cell: float, seed: int) -> Field:
    """An image whose every edge wanders by up to `amount` pixels, over `cell` pixels.

    Takes and gives (height, width) or (height, width, channels), float32.
    """
    height, width = image.shape[:2]
    x, y = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32), copy=False
    )
    x = x + np.float32(amount) * clouds((height, width), cell, seed, 2)
    y = y + np.float32(amount) * clouds((height, width), cell, seed + 1, 2)
    return np.asarray(
        cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32
    )
