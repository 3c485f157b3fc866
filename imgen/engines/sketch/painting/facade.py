"""House fronts as flat pictures: what street walls and skylines are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.colour import mixed_rgb, varied

PLASTER: tuple[RGB, ...] = (
    (226, 190, 138), (214, 148, 110), (232, 214, 180), (178, 104, 84), (196, 178, 150),
    (158, 176, 182), (222, 170, 150), (186, 192, 164), (146, 92, 74), (236, 222, 200),
)  # fmt: skip
CONCRETE: tuple[RGB, ...] = (
    (120, 134, 150), (96, 108, 124), (150, 152, 154), (84, 92, 110), (134, 124, 116),
    (110, 128, 140),
)  # fmt: skip
_LAMPS: tuple[RGB, ...] = ((255, 206, 120), (255, 224, 168), (250, 186, 96), (214, 226, 255))
NEON: tuple[RGB, ...] = (
    (255, 60, 160),
    (60, 220, 255),
    (170, 90, 255),
    (255, 190, 60),
    (80, 255, 180),
)


def hexed(colour: Sequence[int]) -> str:
    """`#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*(max(0, min(255, int(part))) for part in colour))


def rect(x: float, y: float, w: float, h: float, colour: RGB, more: str = "") -> str:
    """One SVG rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" '
        f'fill="{hexed(colour)}" {more}/>'
    )


@dataclass(frozen=True, slots=True)
class Dusk:
    """How dark it is, for windows and walls."""

    night: bool
    tint: RGB
    """Colour of the ambient light."""
    strength: float
    """0 = black, 1 = full daylight."""
    neon: bool = False

    def wall(self, colour: RGB) -> RGB:
        """A wall in this light."""
        lit = tuple(round(c * t / 255) for c, t in zip(colour, self.tint, strict=True))
        seen = mixed_rgb(colour, (lit[0], lit[1], lit[2]), 0.55)
        return mixed_rgb((12, 14, 24), seen, self.strength)


def house_fronts(length: float, dusk: Dusk, rng: np.random.Generator, detail: float) -> str:
    """A row of fronts, x 0..length, standing on y = 100; the tallest reach up to about y = 0."""
    parts: list[str] = []
    x = 0.0
    while x < length:
        width = float(rng.uniform(26, 46))
        top = float(rng.uniform(6, 40))
        colour = varied(PLASTER[int(rng.integers(len(PLASTER)))], rng, 0.06)
        parts.append(_front(x, width, top, colour, dusk, rng, detail))
        x += width
    return "".join(parts)


def _front(
    x: float, width: float, top: float, colour: RGB, dusk: Dusk, rng: np.random.Generator,
    detail: float,
) -> str:  # fmt: skip
    wall = dusk.wall(colour)
    trim = dusk.wall(mixed_rgb(colour, (255, 250, 240), 0.45))
    roof = dusk.wall(mixed_rgb((120, 66, 50), (84, 82, 92), float(rng.random())))
    shade = mixed_rgb(wall, (10, 12, 26), 0.35)
    parts = [rect(x, top, width, 100 - top, wall)]
    if rng.random() < 0.45:
        parts.append(
            f'<path d="M{x - 0.8:.1f},{top + 0.6:.1f}L{x + width / 2:.1f},{top - 9:.1f}'
            f'L{x + width + 0.8:.1f},{top + 0.6:.1f}Z" fill="{hexed(roof)}"/>'
        )
    else:
        parts.append(rect(x - 0.6, top - 1.8, width + 1.2, 2.6, trim))
    parts.append(rect(x + width - 1.2, top, 1.2, 100 - top, shade, 'opacity="0.7"'))
    columns = int(rng.integers(2, 5))
    floors = max(1, int((100 - 26 - top) / 15))
    for floor in range(floors):
        for column in range(columns):
            wx = x + width * (column + 0.5) / columns
            parts.append(_window(wx, top + 5 + floor * 15, 4.0, 8.4, trim, wall, dusk, rng, detail))
    parts.append(_ground_floor(x, width, wall, dusk, rng))
    return "".join(parts)


def _window(
    cx: float, y: float, w: float, h: float, trim: RGB, wall: RGB, dusk: Dusk,
    rng: np.random.Generator, detail: float,
) -> str:  # fmt: skip
    glowing = dusk.night and rng.random() < 0.5
    pane = _LAMPS[int(rng.integers(len(_LAMPS)))] if glowing else dusk.wall((86, 108, 128))
    parts = [
        rect(cx - w / 2 - 0.7, y - 0.7, w + 1.4, h + 1.4, trim),
        rect(cx - w / 2, y, w, h, pane),
    ]
    if detail > 0.35:
        parts.append(rect(cx - 0.25, y, 0.5, h, trim))
        parts.append(rect(cx - w / 2, y + h * 0.42, w, 0.5, trim))
        parts.append(rect(cx - w / 2 - 1, y + h + 0.6, w + 2, 1.0, trim))
        if rng.random() < 0.3:
            shutter = dusk.wall(((70, 104, 92), (96, 70, 60), (70, 92, 120))[int(rng.integers(3))])
            parts.append(rect(cx - w / 2 - 3.0, y - 0.4, 2.2, h + 0.8, shutter))
            parts.append(rect(cx + w / 2 + 0.8, y - 0.4, 2.2, h + 0.8, shutter))
    if not glowing and not dusk.night:
        parts.append(rect(cx - w / 2, y, w, h * 0.4, mixed_rgb(pane, (210, 226, 240), 0.5)))
    del wall
    return "".join(parts)


def _ground_floor(x: float, width: float, wall: RGB, dusk: Dusk, rng: np.random.Generator) -> str:
    dark = mixed_rgb(wall, (20, 18, 24), 0.45)
    inside = (255, 214, 140) if dusk.night else dusk.wall((74, 86, 96))
    cloths = ((176, 58, 52), (46, 96, 88), (212, 160, 70), (60, 84, 130), (224, 214, 196))
    cloth = dusk.wall(cloths[int(rng.integers(len(cloths)))])
    shop = rng.random() < 0.6
    parts = [rect(x, 77, width, 23, dark, 'opacity="0.55"')]
    if shop:
        parts.append(rect(x + 3, 81, width - 14, 15, inside))
        parts.append(
            f'<path d="M{x + 1.5:.1f},77h{width - 3:.1f}l1.5,6h{-width:.1f}z" '
            f'fill="{hexed(cloth)}"/>'
        )
        for stripe in range(0, int(width - 4), 6):
            parts.append(
                f'<path d="M{x + 2 + stripe:.1f},77h3l0.4,6h-3.6z" fill="#ffffff" opacity="0.28"/>'
            )
    parts.append(rect(x + width - 9, 81, 6, 19, mixed_rgb(dark, (60, 36, 24), 0.5)))
    if dusk.neon or (dusk.night and shop and rng.random() < 0.5):
        sign = NEON[int(rng.integers(len(NEON)))]
        parts.append(rect(x + 4, 70, width * 0.5, 4.2, sign))
        parts.append(rect(x + 3, 69, width * 0.5 + 2, 6.2, sign, 'opacity="0.35"'))
        if dusk.neon:
            parts.append(rect(x + width - 5, 30, 3.6, 26, NEON[int(rng.integers(len(NEON)))]))
    return "".join(parts)
