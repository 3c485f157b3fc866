"""The picture while it is being painted: colour, distance, water and what was drawn as subject."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.noise import Field
from imgen.engines.sketch.painting.view import FAR, View


@dataclass(slots=True)
class Canvas:
    """Mutable planes of one size; every painter lays something on them."""

    view: View
    image: Field
    """(height, width, 3), display sRGB, 0 to 1."""
    distance: Field
    """(height, width), metres."""
    water: Field
    """(height, width), 0 to 1: where a mirror lies."""
    shallow: Field
    """(height, width), 0 to 1: how near the bottom is, where there is water."""
    subjects: Field
    """(height, width), 0 to 1: coverage of the subjects."""

    floating: bool = False
    """Whether things hang in the middle of the picture: in space, under water."""
    veil: tuple[RGB, float] | None = None
    """A colour that covers things by a share: the water that they swim in."""

    @classmethod
    def blank(cls, view: View) -> Canvas:
        """Black, endlessly far."""
        shape = (view.height, view.width)
        return cls(
            view,
            np.zeros((*shape, 3), np.float32),
            np.full(shape, FAR, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
        )

    def depth(self) -> Field:
        """0 at the viewer, 1 at the horizon and in the sky."""
        near = self.distance / (self.distance + np.float32(60.0))
        return np.asarray(np.clip((near - 0.04) * np.float32(1.0 / 0.955), 0.0, 1.0), np.float32)
