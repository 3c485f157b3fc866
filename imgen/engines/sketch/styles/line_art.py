"""Line art: clean black lines on white paper, heavier round the subjects, hatched in the dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, noise
from imgen.engines.sketch.styles.pixels import (
    blurred,
    coverage,
    luma,
    quantised,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def _hatching(painting: Painting, tone: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Parallel strokes whose width follows the darkness, crossed in the darkest places."""
    height, width = tone.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wander = noise.clouds((height, width), 120 * scale, painting.seed, 2) * np.float32(5 * scale)
    pitch = 9.0 * scale
    dark = blurred(np.clip(0.46 - tone, 0, 1).astype(np.float32), 4 * scale) * 2.2
    near = np.clip(1.15 - 0.8 * painting.depth, 0, 1)
    ink = np.zeros_like(tone)
    for turn, floor in ((0.8, 0.0), (-0.75, 0.42)):
        across = (x * np.float32(np.sin(turn)) + y * np.float32(np.cos(turn)) + wander) / pitch
        comb = np.abs(across - np.rint(across)) * 2.0
        wide = np.clip(dark * near - floor, 0, 0.55)
        ink = np.maximum(
            ink, np.clip((wide * 0.72 - comb) * pitch * 0.5 + 0.4, 0, 1) * (wide > 0.02)
        )
    return np.asarray(ink * 0.9, np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Contours of three weights (subjects, edges, far edges) and hatching, black on white."""
    scale, weight = scale_of(painting), weight_of(painting)
    source = unit(painting.image)
    inside = coverage(painting)
    edge = contours.thinned(contours.edges(source, 2.2 * scale, 0.045))
    edge = np.clip(blurred(edge, 0.75 * scale) * 2.0, 0, 1)
    edge = edge * np.clip(1.15 - 0.7 * painting.depth + 0.3 * inside, 0.3, 1.0)
    lines = np.maximum(edge, contours.outline(painting, 3.4 * scale))
    lines = np.maximum(lines, contours.horizons(painting, 2.0 * scale) * 0.7)
    if painting.detail > 0.25:
        lines = np.maximum(lines, _hatching(painting, luma(source), scale) * min(1.0, weight))
    ink = np.clip(lines * min(1.2, 0.7 + 0.4 * weight), 0, 1)
    sheet = np.float32(0.985) - np.float32(0.93) * ink
    return quantised(np.repeat(sheet[..., None], 3, axis=2).astype(np.float32))


STYLE = Style(
    name="line-art",
    words=(
        "line art",
        "lineart",
        "line drawing",
        "outline drawing",
        "coloring page",
        "colouring page",
        "pencil drawing",
        "pencil sketch",
        "sketch",
        "engraving",
        "etching",
        "woodcut",
        "black and white drawing",
    ),
    finish=finish,
    flat=True,
)
