"""Fills a large hole, or the surroundings of a picture, with pieces found on a small copy."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import Progress
from imgen.engines.sketch.edits.membrane import membrane
from imgen.engines.sketch.edits.patches import offsets
from imgen.engines.sketch.edits.picture import Colour

Hole = NDArray[np.bool_]

_WORK = 70_000
"""The pieces are searched for on a copy of about this many pixels."""


def carried_on(frame: Colour, hole: Hole, seed: int, progress: Progress, of: int) -> Colour:
    """The hole filled with overlapping pieces of the rest, in full resolution.

    Args:
        frame: (height, width, 3); what is in the hole only helps where nothing can be copied.
        hole: (height, width), true where to fill.
        seed: of the search.
        progress: called with steps up to `of`.
        of: the number of steps.
    """
    height, width = hole.shape
    shrink = max(1.0, float(np.sqrt(height * width / _WORK)))
    size = (max(16, round(width / shrink)), max(16, round(height / shrink)))
    known = cv2.resize((~hole).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    shift = offsets(small, np.asarray(known < 0.999), seed, progress, (1, of))
    if shift is None:
        return frame
    return met(frame, _copied(frame, hole, shift), hole)


def _copied(frame: Colour, hole: Hole, shift: NDArray[np.float32]) -> Colour:
    """Every pixel of the hole from the four nearest pieces, weighted by how near they are.

    Overlapped block motion compensation (Orchard and Sullivan, 1994).
    """
    scale = (hole.shape[0] / shift.shape[0], hole.shape[1] / shift.shape[1])
    rows, columns = np.nonzero(hole)
    at_row = (rows + 0.5) / scale[0] - 0.5
    at_column = (columns + 0.5) / scale[1] - 0.5
    sources = _sources(hole)
    total = np.zeros((len(rows), 3), np.float64)
    for down in (0, 1):
        for right in (0, 1):
            base_row, base_column = np.floor(at_row) + down, np.floor(at_column) + right
            share = (1 - np.abs(at_row - base_row)) * (1 - np.abs(at_column - base_column))
            cell_row = np.clip(base_row, 0, shift.shape[0] - 1).astype(int)
            cell_column = np.clip(base_column, 0, shift.shape[1] - 1).astype(int)
            move = shift[cell_row, cell_column]
            from_row = rows + np.rint(move[:, 0] * scale[0]).astype(int)
            from_column = columns + np.rint(move[:, 1] * scale[1]).astype(int)
            from_row = np.clip(from_row, 0, hole.shape[0] - 1)
            from_column = np.clip(from_column, 0, hole.shape[1] - 1)
            nearest = sources[from_row, from_column]
            total += frame.reshape(-1, 3)[nearest] * share[:, None]
    result = frame.copy()
    result[rows, columns] = np.rint(total).astype(np.uint8)
    return result


def _sources(hole: Hole) -> NDArray[np.int64]:
    """(height, width): each pixel's own index, or in the hole that of the nearest known one."""
    labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    known = np.flatnonzero(~hole.ravel())
    of_label = np.zeros(int(labels.max()) + 1, np.int64)
    of_label[labels.ravel()[known]] = known
    return np.asarray(of_label[labels], np.int64)


def met(frame: Colour, inside: Colour, hole: Hole) -> Colour:
    """`inside` in the hole, shifted to the colours at the seam, less and less away from it."""
    known = (~hole).astype(np.float32)
    away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    near = (hole & (away < 4)).astype(np.float32)
    if not near.any() or hole.all():
        return inside
    means = []
    for pixels, weight in ((frame, known), (inside, near)):
        total = cv2.GaussianBlur(pixels * weight[..., None], (0, 0), 6.0)
        means.append(total / (cv2.GaussianBlur(weight, (0, 0), 6.0) + 1e-6)[..., None])
    apart = np.clip(means[0] - means[1], -40, 40).astype(np.float32)
    lift = membrane(apart, near) * np.exp(-away / 40.0)[..., None]
    shifted = np.rint(np.clip(inside + lift, 0, 255))
    return np.where(hole[..., None], shifted, frame).astype(np.uint8)
