"""Photoreal: the painting as a lens and a modern sensor would have caught it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film
from imgen.engines.sketch.styles.pixels import (
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Surface texture, depth of field, bloom, filmic tone, vignette and fine grain."""
    scale, weight = scale_of(painting), weight_of(painting)
    source = unit(painting.image)
    pixels = film.textured(painting, source, 0.075 * weight * (0.5 + painting.detail))
    pixels = film.focused(painting, pixels, 3.0 * weight)
    pixels = film.bloomed(pixels, 0.85 * weight, 24 * scale, threshold=0.74)
    pixels = film.curved(saturated(pixels, 0.98), 0.42 * weight, lift=0.018, shoulder=0.01)
    warm = np.array(painting.light.sun, np.float32) / 255.0
    pixels = mixed(pixels, pixels * (warm / warm.max()), 0.18 * painting.light.strength)
    pixels = pixels * film.vignette(painting.depth.shape, 0.20 * weight)[..., None]
    return quantised(film.grained(pixels, 0.020 * weight, painting.seed, max(1.0, scale)))


STYLE = Style(
    name="photoreal",
    words=(
        "photoreal",
        "photorealistic",
        "photo-realistic",
        "realistic",
        "realism",
        "photo",
        "photograph",
        "photography",
        "dslr",
        "35mm photo",
        "raw photo",
        "hyperrealistic",
    ),
    finish=finish,
)
