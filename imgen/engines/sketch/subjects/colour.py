"""Colour ramps: from one colour and the light in a scene to the tones that a form is painted in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from imgen.engines.sketch.look import RGB, Light

# Oklab by Björn Ottosson (2020), https://bottosson.github.io/posts/oklab/
Lab = tuple[float, float, float]


def _linear(value: int) -> float:
    c = value / 255
    return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> int:
    v = min(1.0, max(0.0, value))
    return round(255 * (v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055))


@lru_cache(maxsize=4096)
def oklab(rgb: RGB) -> Lab:
    """An sRGB colour as Oklab (L, a, b): L from 0 to 1."""
    r, g, b = (_linear(channel) for channel in rgb)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@lru_cache(maxsize=4096)
def srgb(lab: Lab) -> RGB:
    """The nearest sRGB colour to an Oklab one."""
    level, a, b = lab
    long = (level + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (level - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (level - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`share` (0 to 1) of `other` in `one`, evenly to the eye."""
    (l1, a1, b1), (l2, a2, b2), rest = oklab(one), oklab(other), 1 - share
    return srgb((l1 * rest + l2 * share, a1 * rest + a2 * share, b1 * rest + b2 * share))


def lift(rgb: RGB, by: float) -> RGB:
    """Lighter (by > 0) or darker, in Oklab lightness; chroma thins towards both ends."""
    own, a, b = oklab(rgb)
    level = min(0.985, max(0.06, own + by))
    room = 1.0 if by < 0 else math.sqrt(max(0.0, (1 - level) / max(1 - own, 1e-6)))
    return srgb((level, a * min(room, 1.0), b * min(room, 1.0)))


def turn(rgb: RGB, degrees: float, chroma: float = 1.0) -> RGB:
    """The same lightness at another hue; `chroma` multiplies the saturation."""
    level, a, b = oklab(rgb)
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) * chroma, math.sin(angle) * chroma
    return srgb((level, a * cos - b * sin, a * sin + b * cos))


def hexed(rgb: RGB) -> str:
    """`#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


@dataclass(frozen=True, slots=True)
class Tones:
    """One surface in one light, from the deepest shade to the brightest edge."""

    deep: RGB
    dark: RGB
    base: RGB
    light: RGB
    rim: RGB


@lru_cache(maxsize=2048)
def lit(rgb: RGB, light: Light) -> RGB:
    """A surface colour as this light shows it, before any modelling."""
    (r, g, b), (sr, sg, sb) = rgb, light.sun
    tinted = (r * sr // 255, g * sg // 255, b * sb // 255)
    day = mix(rgb, tinted, 0.4)
    dusk = mix(lift(day, -0.14), light.shade, 0.28)
    return mix(dusk, day, min(1.0, light.strength) ** 0.7)


@lru_cache(maxsize=2048)
def tones(rgb: RGB, light: Light) -> Tones:
    """The five tones of a surface: shades lean to the shade colour, lights to the sun's."""
    base = lit(rgb, light)
    level = oklab(base)[0]
    up = 0.055 + 0.06 * (1 - level)
    down = 0.07 + 0.09 * level
    glint = 0.25 + 0.3 * light.strength
    return Tones(
        deep=mix(lift(base, -2.1 * down), light.shade, 0.18),
        dark=mix(lift(base, -down), light.shade, 0.16),
        base=base,
        light=mix(lift(base, up), light.sun, 0.10 * light.strength),
        rim=mix(lift(base, 2.1 * up), light.sun, glint),
    )
