"""Illustration: clean shapes, warm saturated colour, a drawn outline and printed grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, film, pigment
from imgen.engines.sketch.styles.noise import clouds
from imgen.engines.sketch.styles.pixels import (
    blurred,
    luma,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_BANDS = 7


def _banded(painting: Painting, share: float) -> NDArray[np.float32]:
    """The picture with its tones gathered into soft bands, as a gouache painter lays them."""
    pixels = unit(pigment.simplified(painting.image, 3.5 * scale_of(painting)))
    tone = luma(pixels)
    level = tone * _BANDS
    floor = np.floor(level)
    ramp = np.clip((level - floor - 0.5) * 3.0 + 0.5, 0.0, 1.0)
    banded = (floor + ramp) / _BANDS
    gain = (banded + 0.04) / (tone + 0.04)
    return mixed(pixels, pixels * gain[..., None], share)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Gathered tones, brighter colour, dark outlines that thin with distance, a dry-brush tooth."""
    scale, weight = scale_of(painting), weight_of(painting)
    pixels = saturated(_banded(painting, 0.6 * weight), 1.0 + 0.32 * weight)
    pixels = film.curved(pixels, 0.22 * weight, lift=0.02)
    shape = painting.depth.shape
    tooth = pigment.paper((shape[0], shape[1]), painting.seed, scale)
    sweep = clouds((shape[0], shape[1]), 160 * scale, painting.seed + 3, 3)
    pixels = pigment.dense(
        pixels, (1.0 + weight * (0.05 * tooth + 0.12 * sweep)).astype(np.float32)
    )
    lines = contours.thinned(contours.edges(unit(painting.image), 2.4 * scale, 0.07))
    lines = np.maximum(
        lines * (1.0 - 0.75 * painting.depth), contours.outline(painting, 2.6 * scale)
    )
    lines = np.clip(blurred(lines, 0.7 * scale) * 1.25, 0, 1) * min(1.0, 0.8 * weight)
    ink = pixels * np.float32(0.28) * np.array((0.85, 0.8, 1.15), np.float32)
    return quantised(mixed(pixels, ink, lines.astype(np.float32)))


STYLE = Style(
    name="illustration",
    words=(
        "illustration",
        "illustrated",
        "storybook",
        "children's book",
        "picture book",
        "gouache",
        "digital painting",
        "digital art",
        "concept art",
        "comic",
        "comic book",
        "graphic novel",
        "poster art",
        "artstation",
    ),
    finish=finish,
)
