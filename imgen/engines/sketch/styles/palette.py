"""Few colours for many: a small palette of a picture, and drawing with nothing else."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]
"""(count, 3), sRGB bytes as floats."""

_BAYER = (
    np.array(
        [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]],
        np.float32,
    )
    + 0.5
) / 16.0


def _lab(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB bytes as floats, (n, 3) → CIE Lab."""
    scaled = np.ascontiguousarray(colours.reshape(1, -1, 3) / np.float32(255))
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab).reshape(-1, 3), np.float32)


def _distances(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distances, (points, centres)."""
    cross = points @ centres.T
    return np.asarray(
        (points * points).sum(1)[:, None] - 2 * cross + (centres * centres).sum(1)[None, :],
        np.float32,
    )


def palette_of(image: NDArray[np.uint8], count: int, rounds: int = 8) -> Colours:
    """The `count` colours that serve a picture best: k-means in Lab from farthest-point seeds."""
    height, width = image.shape[:2]
    side = (min(width, 72), min(height, 72))
    sample = cv2.resize(image, side, interpolation=cv2.INTER_NEAREST).reshape(-1, 3)
    rgb = sample.astype(np.float32)
    points = _lab(rgb)
    centres = np.median(points, axis=0, keepdims=True).astype(np.float32)
    nearest = _distances(points, centres)[:, 0]
    while len(centres) < count:
        centres = np.vstack([centres, points[int(np.argmax(nearest))]])
        nearest = np.minimum(nearest, _distances(points, centres[-1:])[:, 0])
    chosen = rgb[:count].copy()
    for _ in range(rounds):
        owner = np.argmin(_distances(points, centres), axis=1)
        for index in range(count):
            mine = owner == index
            if mine.any():
                centres[index] = points[mine].mean(axis=0)
                chosen[index] = rgb[mine].mean(axis=0)
    return np.asarray(chosen, np.float32)


def mapped(image: NDArray[np.uint8], colours: Colours) -> NDArray[np.uint8]:
    """Each pixel's nearest colour of the palette."""
    return dithered(image, colours, 0.0)


def dithered(image: NDArray[np.uint8], colours: Colours, amount: float) -> NDArray[np.uint8]:
    """The palette alone, ordered dither (Bayer, 4 x 4) between its two nearest colours.

    `amount`: 0 = nearest colour only, 1 = every in-between tone is dithered.
    """
    height, width = image.shape[:2]
    points = _lab(image.reshape(-1, 3).astype(np.float32))
    inks = _lab(colours)
    table = np.rint(colours).astype(np.uint8)
    distance = _distances(points, inks)
    first = np.argmin(distance, axis=1)
    if amount <= 0 or len(colours) < 2:
        return np.asarray(table[first].reshape(height, width, 3), np.uint8)
    rows = np.arange(len(points))
    distance[rows, first] = np.inf
    second = np.argmin(distance, axis=1)
    line = inks[second] - inks[first]
    share = ((points - inks[first]) * line).sum(1) / np.maximum((line * line).sum(1), 1e-6)
    tile = np.tile(_BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width].reshape(-1)
    pick = share > 0.5 + (tile - 0.5) * np.float32(amount)
    return np.asarray(table[np.where(pick, second, first)].reshape(height, width, 3), np.uint8)
