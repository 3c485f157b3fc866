"""Ink: grey washes and swelling brush contours on warm rice paper, with one red seal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, noise, pigment
from imgen.engines.sketch.styles.pixels import (
    blurred,
    luma,
    mixed,
    quantised,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_PAPER = np.array((0.965, 0.945, 0.90), np.float32)
_INK = np.array((0.085, 0.085, 0.105), np.float32)
_SEAL = np.array((0.74, 0.16, 0.12), np.float32)


def _seal(pixels: NDArray[np.float32], scale: float, seed: int) -> None:
    """Press a small vermilion stamp of abstract bars into the lower right corner."""
    cell = max(2, round(7 * scale))
    marks = np.random.default_rng([seed, 77]).random((5, 2)) < 0.55
    stamp = np.ones((7, 5), np.float32)
    stamp[1:6, 1:4] = 0
    stamp[1:6, 1], stamp[1:6, 3] = marks[:, 0], marks[:, 1]
    stamp[2:5:2, 2] = 1
    block = np.kron(stamp, np.ones((cell, cell), np.float32))
    worn = noise.clouds((block.shape[0], block.shape[1]), 3.0 * cell, seed, 3)
    block = block * np.clip(0.92 + worn * 0.5, 0.3, 0.95)
    bottom = pixels.shape[0] - round(34 * scale)
    right = pixels.shape[1] - round(36 * scale)
    place = pixels[bottom - block.shape[0] : bottom, right - block.shape[1] : right]
    place += (_SEAL - place) * block[..., None]


def _ridges(painting: Painting, scale: float) -> NDArray[np.float32]:
    """Ink below every skyline, fading downwards: how distance is told with a wet brush."""
    tone = luma(unit(painting.image))
    above = np.zeros_like(tone)
    total = np.zeros_like(tone)
    for reach in (10, 26, 60):
        step = max(1, round(reach * scale))
        above[step:] = tone[:-step]
        above[:step] = tone[:step]
        total += np.clip(blurred(above, 0.3 * step) - tone, 0, 0.3)
    near = np.clip(1.3 - painting.depth, 0, 1)
    return np.asarray(np.clip(total * 2.4, 0, 1) * near, np.float32)


def _sunk(painting: Painting, scale: float) -> NDArray[np.float32]:
    """Bands of bare paper, 0 to 1, where the middle distance sinks into mist."""
    shape = (painting.depth.shape[0], painting.depth.shape[1])
    drift = noise.clouds(shape, 260 * scale, painting.seed + 2, 3)
    band = np.exp(-(((painting.depth - 0.72) / 0.16) ** 2))
    return np.asarray(np.clip(band * (0.75 + 0.6 * drift), 0, 1), np.float32)


def _wash(painting: Painting, scale: float, weight: float) -> NDArray[np.float32]:
    """How much ink the wet brush leaves, 0 to 1: three diluted tones, mist in the distance."""
    flat = luma(unit(pigment.simplified(painting.image, 6.0 * scale)))
    low, high = np.percentile(flat[::8, ::8], (3, 97))
    flat = np.clip((flat - low) / max(float(high - low), 0.15), 0, 1)
    flat = noise.displaced(flat.astype(np.float32), 3.5 * scale, 40 * scale, painting.seed)
    flat = mixed(flat, blurred(flat, 8 * scale), 0.5)
    dark = (1.0 - flat) ** 1.25
    level = dark * 3.6
    steps = (np.floor(level) + np.clip((level % 1 - 0.35) * 3, 0, 1)) / 3.6
    tone = 0.35 * dark + 0.65 * steps
    shape = (flat.shape[0], flat.shape[1])
    pools = 1.0 + 0.42 * weight * noise.clouds(shape, 180 * scale, painting.seed + 1, 4)
    mist = 0.26 + 0.74 * np.clip(1.05 - painting.depth, 0, 1) ** 0.8
    mist = np.maximum(mist, 0.85 * unit(painting.subjects))
    sunk = _sunk(painting, scale) * (1.0 - unit(painting.subjects))
    wash = tone * pools * mist * 0.86 * (1.0 - 0.55 * sunk) + 0.30 * _ridges(painting, scale)
    return np.asarray(np.clip(wash, 0, 1), np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Wash, then contours with a running-dry brush, on fibrous paper, and the seal."""
    scale, weight = scale_of(painting), weight_of(painting)
    shape = (painting.image.shape[0], painting.image.shape[1])
    source = unit(painting.image)
    wash = _wash(painting, scale, weight)
    wander = noise.displaced(luma(source), 1.8 * scale, 26 * scale, painting.seed + 4)
    thick = contours.inked(wander, 2.8 * scale, sharp=60, threshold=0.003)
    thin = contours.inked(wander, 1.1 * scale, sharp=40, threshold=0.006)
    lines = np.maximum(thick * (1.0 - 0.35 * painting.depth), thin * (1.0 - 0.6 * painting.depth))
    lines = np.maximum(lines, contours.outline(painting, 3.4 * scale) * 0.92)
    along = pigment.flow(source, 6 * scale)
    dry = pigment.streaked(noise.white(shape, painting.seed + 6), along, round(16 * scale))
    dry = np.clip(1.05 + dry * np.float32(0.28 / max(float(dry.std()), 1e-6)), 0.25, 1.0)
    ink = 1.0 - (1.0 - wash) * (1.0 - np.clip(lines * dry, 0, 0.96))
    relief = pigment.paper(shape, painting.seed + 9, scale)
    ink = np.clip(ink * (1.0 + 0.07 * relief), 0, 1).astype(np.float32)
    tint = mixed(np.broadcast_to(_INK, source.shape), source * 0.55, 0.30)
    sheet = _PAPER * (1.0 + 0.012 * relief)[..., None]
    pixels = mixed(sheet.astype(np.float32), tint, ink)
    _seal(pixels, scale, painting.seed)
    return quantised(pixels)


STYLE = Style(
    name="ink",
    words=(
        "ink drawing",
        "ink wash",
        "ink painting",
        "ink sketch",
        "ink illustration",
        "pen and ink",
        "brush and ink",
        "in ink",
        "india ink",
        "indian ink",
        "sumi-e",
        "sumie",
        "calligraphy",
        "chinese painting",
    ),
    finish=finish,
)
