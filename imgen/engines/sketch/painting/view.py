"""Where the painter stands, and how land on a map becomes rows of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.painting.noise import Field

FAR = 40_000.0
"""Metres; the sky lies there."""


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole camera that looks level along z, x to the right, heights in metres."""

    width: int
    height: int
    horizon: float
    """Row of the horizon, in pixels."""
    eye: float
    """Height above the water or ground level, in metres."""
    focal: float
    """In pixels."""

    @classmethod
    def of(cls, width: int, height: int, *, horizon: float, eye: float, lens: float = 1.1) -> View:
        """`horizon` as a share of the height from the top; `lens` in picture sides."""
        focal = lens * float(np.sqrt(width * height))
        return cls(width, height, horizon * height, eye, focal)

    @property
    def scale(self) -> float:
        """1 at 1344 x 768, in proportion to the side."""
        return float(np.sqrt(self.width * self.height)) / 1016.0

    @property
    def columns(self) -> Field:
        """Tangent of the angle of each column, (width,)."""
        return ((np.arange(self.width) - 0.5 * (self.width - 1)) / self.focal).astype(np.float32)

    @property
    def rises(self) -> Field:
        """Tangent of the elevation of each row, (height,), positive above the horizon."""
        return ((self.horizon - np.arange(self.height) - 0.5) / self.focal).astype(np.float32)

    def row(self, z: float, height: float = 0.0) -> float:
        """Row of a point `height` metres up at distance z."""
        return self.horizon + self.focal * (self.eye - height) / z

    def distance(self, row: float) -> float:
        """How far the level ground is at a row below the horizon."""
        return min(FAR, self.focal * self.eye / max(row - self.horizon, 1e-3))


@dataclass(frozen=True, slots=True)
class Cast:
    """Which sample of the land each pixel sees."""

    sample: Field
    """(height, width): index along the distances, with a fraction; meaningless in the sky."""
    sky: NDArray[np.bool_]
    """(height, width): no land there."""
    edges: tuple[NDArray[np.intp], NDArray[np.intp]]
    """Rows and columns of the pixels just above a crest."""
    cover: Field
    """For each of these, how much of the pixel the crest below covers, 0 to 1."""


def distances(near: float, far: float, count: int) -> Field:
    """Metres, growing by a factor; closest together where mountains stand, 0.9 to 14 km off."""
    if near >= 800.0 or far <= 16_000.0:
        return np.asarray(near * (far / near) ** np.linspace(0, 1, count), np.float32)
    stretches = ((near, 900.0, 0.45), (900.0, 14_000.0, 0.47), (14_000.0, far, 0.08))
    parts = [
        first * (last / first) ** np.linspace(0, 1, max(2, round(share * count)), endpoint=False)
        for first, last, share in stretches
    ]
    return np.concatenate(parts).astype(np.float32)


def cast(view: View, z: Field, heights: Field) -> Cast:
    """See land from the side: for each column, front to back, what rises above what is before it.

    Args:
        view: the camera.
        z: (samples,) rising distances in metres.
        heights: (samples, width) metres, along the ray of each column.
    """
    count, width = heights.shape
    rows = np.float32(view.horizon) + np.float32(view.focal) * (
        (np.float32(view.eye) - heights) / z[:, None]
    )
    crest = np.minimum.accumulate(rows, axis=0)
    start = np.clip(np.ceil(crest), 0, view.height).astype(np.int32)
    cells = start * width + np.arange(width, dtype=np.int32)
    hits = np.bincount(cells.ravel(), minlength=(view.height + 1) * width)
    seen = np.cumsum(hits.reshape(view.height + 1, width)[: view.height], axis=0, dtype=np.int32)
    first = count - seen
    sky = first >= count
    index = np.clip(first, 1, count - 1)
    column = np.arange(width, dtype=np.int32)
    flat = rows.ravel()
    after = flat.take(index * width + column)
    before = flat.take((index - 1) * width + column)
    y = np.arange(view.height, dtype=np.float32)[:, None]
    share = np.clip((before - y) / np.maximum(before - after, 1e-3), 0.0, 1.0)
    above, below = first[:-1], first[1:]
    rows_, columns_ = np.nonzero((above - below > 2) & (below < count))
    edges = (rows_, columns_)
    crests = crest.ravel().take(below[edges] * width + edges[1])
    cover = np.clip(edges[0] + 1 - crests, 0.0, 1.0).astype(np.float32)
    return Cast((index - 1 + share).astype(np.float32), sky, edges, cover)
