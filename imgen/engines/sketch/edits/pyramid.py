"""The sizes at which a hole is filled, and the patches of each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RADIUS = 3
SIDE = 2 * RADIUS + 1
"""A patch is this many pixels wide and high."""
_COARSE = 9.0
"""The hole reaches no further than this from its edge on the coarsest level, in pixels."""
_SHORTEST = 40
"""No level has a much shorter side: on less, a patch is a picture."""

_QUICK = 3000
"""As long as a hole has more pixels than this, the pyramid goes on below twice that side."""

Pixels = NDArray[np.float32]
"""(height, width, 3), whole numbers from 0 to 255."""
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Level:
    """One size of the picture."""

    pixels: Pixels
    hole: NDArray[np.bool_]
    source: NDArray[np.bool_]
    """Centres of patches that are wholly known and inside."""
    rows: Index
    """Of the centres of all patches that touch the hole and lie inside."""
    columns: Index
    trust: NDArray[np.int64]
    """(height, width): how much a patch centred here has to say; falls into the hole."""


def _level(pixels: Pixels, hole: NDArray[np.bool_]) -> Level:
    kernel = np.ones((SIDE, SIDE), np.uint8)
    near = cv2.dilate(hole.astype(np.uint8), kernel) > 0
    inside = np.zeros_like(near)
    inside[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    rows, columns = np.nonzero(near & inside)
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L1, 3)
    trust = np.maximum(1, np.rint(256.0 * 1.25 ** -np.minimum(depth, 24.0))).astype(np.int64)
    return Level(pixels, hole, ~near & inside, rows, columns, trust)


def pyramid(image: NDArray[np.uint8], hole: NDArray[np.bool_]) -> list[Level]:
    """From full size to where the hole is a few patches wide, or the picture a few patches."""
    levels = [_level(image.astype(np.float32), hole)]
    known = (~hole).astype(np.float32)
    pixels = image.astype(np.float32)
    while True:
        height, width = known.shape
        thick = float(cv2.distanceTransform((known < 0.5).astype(np.uint8), cv2.DIST_L2, 3).max())
        small = min(height, width) < 2 * _SHORTEST and float((1.0 - known).sum()) < _QUICK
        if thick < _COARSE or small or min(height, width) < _SHORTEST:
            return levels
        size = ((width + 1) // 2, (height + 1) // 2)
        weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        total = cv2.resize(pixels * known[..., None], size, interpolation=cv2.INTER_AREA)
        pixels = np.rint(total / np.maximum(weight, 1e-3)[..., None]).astype(np.float32)
        known = (weight > 0.6).astype(np.float32)
        level = _level(np.clip(pixels, 0, 255).astype(np.float32), known < 0.5)
        if not level.source.any():
            return levels
        levels.append(level)


def with_pixels(level: Level, pixels: Pixels) -> Level:
    """The same level with other pixels in the hole."""
    return Level(pixels, level.hole, level.source, level.rows, level.columns, level.trust)


def windows_of(pixels: Pixels) -> NDArray[np.float32]:
    """(rows, columns, side, side * 3): every patch, by its top left corner."""
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(height, width * 3)
    return sliding_window_view(flat, (SIDE, SIDE * 3))[:, ::3]


def gathered(windows: NDArray[np.float32], rows: Index, columns: Index) -> NDArray[np.float32]:
    """(count, values) of the patches centred at the given places."""
    taken = windows[rows - RADIUS, columns - RADIUS]
    return taken.reshape(len(rows), -1)
