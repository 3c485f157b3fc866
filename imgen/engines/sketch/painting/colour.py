"""Colour between light and paint: linear radiance, the tone curve, sRGB bytes."""

from __future__ import annotations

import colorsys

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.noise import Field

Tone = tuple[float, float, float]
"""A linear colour; 1 is a white surface in full light, more is brighter."""


def _encode_table() -> Field:
    """Square root of a linear value (0 to 1 in 4096 steps) → sRGB, 0 to 1."""
    x = np.linspace(0.0, 1.0, 4096) ** 2
    srgb = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return srgb.astype(np.float32)


_ENCODE = _encode_table()
_STRIP = 32


def linear(colour: RGB) -> Tone:
    """sRGB bytes → linear."""
    red, green, blue = (
        c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour
    )
    return red, green, blue


def exposed(radiance: Field) -> Field:
    """Linear radiance → display sRGB 0 to 1, through a filmic curve.

    The rational fit by Narkowicz, "ACES Filmic Tone Mapping Curve" (2015).
    """
    shown = np.empty_like(radiance)
    # In strips that stay in the processor's cache.
    for start in range(0, len(radiance), _STRIP):
        part = slice(start, start + _STRIP)
        x = np.maximum(radiance[part], 0.0) * np.float32(0.72)
        curve = (x * (np.float32(2.51) * x + np.float32(0.03))) / (
            x * (np.float32(2.43) * x + np.float32(0.59)) + np.float32(0.14)
        )
        index = np.sqrt(np.clip(curve, 0.0, 1.0)) * np.float32(4095)
        shown[part] = _ENCODE[index.astype(np.int16)]
    return shown


def display(tone: Tone) -> tuple[float, float, float]:
    """One linear colour as it ends up on the display, 0 to 1."""
    red, green, blue = exposed(np.array(tone, np.float32)).tolist()
    return red, green, blue


def rgb(tone: Tone) -> RGB:
    """One linear colour → display bytes."""
    red, green, blue = (round(255 * part) for part in display(tone))
    return red, green, blue


def mix(first: Tone, second: Tone, share: float) -> Tone:
    """`first` at 0, `second` at 1."""
    a, b, c = (p + (q - p) * share for p, q in zip(first, second, strict=True))
    return a, b, c


def scaled(tone: Tone, factor: float) -> Tone:
    """Brighter or darker."""
    return tone[0] * factor, tone[1] * factor, tone[2] * factor


def times(first: Tone, second: Tone) -> Tone:
    """A surface under a light."""
    return first[0] * second[0], first[1] * second[1], first[2] * second[2]


def blend(first: Field, second: Field, share: Field) -> Field:
    """(…, 3) fields mixed by a (…) share."""
    return np.asarray(first + (second - first) * share[..., None], np.float32)


def mixed_rgb(first: RGB, second: RGB, share: float) -> RGB:
    """Two display colours mixed."""
    a, b, c = (round(p + (q - p) * share) for p, q in zip(first, second, strict=True))
    return a, b, c


def varied(colour: RGB, rng: np.random.Generator, spread: float = 0.06) -> RGB:
    """A near neighbour of a colour, so that no two of a kind match."""
    hue, light, strength = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    hue = (hue + rng.normal(0, spread * 0.25)) % 1.0
    light = min(0.96, max(0.04, light + rng.normal(0, spread * 0.5)))
    strength = min(1.0, max(0.0, strength + rng.normal(0, spread)))
    red, green, blue = (round(255 * c) for c in colorsys.hls_to_rgb(hue, light, strength))
    return red, green, blue
