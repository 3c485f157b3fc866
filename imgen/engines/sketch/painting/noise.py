"""Seeded smooth noise over an endless plane: the shape of every hill, cloud and ripple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""An array of float32; (height, width) unless told otherwise."""

_CELLS = 64
_ZOOM = 8


@dataclass(frozen=True, slots=True)
class Noise:
    """Value noise that repeats every 64 cells, sampled anywhere."""

    texture: Field

    @classmethod
    def seeded(cls, *key: int) -> Noise:
        """The same key gives the same noise."""
        rng = np.random.default_rng(list(key))
        grid = rng.uniform(-1.0, 1.0, (_CELLS, _CELLS)).astype(np.float32)
        padded = np.pad(grid, 2, mode="wrap")
        side = (_CELLS + 4) * _ZOOM
        smooth = cv2.resize(padded, (side, side), interpolation=cv2.INTER_CUBIC)
        edge = 2 * _ZOOM
        return cls(np.ascontiguousarray(smooth[edge:-edge, edge:-edge]))

    def at(self, x: Field, y: Field, cell: float) -> Field:
        """About -1 to 1 at each point; the features are `cell` wide."""
        step = np.float32(_ZOOM / cell)
        if x.shape != y.shape:
            x, y = np.broadcast_arrays(x, y)
        sampled = cv2.remap(
            self.texture, x * step, y * step, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        )
        return np.asarray(sampled, np.float32).reshape(x.shape)

    def fbm(
        self, x: Field, y: Field, cell: float, octaves: int = 4, gain: float = 0.5,
        pitch: Field | None = None,
    ) -> Field:  # fmt: skip
        """Fractal sum, about -1 to 1: soft hills, clouds.

        `pitch` is how far apart the samples lie; octaves too fine for them are left out.
        """
        total = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
        weight, norm = 1.0, 0.0
        for _ in range(octaves):
            layer = self.at(x, y, cell)
            total += np.float32(weight) * (layer if pitch is None else layer * _kept(cell, pitch))
            norm += weight
            weight *= gain
            cell *= 0.49
            x, y = _turned(x, y)
        return np.asarray(total * np.float32(1.35 / norm), np.float32)

    def ridged(
        self, x: Field, y: Field, cell: float, octaves: int = 5, gain: float = 0.5,
        pitch: Field | None = None,
    ) -> Field:  # fmt: skip
        """0 to 1 with sharp crests: mountains. Detail gathers on the heights.

        Musgrave, "Procedural Fractal Terrains" (in Ebert et al., Texturing and Modeling).
        """
        total = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
        weight, norm = 1.0, 0.0
        carry = np.ones_like(total)
        for _ in range(octaves):
            valley = self.at(x, y, cell)
            if pitch is None:
                valley = np.abs(valley)
            else:
                # A crest that is sharper than the samples are dense would come out as a saw.
                valley = np.sqrt(valley * valley + (np.float32(0.5 / cell) * pitch) ** 2)
            crest = np.maximum(1.0 - valley * np.float32(1.25), 0.0)
            crest *= crest
            crest *= carry
            if pitch is not None:
                crest *= _kept(cell, pitch)
            total += np.float32(weight) * crest
            carry = np.clip(crest * np.float32(1.9), 0.0, 1.0)
            norm += weight
            weight *= gain
            cell *= 0.47
            x, y = _turned(x, y)
        return np.asarray(total * np.float32(1.0 / norm), np.float32)


def _kept(cell: float, pitch: Field) -> Field:
    """1 for features wider than the sampling, 0 for those that would only flicker."""
    return np.asarray(np.clip((np.float32(cell) / pitch - 0.6) * 0.7, 0.0, 1.0), np.float32)


def _turned(x: Field, y: Field) -> tuple[Field, Field]:
    """Rotate and shift, so that the grids of two octaves never line up."""
    a, b = np.float32(0.7986), np.float32(0.6018)
    return x * a - y * b + np.float32(17.3), x * b + y * a + np.float32(41.7)


def smoothstep(low: float, high: float, x: NDArray[np.floating[Any]]) -> Field:
    """0 below `low`, 1 above `high`, smooth between; a falling edge where low > high."""
    t = np.clip((x - np.float32(low)) * np.float32(1.0 / (high - low)), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def speckle(shape: tuple[int, int], *key: int) -> Field:
    """Independent values 0 to 1 for every pixel."""
    return np.random.default_rng(list(key)).random(shape, dtype=np.float32)
