"""Fills a hole with patches of its surroundings, coarse to fine, so that textures carry on.

Wexler, Shechtman and Irani, "Space-time completion of video" (2007): every patch that touches the
hole takes its nearest neighbour from the known part, the neighbours vote, and so on over a pyramid.
The neighbours are found as in Barnes et al., "PatchMatch" (2009), with all pixels of a round at
once. Distances and votes are sums of whole numbers, so every machine arrives at the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from imgen.engines.protocol import Progress
from imgen.engines.sketch.edits.membrane import membrane

_RADIUS = 3
_SIDE = 2 * _RADIUS + 1
_COARSE = 9.0
"""The hole reaches no further than this from its edge on the coarsest level, in pixels."""
_SHORTEST = 40
"""No level of the pyramid has a shorter side: on less, a patch is a picture."""
_PRICE_DOWN, _PRICE_ACROSS, _PRICE_STRANGE = 300, 160, 160
_SEARCHED, _REFINED = 14_000, 60_000
"""Levels with more patches than the first number are searched only close by, with more than the
second not at all: they follow the level below."""

Pixels = NDArray[np.float32]
"""(height, width, 3), whole numbers from 0 to 255."""
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Level:
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


def _level(pixels: Pixels, hole: NDArray[np.bool_]) -> _Level:
    kernel = np.ones((_SIDE, _SIDE), np.uint8)
    near = cv2.dilate(hole.astype(np.uint8), kernel) > 0
    inside = np.zeros_like(near)
    inside[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS] = True
    rows, columns = np.nonzero(near & inside)
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L1, 3)
    trust = np.maximum(1, np.rint(256.0 * 1.25 ** -np.minimum(depth, 24.0))).astype(np.int64)
    return _Level(pixels, hole, ~near & inside, rows, columns, trust)


def _pyramid(image: NDArray[np.uint8], hole: NDArray[np.bool_]) -> list[_Level]:
    """From full size to where the hole is a few patches wide, or the picture a few patches."""
    levels = [_level(image.astype(np.float32), hole)]
    known = (~hole).astype(np.float32)
    pixels = image.astype(np.float32)
    while True:
        height, width = known.shape
        thick = float(cv2.distanceTransform((known < 0.5).astype(np.uint8), cv2.DIST_L2, 3).max())
        if thick < _COARSE or min(height, width) < 2 * _SHORTEST:
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


def _windows(pixels: Pixels) -> NDArray[np.float32]:
    """(rows, columns, side, side * 3): every patch, by its top left corner."""
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(height, width * 3)
    return sliding_window_view(flat, (_SIDE, _SIDE * 3))[:, ::3]


def _gathered(windows: NDArray[np.float32], rows: Index, columns: Index) -> NDArray[np.float32]:
    """(count, values) of the patches centred at the given places."""
    taken = windows[rows - _RADIUS, columns - _RADIUS]
    return taken.reshape(len(rows), -1)


class _Field:
    """The nearest neighbour, so far, of every patch that touches the hole."""

    def __init__(self, level: _Level, to_rows: Index, to_columns: Index) -> None:
        self.level = level
        self.rows, self.columns = to_rows, to_columns
        self.windows = _windows(level.pixels)
        self.place = np.full(level.hole.shape, -1, np.int64)
        self.place[level.rows, level.columns] = np.arange(len(level.rows))
        self.target = _gathered(self.windows, level.rows, level.columns)
        everything = np.arange(len(level.rows))
        self.cost = self._cost(everything, to_rows, to_columns)

    def _cost(self, which: Index, rows: Index, columns: Index) -> NDArray[np.float32]:
        apart = _gathered(self.windows, rows, columns)
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

    def vote(self, radius: int = _RADIUS) -> Pixels:
        """The picture with the hole made of what its patches' neighbours say."""
        level = self.level
        total = np.zeros((*level.hole.shape, 3), np.int64)
        weight = np.zeros(level.hole.shape, np.int64)
        trust = level.trust[level.rows, level.columns]
        likeness = 1 + 4096 // (64 + self.cost.astype(np.int64) // (_SIDE * _SIDE * 3))
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


def _with_pixels(level: _Level, pixels: Pixels) -> _Level:
    return _Level(pixels, level.hole, level.source, level.rows, level.columns, level.trust)


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
        inner[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS] = 1
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
        sure = cv2.boxFilter(self.confidence, -1, (_SIDE, _SIDE), normalize=False)
        urgent = np.rint(sure[rows, columns] * 100).astype(np.int64) * (60 + strongest)
        first = int(np.argmax(urgent))
        return int(rows[first]), int(columns[first])


