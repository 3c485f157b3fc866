"""Fills a hole with patches of its surroundings, coarse to fine, so that textures carry on.

Wexler, Shechtman and Irani, "Space-time completion of video" (2007): every patch that touches the
hole takes its nearest neighbour from the known part, the neighbours vote, and so on over a pyramid.
The neighbours are found as in Barnes et al., "PatchMatch" (2009), with all pixels of a round at
once. Distances and votes are sums of whole numbers, so every machine arrives at the same bytes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import Progress
from imgen.engines.sketch.edits.closing import close_coarsest
from imgen.engines.sketch.edits.membrane import membrane
from imgen.engines.sketch.edits.pyramid import (
    RADIUS,
    SIDE,
    Index,
    Level,
    Pixels,
    gathered,
    pyramid,
    windows_of,
    with_pixels,
)

_CLOSED = 12_000
"""Holes of more patches than this on the coarsest level have too little known round them."""
_SEARCHED, _REFINED = 14_000, 60_000
"""Levels with more patches than the first number are searched only close by, with more than the
second not at all: they follow the level below."""


class _Field:
    """The nearest neighbour, so far, of every patch that touches the hole."""

    def __init__(self, level: Level, to_rows: Index, to_columns: Index) -> None:
        self.level = level
        self.rows, self.columns = to_rows, to_columns
        self.windows = windows_of(level.pixels)
        self.place = np.full(level.hole.shape, -1, np.int64)
        self.place[level.rows, level.columns] = np.arange(len(level.rows))
        self.target = gathered(self.windows, level.rows, level.columns)
        everything = np.arange(len(level.rows))
        self.cost = self._cost(everything, to_rows, to_columns)

    def _cost(self, which: Index, rows: Index, columns: Index) -> NDArray[np.float32]:
        apart = gathered(self.windows, rows, columns)
        apart -= self.target[which]
        return np.asarray(np.einsum("ij,ij->i", apart, apart), np.float32)

    def _offer(self, which: Index, rows: Index, columns: Index) -> None:
        """Take the candidates that are sources and better."""
        height, width = self.level.hole.shape
        rows = np.clip(rows, 0, height - 1)
        columns = np.clip(columns, 0, width - 1)
        good = self.level.source[rows, columns]
        good &= (rows != self.rows[which]) | (columns != self.columns[which])
        which, rows, columns = which[good], rows[good], columns[good]
        if len(which) == 0:
            return
        cost = self._cost(which, rows, columns)
        better = cost < self.cost[which]
        won = which[better]
        self.cost[won] = cost[better]
        self.rows[won], self.columns[won] = rows[better], columns[better]

    def spread(self, step: int) -> None:
        """Offer each patch what its neighbours `step` away have found."""
        level = self.level
        height, width = level.hole.shape
        for down, right in ((-step, 0), (0, -step), (step, 0), (0, step)):
            rows, columns = level.rows + down, level.columns + right
            there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            which = np.flatnonzero(there)
            neighbour = self.place[rows[which], columns[which]]
            which, neighbour = which[neighbour >= 0], neighbour[neighbour >= 0]
            self._offer(which, self.rows[neighbour] - down, self.columns[neighbour] - right)

    def search(self, rng: np.random.Generator, reach: int) -> None:
        """Offer each patch random places round its best, ever closer."""
        everything = np.arange(len(self.rows))
        while reach >= 1:
            shift = rng.integers(-reach, reach + 1, (2, len(everything)))
            self._offer(everything, self.rows + shift[0], self.columns + shift[1])
            reach //= 3

    def vote(self, radius: int = RADIUS) -> Pixels:
        """The picture with the hole made of what its patches' neighbours say."""
        level = self.level
        total = np.zeros((*level.hole.shape, 3), np.int64)
        weight = np.zeros(level.hole.shape, np.int64)
        trust = level.trust[level.rows, level.columns]
        likeness = 1 + 4096 // (64 + self.cost.astype(np.int64) // (SIDE * SIDE * 3))
        share = trust * likeness
        values = level.pixels.astype(np.int64)
        for down in range(-radius, radius + 1):
            for right in range(-radius, radius + 1):
                rows, columns = level.rows + down, level.columns + right
                said = values[self.rows + down, self.columns + right]
                total[rows, columns] += said * share[:, None]
                weight[rows, columns] += share
        pixels = level.pixels.copy()
        voted = level.hole & (weight > 0)
        mean = (2 * total[voted] + weight[voted][:, None]) // (2 * weight[voted][:, None])
        pixels[voted] = mean
        return pixels


def _first_guess(level: Level, rng: np.random.Generator) -> _Field:
    """The hole closed from its edge, and the neighbours found on the way."""
    pixels, to_rows, to_columns = close_coarsest(level)
    level = with_pixels(level, pixels)
    rows, columns = np.nonzero(level.source)
    pick = rng.integers(0, len(rows), len(level.rows))
    none = to_rows < 0
    to_rows, to_columns = _nearest_source(level, to_rows, to_columns)
    return _Field(
        level, np.where(none, rows[pick], to_rows), np.where(none, columns[pick], to_columns)
    )


