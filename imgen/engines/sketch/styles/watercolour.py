"""Watercolour: transparent washes that pool, bleed and granulate on rough white paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, film, noise, pigment
from imgen.engines.sketch.styles.pixels import (
    blurred,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_PAPER = np.array((0.985, 0.97, 0.94), np.float32)


def _washes(painting: Painting, scale: float, weight: float) -> NDArray[np.float32]:
    """Simplified areas with wandering edges; wet ones run into each other."""
    flat = unit(pigment.simplified(painting.image, (3.0 + 5.0 * (1.0 - painting.detail)) * scale))
    flat = noise.displaced(flat, 2.6 * scale * weight, 34 * scale, painting.seed)
    shape = (flat.shape[0], flat.shape[1])
    wet = noise.clouds(shape, 190 * scale, painting.seed + 5, 3)
    wet = np.clip(wet * 1.6 + 0.9 * painting.depth - 0.45, 0.0, 1.0)
    wet *= 1.0 - 0.75 * unit(painting.subjects)
    return mixed(flat, blurred(flat, 9.0 * scale), wet.astype(np.float32))


def _glowing(washes: NDArray[np.float32], painting: Painting) -> NDArray[np.float32]:
    """A thin wash of the low sun's colour over what lies far off, as if the paper shone through."""
    sun = np.array(painting.light.sun, np.float32) / 255.0
    lit = np.asarray(1.0 - (1.0 - washes) * (1.0 - 0.75 * sun), np.float32)
    veil = 0.30 * np.clip(painting.depth, 0.0, 1.0) * (1.0 - unit(painting.subjects))
    return mixed(washes, lit, np.asarray(veil, np.float32))


def _edge_of_paint(shape: tuple[int, int], seed: int, scale: float) -> NDArray[np.float32]:
    """1 where paint is, 0 on the ragged paper margin."""
    height, width = shape
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    inset = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    ragged = noise.clouds(shape, 90 * scale, seed + 8, 5) * np.float32(11 * scale)
    return np.asarray(np.clip((inset + ragged - 15 * scale) / (2.2 * scale), 0, 1), np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Washes, darkened edges, turbulent density, granulation in the paper's relief, a margin."""
    scale, weight = scale_of(painting), weight_of(painting)
    washes = _washes(painting, scale, weight)
    shape = (washes.shape[0], washes.shape[1])
    painted = _edge_of_paint(shape, painting.seed, scale)
    rim = contours.edges(washes, 2.2 * scale, 0.035)
    rim = np.maximum(rim, 3.2 * painted * (1.0 - painted))
    pools = noise.clouds(shape, 210 * scale, painting.seed + 1, 4)
    relief = pigment.paper(shape, painting.seed + 2, scale)
    density = (0.78 + weight * (0.42 * pools + 0.75 * rim + 0.13 * relief)).astype(np.float32)
    low_sun = painting.light.sun[0] - painting.light.sun[2] > 70 and not painting.light.night
    if low_sun:
        washes = _glowing(washes, painting)
    colourful = saturated(film.curved(washes, 0.1), 1.42 if low_sun else 1.22)
    pale = 1.0 - (1.0 - colourful) * np.float32(0.78 if low_sun else 0.86)
    pixels = pigment.dense(np.clip(pale, 0, 1), np.clip(density, 0.05, 3.0))
    pixels = mixed(np.broadcast_to(_PAPER, pixels.shape), pixels * _PAPER, painted)
    light = 1.0 + 0.028 * weight * np.clip(relief - np.roll(relief, 1, axis=0), -2, 2)
    return quantised(pixels * light[..., None])


STYLE = Style(
    name="watercolour",
    words=(
        "watercolour",
        "watercolor",
        "water colour",
        "water color",
        "aquarelle",
        "watercolour painting",
        "watercolor painting",
        "wet on wet",
    ),
    finish=finish,
)