def _foreign(level: _Level) -> NDArray[np.float32]:
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
        cv2.boxFilter(strange.astype(np.float32), -1, (_SIDE, _SIDE), normalize=False), np.float32
    )


def _closed(level: _Level) -> tuple[Pixels, Index, Index]:
    """Fill the hole patch by patch, structures first, each by the best of all sources.

    Criminisi, Pérez and Toyama, "Region filling and object removal by exemplar-based image
    inpainting" (2004). Returns the pixels, and for each patch of the level the source that was
    found for its centre (-1: none).
    """
    pixels = np.pad(level.pixels, ((_RADIUS,) * 2, (_RADIUS,) * 2, (0, 0)), mode="reflect")
    known = np.pad((~level.hole).astype(np.float32), _RADIUS)
    front = _Front(pixels, known, known.copy(), np.full((*known.shape, 2), -1, np.int64))
    rows, columns = (place + _RADIUS for place in np.nonzero(level.source))
    sources = _gathered(_windows(pixels), rows, columns)
    squares = sources * sources
    strange = _foreign(level)[np.nonzero(level.source)].astype(np.float64) * _PRICE_STRANGE
    while (place := front.next_place()) is not None:
        row, column = place
        box = (
            slice(row - _RADIUS, row + _RADIUS + 1),
            slice(column - _RADIUS, column + _RADIUS + 1),
        )
        seen = np.repeat(known[box].reshape(-1), 3)
        cost = (squares @ seen).astype(np.float64)
        cost -= 2.0 * (sources @ (pixels[box].reshape(-1) * seen))
        cost += (_farness(level, row, column, rows, columns) + strange) * float(seen.sum())
        best = int(np.argmin(cost))
        empty = known[box] < 0.5
        steps = np.argwhere(empty)
        pixels[box][empty] = sources[best].reshape(_SIDE, _SIDE, 3)[empty]
        offset = np.array([rows[best], columns[best]]) - 2 * _RADIUS
        front.found[box][empty] = steps + offset
        front.confidence[box][empty] = 0.9 * float(front.confidence[box].mean())
        known[box] = 1.0
    middle = (slice(_RADIUS, -_RADIUS), slice(_RADIUS, -_RADIUS))
    found = front.found[middle][level.rows, level.columns]
    return np.ascontiguousarray(pixels[middle]), found[:, 0], found[:, 1]


def _farness(
    level: _Level, row: int, column: int, to_rows: Index, to_columns: Index
) -> NDArray[np.int64]:
    """A small price per value for a source that lies far off, more up and down than sideways."""
    height, width = level.hole.shape
    down = np.abs(to_rows - row) * _PRICE_DOWN // height
    right = np.abs(to_columns - column) * _PRICE_ACROSS // width
    return np.asarray(down + right, np.int64)


def _first_guess(level: _Level, rng: np.random.Generator) -> _Field:
    """The hole closed from its edge, and the neighbours found on the way."""
    pixels, to_rows, to_columns = _closed(level)
    level = _with_pixels(level, pixels)
    rows, columns = np.nonzero(level.source)
    pick = rng.integers(0, len(rows), len(level.rows))
    none = to_rows < 0
    to_rows, to_columns = _nearest_source(level, to_rows, to_columns)
    return _Field(
        level, np.where(none, rows[pick], to_rows), np.where(none, columns[pick], to_columns)
    )


def _nearest_source(level: _Level, rows: Index, columns: Index) -> tuple[Index, Index]:
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


def _raised(level: _Level, below: _Field) -> _Field:
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
    field = _Field(_with_pixels(level, fine), rows, columns)
    return _Field(_with_pixels(level, field.vote()), rows, columns)


def _settled(field: _Field, rng: np.random.Generator, rounds: int, reach: int) -> _Field:
    """Search, vote, and again."""
    for _ in range(rounds):
        for step in (8, 2, 1):
            field.spread(step)
        field.search(rng, reach)
        field.spread(1)
        field = _Field(_with_pixels(field.level, field.vote()), field.rows, field.columns)
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
    levels = _pyramid(image, hole)
    if not levels[-1].source.any() or len(levels[-1].rows) == 0:
        return None
    field = _settled(_first_guess(levels[-1], rng), rng, 12, max(levels[-1].hole.shape))
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
    inner_rows = np.clip(np.arange(height), _RADIUS, height - 1 - _RADIUS)
    inner_columns = np.clip(np.arange(width), _RADIUS, width - 1 - _RADIUS)
    return shift[inner_rows[:, None], inner_columns[None, :]]
