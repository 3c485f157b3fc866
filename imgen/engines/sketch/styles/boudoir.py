"""Boudoir: soft, warm studio light, gentle focus and blushing highlights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film, studio
from imgen.engines.sketch.styles.pixels import (
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_GEL = np.array((1.06, 0.93, 0.80), np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """A warm pool of light, diffusion, lifted rosy shadows, a dark warm frame, fine grain."""
    scale, weight = scale_of(painting), weight_of(painting)
    pixels = film.focused(painting, unit(painting.image), 8.0 * weight)
    pixels = saturated(pixels, 0.84)
    pixels = mixed(pixels, pixels * _GEL, min(1.3, weight))
    pool = studio.key_light(painting, 0.62)
    pixels = np.asarray(pixels * (0.62 + 0.52 * pool)[..., None], np.float32)
    pixels = studio.softened(pixels, 14 * scale, 0.42 * min(weight, 1.4))
    pixels = film.curved(pixels, 0.30, lift=0.035)
    pixels = film.split_toned(pixels, (0.05, -0.005, 0.02), (0.03, 0.0, -0.03))
    pixels = film.bloomed(pixels, 0.5, 34 * scale, threshold=0.6, tint=(1.0, 0.78, 0.6))
    frame = film.vignette(painting.depth.shape, 0.42 * weight)[..., None]
    warm = np.array((1.0, 0.93, 0.9), np.float32)
    pixels = np.asarray(pixels * (frame + (1 - frame) * (warm - 0.9)), np.float32)
    return quantised(film.grained(pixels, 0.014 * weight, painting.seed, max(1.0, scale)))


STYLE = Style(
    name="boudoir",
    words=(
        "boudoir",
        "boudoir photo",
        "boudoir photography",
        "soft glamour",
        "intimate portrait light",
    ),
    finish=finish,
)