def _nearest_source(level: Level, rows: Index, columns: Index) -> tuple[Index, Index]:
    """Move places that are no sources to the nearest that is."""
    height, width = level.hole.shape
    rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    bad = ~level.source[rows, columns]
    if not bad.any():
        return rows, columns
    blocked = (~level.source).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        blocked, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    seed_rows, seed_columns = np.nonzero(level.source)
    of_label = np.zeros(int(labels.max()) + 1, np.int64)
    of_label[labels[seed_rows, seed_columns]] = np.arange(len(seed_rows))
    best = of_label[labels[rows[bad], columns[bad]]]
    rows, columns = rows.copy(), columns.copy()
    rows[bad], columns[bad] = seed_rows[best], seed_columns[best]
    return rows, columns


def _raised(level: Level, below: _Field) -> _Field:
    """The next finer level, with the neighbours found on the coarser one."""
    height, width = below.level.hole.shape
    nearest = cv2.distanceTransformWithLabels(
        (below.place < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    of_label = np.zeros(int(nearest.max()) + 1, np.int64)
    of_label[nearest[below.level.rows, below.level.columns]] = np.arange(len(below.rows))
    coarse_rows = np.clip(level.rows // 2, 0, height - 1)
    coarse_columns = np.clip(level.columns // 2, 0, width - 1)
    which = of_label[nearest[coarse_rows, coarse_columns]]
    rows = level.rows + 2 * (below.rows[which] - below.level.rows[which])
    columns = level.columns + 2 * (below.columns[which] - below.level.columns[which])
    rows, columns = _nearest_source(level, rows, columns)
    fine = level.pixels.copy()
    small = below.vote()
    grown = cv2.resize(small, (fine.shape[1], fine.shape[0]), interpolation=cv2.INTER_LINEAR)
    fine[level.hole] = np.rint(grown[level.hole])
    field = _Field(with_pixels(level, fine), rows, columns)
    return _Field(with_pixels(level, field.vote()), rows, columns)


def _settled(field: _Field, rng: np.random.Generator, rounds: int, reach: int) -> _Field:
    """Search, vote, and again."""
    for _ in range(rounds):
        for step in (8, 2, 1):
            field.spread(step)
        field.search(rng, reach)
        field.spread(1)
        field = _Field(with_pixels(field.level, field.vote()), field.rows, field.columns)
    return field


def _solved(
    image: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    seed: int,
    progress: Progress,
    steps: tuple[int, int],
) -> _Field | None:
    """The neighbours of every patch at the hole, at full size; None where nothing is to copy."""
    rng = np.random.default_rng([seed % 2**63, 17])
    levels = pyramid(image, hole)
    coarsest = levels[-1]
    if not coarsest.source.any() or not 0 < len(coarsest.rows) <= _CLOSED:
        return None
    field = _settled(_first_guess(coarsest, rng), rng, 12, max(coarsest.hole.shape))
    for count, level in enumerate(reversed(levels[:-1])):
        progress(min(steps[0] + count, steps[1]), steps[1])
        field = _raised(level, field)
        if len(level.rows) <= _SEARCHED:
            field = _settled(field, rng, 3, max(level.hole.shape) // 2)
        elif len(level.rows) <= _REFINED:
            field = _settled(field, rng, 1, 4)
    return field


def filled(
    image: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    seed: int,
    progress: Progress,
    steps: tuple[int, int],
) -> NDArray[np.uint8]:
    """Fill `hole` with patches from the rest of the picture.

    Args:
        image: (height, width, 3); what is in the hole does not matter.
        hole: (height, width), true where to fill.
        seed: of the random search.
        progress: called once per level of the pyramid.
        steps: (first step, of) for `progress`.

    Returns:
        (height, width, 3); outside the hole as it was. A smooth fill where too little is known to
        copy from.
    """
    field = _solved(image, hole, seed, progress, steps)
    if field is None:
        smooth = membrane(image.astype(np.float32), (~hole).astype(np.float32))
        return np.where(hole[..., None], np.rint(smooth).clip(0, 255), image).astype(np.uint8)
    return np.asarray(field.vote(radius=1), np.uint8)


def offsets(
    image: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    seed: int,
    progress: Progress,
    steps: tuple[int, int],
) -> NDArray[np.float32] | None:
    """Where each pixel of the hole is copied from: (height, width, 2), down and right from itself.

    0 outside the hole. Arguments as in `filled`; None where too little is known to copy from.
    """
    field = _solved(image, hole, seed, progress, steps)
    if field is None:
        return None
    shift = np.zeros((*hole.shape, 2), np.float32)
    level = field.level
    shift[level.rows, level.columns, 0] = field.rows - level.rows
    shift[level.rows, level.columns, 1] = field.columns - level.columns
    height, width = hole.shape
    inner_rows = np.clip(np.arange(height), RADIUS, height - 1 - RADIUS)
    inner_columns = np.clip(np.arange(width), RADIUS, width - 1 - RADIUS)
    return shift[inner_rows[:, None], inner_columns[None, :]]
