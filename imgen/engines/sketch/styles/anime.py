"""Anime: flat cel bands, clean coloured lines, and a sky that shines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, film, pigment
from imgen.engines.sketch.styles.pixels import (
    Pixels,
    blurred,
    coverage,
    luma,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def _cel(pixels: Pixels, bands: float, share: Pixels) -> Pixels:
    """Tones in hard steps, with cool shadows, where `share` is 1."""
    tone = luma(pixels)
    level = tone * bands
    step = (np.floor(level) + np.clip((level % 1 - 0.5) * 14 + 0.5, 0, 1) * 1.0) / bands
    gain = (step + 0.05) / (tone + 0.05)
    cool = np.array((0.94, 0.95, 1.07), np.float32)
    shaded = pixels * gain[..., None]
    shaded = shaded * (1.0 + (cool - 1.0) * np.clip(1.0 - 1.6 * step, 0, 1)[..., None])
    return mixed(pixels, np.asarray(shaded, np.float32), share)


def _sky_glow(painting: Painting, pixels: Pixels) -> Pixels:
    """Lift the far distance towards bright, clear colour, most at the horizon."""
    far = np.clip((painting.depth - 0.78) / 0.2, 0, 1) * (1.0 - coverage(painting))
    lift = np.float32(0.30 * (0.35 + 0.65 * painting.light.strength)) * far
    bright = 1.0 - (1.0 - saturated(pixels, 1.25)) * np.float32(0.72)
    return mixed(pixels, np.asarray(bright, np.float32), np.asarray(lift * 2.2, np.float32))


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Cel bands on things, smooth sky, thin dark lines, rim light and a gentle glow."""
    scale, weight = scale_of(painting), weight_of(painting)
    flat = unit(pigment.simplified(painting.image, 4.0 * scale))
    smooth = blurred(flat, 1.0 * scale)
    solid = np.clip(1.25 - painting.depth + coverage(painting), 0.15, 1.0)
    pixels = _cel(smooth, 4.0, np.asarray(np.clip(0.85 * weight * solid, 0, 1), np.float32))
    pixels = saturated(_sky_glow(painting, pixels), 1.0 + 0.42 * weight)
    pixels = film.curved(pixels, 0.12, lift=0.03)
    lines = contours.thinned(contours.edges(unit(painting.image), 1.8 * scale, 0.06))
    lines = np.clip(blurred(lines, 0.6 * scale) * 1.7, 0, 1) * np.clip(1.2 - painting.depth, 0, 1)
    lines = np.maximum(lines, contours.outline(painting, 2.2 * scale))
    ink = pixels * np.float32(0.22) + np.array((0.03, 0.02, 0.06), np.float32)
    pixels = mixed(pixels, ink, np.asarray(np.clip(lines * weight, 0, 0.92), np.float32))
    return quantised(film.bloomed(pixels, 0.6, 26 * scale, threshold=0.8))


STYLE = Style(
    name="anime",
    words=(
        "anime",
        "anime style",
        "manga",
        "cel shaded",
        "cel shading",
        "cartoon",
        "ghibli",
        "japanese animation",
        "toon",
    ),
    finish=finish,
    flat=True,
)
