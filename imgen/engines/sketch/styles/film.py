"""What a lens and film do to light: bloom, depth of field, vignette, grain, tone curves."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.styles.noise import Field, clouds, white
from imgen.engines.sketch.styles.pixels import Pixels, blurred, coverage, luma, mixed, scale_of
from imgen.engines.sketch.styles.style import Painting


def curved(pixels: Pixels, contrast: float, *, lift: float = 0.0, shoulder: float = 0.0) -> Pixels:
    """An S-curve (`contrast` 0 to 1), blacks raised by `lift`, whites lowered by `shoulder`."""
    x = np.clip(pixels, 0.0, 1.0)
    bent = x * x * (3.0 - 2.0 * x)
    x = x + np.float32(contrast) * (bent - x)
    return np.asarray(lift + x * np.float32(1.0 - lift - shoulder), np.float32)


def bloomed(
    pixels: Pixels,
    amount: float,
    radius: float,
    *,
    threshold: float = 0.72,
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
    stretch: float = 1.0,
) -> Pixels:
    """Bright places glow over `radius` pixels; `stretch` > 1 draws the glow out sideways."""
    height, width = pixels.shape[:2]
    shrink = max(1, min(8, int(radius / 3)))
    size = (max(8, width // shrink), max(8, height // shrink))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    over = np.clip((luma(small) - threshold) / (1.0 - threshold), 0.0, 1.0)
    light = np.asarray(small * (over * over)[..., None], np.float32)
    sigma = radius / shrink
    halo = cv2.GaussianBlur(light, (0, 0), sigmaX=sigma * stretch, sigmaY=max(0.4, sigma / stretch))
    wide = cv2.resize(halo, (width, height), interpolation=cv2.INTER_LINEAR)
    glow = wide * (np.float32(amount) * np.array(tint, np.float32))
    return np.asarray(pixels + (1.0 - np.clip(pixels, 0, 1)) * np.clip(glow, 0, 1), np.float32)


def vignette(shape: tuple[int, int], amount: float, roundness: float = 1.0) -> Field:
    """A factor for each pixel: 1 in the middle, 1 - `amount` in the corners."""
    height, width = shape
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    r2 = np.clip((x * x * np.float32(roundness) + y * y) / (1 + roundness), 0, 1)
    return np.asarray(1.0 - np.float32(amount) * r2 * np.sqrt(r2), np.float32)


def grained(pixels: Pixels, amount: float, seed: int, size: float = 1.0) -> Pixels:
    """Film grain of deviation `amount`, strongest in the middle tones, `size` pixels wide."""
    size = size if size > 1.05 else 1.0  # between, the grain would be smaller than the picture
    height, width = pixels.shape[:2]
    shape = (int(height / size) + 1, int(width / size) + 1)
    speck = white(shape, seed)
    if size > 1.05:
        wide = cv2.resize(speck, (width, height), interpolation=cv2.INTER_CUBIC)
        speck = np.asarray(wide, np.float32)
    speck = speck[:height, :width]
    y = np.clip(luma(pixels), 0, 1)
    noise = speck * (np.float32(amount) * (0.35 + 2.6 * y * (1.0 - y)))
    return np.asarray(pixels + noise[..., None], np.float32)


def focus_of(painting: Painting) -> float:
    """The depth in focus: that of the subjects, or a third of the way where there are none."""
    inside = painting.subjects[::4, ::4] > 128
    if np.count_nonzero(inside) < 8:
        return 0.33
    return float(np.median(painting.depth[::4, ::4][inside]))


def focused(painting: Painting, pixels: Pixels, amount: float) -> Pixels:
    """Depth of field: what lies far from the subjects goes soft, up to `amount` pixels of blur.

    The ground is blurred without the subjects in it, so that they leave no halo.
    """
    radius = amount * scale_of(painting)
    keep = coverage(painting)
    ground = (1.0 - keep).astype(np.float32)
    weight = np.maximum(blurred(ground, radius), 1e-3)
    alone = blurred(np.asarray(pixels * ground[..., None], np.float32), radius)
    soft = np.asarray(alone / weight[..., None], np.float32)
    away = np.clip(np.abs(painting.depth - focus_of(painting)) * 1.7 - 0.22, 0.0, 1.0)
    share = blurred(away.astype(np.float32), 3.0) * ground
    return mixed(pixels, soft, np.asarray(share, np.float32))


def textured(painting: Painting, pixels: Pixels, amount: float) -> Pixels:
    """Break up clean fills with fine tone, coarser and stronger the nearer, none in the sky."""
    shape = painting.depth.shape
    scale = scale_of(painting)
    fine = white((shape[0], shape[1]), painting.seed + 11)
    fine = cv2.GaussianBlur(fine, (0, 0), 0.8) * np.float32(1.6)
    tone = fine + clouds((shape[0], shape[1]), 14 * scale, painting.seed + 12, 3)
    near = np.clip(1.0 - painting.depth, 0.0, 1.0)
    strength = near * (0.55 + 0.45 * (1.0 - coverage(painting)))
    return np.asarray(
        pixels * (1.0 + (np.float32(amount) * strength * tone)[..., None]), np.float32
    )


def split_toned(
    pixels: Pixels, shadows: tuple[float, float, float], lights: tuple[float, float, float]
) -> Pixels:
    """Add one tint to the dark tones and another to the bright ones (offsets, about ±0.1)."""
    y = np.clip(luma(pixels), 0, 1)[..., None]
    dark = np.array(shadows, np.float32) * (1.0 - y) ** 2
    bright = np.array(lights, np.float32) * y
    return np.asarray(pixels + dark + bright, np.float32)
