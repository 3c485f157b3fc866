"""Cinematic: a colour grade that answers to the light, halation, letterbox light, film grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film
from imgen.engines.sketch.styles.pixels import (
    Pixels,
    luma,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_Tint = tuple[float, float, float]

_DAY: tuple[_Tint, _Tint] = ((-0.085, 0.022, 0.085), (0.075, 0.008, -0.085))
_NIGHT: tuple[_Tint, _Tint] = ((-0.06, 0.008, 0.10), (0.035, 0.02, -0.03))
_WARM: tuple[_Tint, _Tint] = ((-0.04, -0.004, 0.075), (0.10, 0.008, -0.10))


def _grade(painting: Painting, pixels: Pixels, weight: float) -> Pixels:
    """Teal and amber by day, steel blue by night, plum and gold when the sun is low."""
    red, _, blue = painting.light.sun
    low_sun = red - blue > 70
    shadows, lights = _NIGHT if painting.light.night else _WARM if low_sun else _DAY
    graded = film.split_toned(pixels, shadows, lights)
    return mixed(pixels, graded, min(1.3, weight))


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Soft distance, halation and a sideways flare, strong curve, grade, dark top and bottom."""
    scale, weight = scale_of(painting), weight_of(painting)
    pixels = film.textured(painting, unit(painting.image), 0.05 * weight)
    pixels = film.focused(painting, pixels, 3.0 * weight)
    haze = np.array(painting.light.sun, np.float32) / 255.0
    air = np.clip(painting.depth - 0.35, 0, 1) * np.float32(0.10 * painting.light.strength)
    pixels = mixed(pixels, pixels * 0.55 + haze * 0.5, np.asarray(air, np.float32))
    pixels = film.curved(saturated(pixels, 0.86), 0.72 * min(weight, 1.3), lift=0.012)
    pixels = pixels * np.float32(1.3 if painting.light.night else 0.94)
    pixels = film.bloomed(pixels, 0.75 * weight, 30 * scale, threshold=0.62, tint=(1.0, 0.55, 0.32))
    pixels = film.bloomed(
        pixels, 0.5 * weight, 26 * scale, threshold=0.8, tint=(0.55, 0.75, 1.0), stretch=5.0
    )
    pixels = _grade(painting, pixels, weight)
    shape = (pixels.shape[0], pixels.shape[1])
    y = np.abs(np.linspace(-1, 1, shape[0], dtype=np.float32))[:, None, None]
    band = 1.0 - np.float32(0.5) * np.clip((y - 0.55) / 0.45, 0, 1) ** 1.6
    shade = (1.0 + (band - 1.0) * min(1.2, weight)) * film.vignette(shape, 0.34 * weight, 1.6)[
        ..., None
    ]
    pixels = np.asarray(pixels * shade, np.float32)
    rolled = np.asarray(pixels - 0.06 * np.clip(luma(pixels) - 0.75, 0, 1)[..., None], np.float32)
    return quantised(film.grained(rolled, 0.026 * weight, painting.seed, max(1.15, 1.3 * scale)))


STYLE = Style(
    name="cinematic",
    words=(
        "cinematic",
        "cinematic lighting",
        "cinematic still",
        "film still",
        "movie still",
        "movie scene",
        "film noir",
        "epic film",
        "anamorphic",
        "dramatic lighting",
    ),
    finish=finish,
)
