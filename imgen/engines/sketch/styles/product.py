"""Product: the thing alone on a seamless studio ground, with its shadow and a faint mirror."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film
from imgen.engines.sketch.styles.noise import Field
from imgen.engines.sketch.styles.pixels import (
    Pixels,
    blurred,
    coverage,
    mixed,
    quantised,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def _tint(painting: Painting) -> NDArray[np.float32]:
    """The ground's colour: near white, leaning a little to the picture's own ground."""
    outside = painting.image[::8, ::8][painting.subjects[::8, ::8] < 8]
    own = outside.astype(np.float32).mean(axis=0) if len(outside) else np.full(3, 200.0)
    own = own / max(float(own.max()), 1.0)
    return np.asarray(0.86 * (0.72 + 0.28 * own), np.float32)


def seamless(shape: tuple[int, int], tint: NDArray[np.float32], floor: float) -> Pixels:
    """A paper sweep: bright wall, brighter floor from the row `floor` (0 to 1) down, lit centre."""
    height, width = shape
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    wall = 0.94 + 0.06 * np.exp(-((y - 0.4) ** 2) * 5) * np.exp(-(x**2) * 1.2)
    bend = 1.0 / (1.0 + np.exp(-(y - floor) * 14.0))
    level = wall * (1 - bend) + (1.05 - 0.10 * np.abs(x) - 0.16 * (y - floor)) * bend
    return np.asarray(np.clip(tint * level[..., None], 0, 1), np.float32)


def contact_shadow(inside: Field, scale: float) -> Field:
    """0 to 1: the shadow that a thing of this outline throws on the floor that it stands on."""
    rows = np.flatnonzero(inside.max(axis=1) > 0.5)
    if len(rows) == 0:
        return np.zeros_like(inside)
    height, width = inside.shape
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    flat = max(4, round((bottom - top) * 0.13))
    squashed = cv2.resize(inside[top:bottom], (width, flat), interpolation=cv2.INTER_AREA)
    shadow = np.zeros((height + flat, width), np.float32)
    start = max(0, bottom - round(flat * 0.62))
    shadow[start : start + flat] = squashed
    wide = blurred(shadow[:height], 16 * scale)
    foot = np.zeros_like(inside)
    near = inside[max(top, bottom - max(3, round(10 * scale))) : bottom]
    foot[max(0, bottom - 2) : min(height, bottom + max(2, round(4 * scale)))] = near.max(axis=0)
    return np.asarray(np.clip(wide * 0.62 + blurred(foot, 4 * scale) * 0.9, 0, 1), np.float32)


def _mirrored(pixels: Pixels, inside: Field) -> tuple[Pixels, Field]:
    """The thing upside down below itself, and how much of it shows, fading quickly."""
    rows = np.flatnonzero(inside.max(axis=1) > 0.5)
    if len(rows) == 0:
        return pixels, np.zeros_like(inside)
    height = inside.shape[0]
    bottom = int(rows[-1]) + 1
    source = np.clip(2 * bottom - 1 - np.arange(height), 0, height - 1)
    fade = np.clip(1.0 - (np.arange(height) - bottom) / (0.16 * height), 0, 1)
    fade = np.where(np.arange(height) >= bottom, fade, 0).astype(np.float32) * np.float32(0.17)
    return pixels[source], np.asarray(inside[source] * fade[:, None], np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """The subject, crisp and evenly lit, on a sweep of its own; without one, the light alone."""
    scale, weight = scale_of(painting), weight_of(painting)
    pixels = unit(painting.image)
    soft = blurred(pixels, 2.0 * scale)
    pixels = pixels + (pixels - soft) * np.float32(0.5 * weight)
    pixels = film.curved(pixels, 0.2 * weight)
    shape = (pixels.shape[0], pixels.shape[1])
    inside = coverage(painting)
    if float(inside.mean()) > 0.01:
        rows = np.flatnonzero(inside.max(axis=1) > 0.5)
        floor = float(
            np.clip((rows[-1] if len(rows) else shape[0] * 0.7) / shape[0] - 0.13, 0.4, 0.9)
        )
        ground = seamless(shape, _tint(painting), floor)
        mirror, shown = _mirrored(pixels, inside)
        ground = mixed(ground, blurred(mirror, 1.5 * scale), shown)
        dark = ground * np.array((0.34, 0.35, 0.39), np.float32)
        ground = mixed(ground, dark, contact_shadow(inside, scale))
        pixels = mixed(ground, pixels, inside)
    return quantised(pixels * film.vignette(shape, 0.08)[..., None])


STYLE = Style(
    name="product",
    words=(
        "product shot",
        "product photo",
        "product photograph",
        "product photography",
        "studio product",
        "packshot",
        "e-commerce photo",
        "catalogue photo",
        "catalog photo",
    ),
    finish=finish,
    plain_ground=True,
)
