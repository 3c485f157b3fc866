"""Closes the hole of a small picture patch by patch, structures first."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.edits.pyramid import (
    RADIUS,
    SIDE,
    Index,
    Level,
    Pixels,
    gathered,
    windows_of,
)

_PRICE_DOWN, _PRICE_ACROSS, _PRICE_STRANGE = 300, 160, 160
"""What a source costs, in squared bytes per value: a picture's height or width away, or with all
its colours unknown at the hole's edge (per 49 pixels)."""


@dataclass(slots=True)
class _Front:
    """The coarsest level while it is being closed, with a border so that every patch is whole."""

    pixels: Pixels
    known: NDArray[np.float32]
    confidence: NDArray[np.float32]
    found: Index
    """(height, width, 2): the source of each filled pixel, -1 elsewhere."""

    def next_place(self) -> tuple[int, int] | None:
        """The pixel at the hole's edge to fill first: where most is known and an edge runs in."""
        inner = np.zeros(self.known.shape, np.uint8)
        inner[RADIUS:-RADIUS, RADIUS:-RADIUS] = 1
        touched = cv2.dilate(self.known * inner, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((self.known < 0.5) & (inner > 0) & (touched > 0.5))
        if len(rows) == 0:
            return None
        grey = np.ascontiguousarray(self.pixels.sum(axis=2))
        solid = cv2.erode(self.known, np.ones((3, 3), np.uint8))
        down = cv2.Sobel(grey, cv2.CV_32F, 0, 1) * solid
        right = cv2.Sobel(grey, cv2.CV_32F, 1, 0) * solid
        normal_down = cv2.Sobel(self.known, cv2.CV_32F, 0, 1, ksize=5)
        normal_right = cv2.Sobel(self.known, cv2.CV_32F, 1, 0, ksize=5)
        length = np.hypot(normal_down, normal_right) + np.float32(1e-3)
        strongest = np.zeros(len(rows))
        for step_down in range(-2, 3):
            for step_right in range(-2, 3):
                at = (rows + step_down, columns + step_right)
                along = -right[at] * normal_down[rows, columns]
                along = along + down[at] * normal_right[rows, columns]
                along = np.abs(along) / length[rows, columns]
                strongest = np.maximum(strongest, np.rint(along))
        sure = cv2.boxFilter(self.confidence, -1, (SIDE, SIDE), normalize=False)
        urgent = np.rint(sure[rows, columns] * 100).astype(np.int64) * (60 + strongest)
        first = int(np.argmax(urgent))
        return int(rows[first]), int(columns[first])


def _foreign(level: Level) -> NDArray[np.float32]:
    """For each pixel, how much of the patch round it has colours unknown at the hole's edge.

    Whole numbers, 0 to 49. Without it, a face far off would do as well as the wall close by.
    """
    ring = cv2.dilate(level.hole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    bins = level.pixels.astype(np.int64) // 16
    counts = np.zeros((18, 18, 18), np.int64)
    near = bins[ring & ~level.hole] + 1
    np.add.at(counts, (near[:, 0], near[:, 1], near[:, 2]), 1)
    spread = np.zeros((16, 16, 16), np.int64)
    for red, green, blue in np.ndindex(3, 3, 3):
        spread += counts[red : red + 16, green : green + 16, blue : blue + 16]
    strange = spread[bins[..., 0], bins[..., 1], bins[..., 2]] * 100 < len(near)
    return np.asarray(
        cv2.boxFilter(strange.astype(np.float32), -1, (SIDE, SIDE), normalize=False), np.float32
    )


def _farness(
    level: Level, row: int, column: int, to_rows: Index, to_columns: Index
) -> NDArray[np.int64]:
    """A small price per value for a source that lies far off, more up and down than sideways."""
    height, width = level.hole.shape
    down = np.abs(to_rows - row) * _PRICE_DOWN // height
    right = np.abs(to_columns - column) * _PRICE_ACROSS // width
    return np.asarray(down + right, np.int64)


def close_coarsest(level: Level) -> tuple[Pixels, Index, Index]:
    """Fill the hole patch by patch, structures first, each by the best of all sources.

    Criminisi, Pérez and Toyama, "Region filling and object removal by exemplar-based image
    inpainting" (2004). Returns the pixels, and for each patch of the level the source that was
    found for its centre (-1: none).
    """
    pixels = np.pad(level.pixels, ((RADIUS,) * 2, (RADIUS,) * 2, (0, 0)), mode="reflect")
    known = np.pad((~level.hole).astype(np.float32), RADIUS)
    front = _Front(pixels, known, known.copy(), np.full((*known.shape, 2), -1, np.int64))
    rows, columns = (place + RADIUS for place in np.nonzero(level.source))
    sources = gathered(windows_of(pixels), rows, columns)
    squares = sources * sources
    strange = _foreign(level)[np.nonzero(level.source)].astype(np.float64) * _PRICE_STRANGE
    while (place := front.next_place()) is not None:
        row, column = place
        box = (
            slice(row - RADIUS, row + RADIUS + 1),
            slice(column - RADIUS, column + RADIUS + 1),
        )
        seen = np.repeat(known[box].reshape(-1), 3)
        cost = (squares @ seen).astype(np.float64)
        cost -= 2.0 * (sources @ (pixels[box].reshape(-1) * seen))
        cost += (_farness(level, row, column, rows, columns) + strange) * float(seen.sum())
        best = int(np.argmin(cost))
        empty = known[box] < 0.5
        steps = np.argwhere(empty)
        pixels[box][empty] = sources[best].reshape(SIDE, SIDE, 3)[empty]
        offset = np.array([rows[best], columns[best]]) - 2 * RADIUS
        front.found[box][empty] = steps + offset
        front.confidence[box][empty] = 0.9 * float(front.confidence[box].mean())
        known[box] = 1.0
    middle = (slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
    found = front.found[middle][level.rows, level.columns]
    return np.ascontiguousarray(pixels[middle]), found[:, 0], found[:, 1]
