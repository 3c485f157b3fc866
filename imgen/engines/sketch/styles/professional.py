"""Professional: a clean studio finish, neutral and crisp, with a calm background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film, studio
from imgen.engines.sketch.styles.pixels import (
    coverage,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Soft background, neutral key light on the subject, local contrast, no grain."""
    scale, weight = scale_of(painting), weight_of(painting)
    pixels = film.focused(painting, unit(painting.image), 9.0 * weight)
    inside = coverage(painting)
    grey = saturated(pixels, 0.62) * np.float32(0.9)
    pixels = mixed(grey, pixels, np.asarray(0.35 + 0.65 * inside, np.float32))
    pool = studio.key_light(painting, 0.75)
    pixels = pixels * (0.84 + 0.30 * pool)[..., None]
    pixels = studio.crisp(np.asarray(pixels, np.float32), 3.0 * scale, 0.35 * weight)
    pixels = studio.crisp(pixels, 40 * scale, 0.16 * weight)
    pixels = film.bloomed(film.curved(pixels, 0.3 * weight), 0.2, 18 * scale, threshold=0.8)
    return quantised(pixels * film.vignette(painting.depth.shape, 0.22 * weight)[..., None])


STYLE = Style(
    name="professional",
    words=(
        "professional",
        "professional photo",
        "professional photography",
        "professional portrait",
        "studio photo",
        "studio portrait",
        "studio lighting",
        "headshot",
        "corporate portrait",
        "editorial",
    ),
    finish=finish,
)
