"""What stands in a room, as SVG: shelves, sofa, lamp, plant, counter, frames."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.colour import mixed_rgb, varied
from imgen.engines.sketch.painting.facade import Dusk, hexed, rect

_BOOKS: tuple[RGB, ...] = (
    (150, 58, 48), (52, 84, 98), (196, 152, 84), (70, 98, 74), (108, 70, 96), (206, 190, 160),
    (60, 62, 84), (176, 104, 62), (134, 138, 120),
)  # fmt: skip
_CLOTH: tuple[RGB, ...] = (
    (96, 124, 120),
    (176, 112, 84),
    (84, 98, 132),
    (164, 132, 90),
    (122, 92, 108),
)


def blob(d: str, colour: RGB, more: str = "") -> str:
    """One SVG path."""
    return f'<path d="{d}" fill="{hexed(colour)}" {more}/>'


def rounded(x: float, y: float, w: float, h: float, radius: float, colour: RGB) -> str:
    """A rectangle with round corners."""
    return rect(x, y, w, h, colour, f'rx="{radius:.1f}"')


def ellipse(cx: float, cy: float, rx: float, ry: float, colour: RGB, more: str = "") -> str:
    """One SVG ellipse."""
    return (
        f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" '
        f'fill="{hexed(colour)}" {more}/>'
    )


def shelf(
    x: float, y: float, w: float, h: float, dusk: Dusk, rng: np.random.Generator, rows: int
) -> str:
    """A bookcase full of books, with a pot or a gap here and there."""
    wood = dusk.wall((104, 70, 46))
    parts = [
        rect(x, y, w, h, wood),
        rect(x + 0.8, y + 0.8, w - 1.6, h - 1.6, mixed_rgb(wood, (10, 8, 8), 0.55)),
    ]
    step = (h - 0.8) / rows
    for row in range(rows):
        foot = y + 0.8 + (row + 1) * step - 1.0
        at = x + 1.4
        while at < x + w - 2.4:
            if rng.random() < 0.06:
                at += float(rng.uniform(1.5, 3.5))
                continue
            thick = float(rng.uniform(0.8, 1.7))
            tall = (step - 2.2) * float(rng.uniform(0.68, 0.98))
            book = dusk.wall(varied(_BOOKS[int(rng.integers(len(_BOOKS)))], rng, 0.08))
            parts.append(rect(at, foot - tall, thick, tall, book))
            parts.append(
                rect(at, foot - tall * 0.82, thick, 0.35, mixed_rgb(book, (240, 220, 160), 0.5))
            )
            at += thick + 0.12
        parts.append(rect(x + 0.8, foot, w - 1.6, 1.0, mixed_rgb(wood, (255, 220, 170), 0.18)))
    return "".join(parts)


def sofa(x: float, foot: float, w: float, dusk: Dusk, rng: np.random.Generator) -> str:
    """A two-seater with cushions."""
    cloth = dusk.wall(_CLOTH[int(rng.integers(len(_CLOTH)))])
    dark, pale = mixed_rgb(cloth, (14, 12, 24), 0.35), mixed_rgb(cloth, (255, 240, 220), 0.22)
    h = w * 0.42
    cushion = dusk.wall(_BOOKS[int(rng.integers(len(_BOOKS)))])
    tilt = f'rx="1.2" transform="rotate(-9 {x + w * 0.2:.1f} {foot - h * 0.5:.1f})"'
    return "".join(
        (
            ellipse(x + w / 2, foot, w * 0.56, 1.6, (0, 0, 0), 'opacity="0.28"'),
            rounded(x + 1, foot - h, w - 2, h * 0.8, 3, cloth),
            rounded(x + w * 0.10, foot - h * 0.56, w * 0.39, h * 0.3, 1.6, pale),
            rounded(x + w * 0.51, foot - h * 0.56, w * 0.39, h * 0.3, 1.6, pale),
            rect(x + w * 0.07, foot - h * 0.32, w * 0.86, h * 0.24, dark),
            rounded(x, foot - h * 0.66, w * 0.12, h * 0.6, 2, cloth),
            rounded(x + w * 0.88, foot - h * 0.66, w * 0.12, h * 0.6, 2, cloth),
            rect(x + w * 0.14, foot - h * 0.72, w * 0.17, w * 0.15, cushion, tilt),
        )
    )


def lamp(x: float, foot: float, h: float, dusk: Dusk) -> str:
    """A floor lamp."""
    pole = dusk.wall((74, 60, 50))
    shade = (255, 226, 168) if dusk.night else dusk.wall((236, 220, 190))
    w = h * 0.16
    return (
        rect(x - 0.3, foot - h * 0.8, 0.6, h * 0.8, pole)
        + ellipse(x, foot, w * 0.55, 0.8, pole)
        + blob(
            f"M{x - w * 0.55:.1f},{foot - h:.1f}h{w * 1.1:.1f}l{w * 0.4:.1f},{h * 0.2:.1f}"
            f"h{-w * 1.9:.1f}z",
            shade,
        )
    )


def plant(x: float, foot: float, h: float, dusk: Dusk, rng: np.random.Generator) -> str:
    """A pot with long leaves."""
    pot = dusk.wall(((190, 116, 84), (222, 214, 200), (84, 92, 100))[int(rng.integers(3))])
    w = h * 0.24
    parts = []
    for index in range(11):
        angle = -1.15 + 2.3 * index / 10 + float(rng.uniform(-0.12, 0.12))
        reach = h * float(rng.uniform(0.55, 0.8))
        leaf = dusk.wall(varied((74, 122, 78), rng, 0.10))
        tx, ty = x + np.sin(angle) * reach, foot - h * 0.28 - np.cos(angle) * reach * 0.85
        bx, by = x + np.sin(angle) * reach * 0.4, foot - h * 0.3 - reach * 0.62
        side = h * 0.055
        parts.append(
            blob(
                f"M{x:.1f},{foot - h * 0.26:.1f}Q{bx - side:.1f},{by - side:.1f} {tx:.1f},{ty:.1f}"
                f"Q{bx + side:.1f},{by + side * 1.6:.1f} {x:.1f},{foot - h * 0.26:.1f}z",
                leaf,
            )
        )
    parts.append(
        blob(
            f"M{x - w * 0.6:.1f},{foot - h * 0.3:.1f}h{w * 1.2:.1f}l{-w * 0.16:.1f},{h * 0.3:.1f}"
            f"h{-w * 0.88:.1f}z",
            pot,
        )
    )
    parts.append(
        rect(
            x - w * 0.68, foot - h * 0.33, w * 1.36, h * 0.06, mixed_rgb(pot, (255, 255, 255), 0.15)
        )
    )
    return "".join(parts)


def frame(x: float, y: float, w: float, h: float, dusk: Dusk, rng: np.random.Generator) -> str:
    """A small picture on the wall: hills in two tones."""
    edge = dusk.wall((88, 66, 48))
    sky, near, far = (
        dusk.wall(varied(colour, rng, 0.14))
        for colour in ((216, 206, 186), (112, 132, 116), (164, 164, 150))
    )
    low, inner = y + h - 0.7, x + 0.7
    hills = (
        f"M{inner:.1f},{y + h * 0.62:.1f}q{w * 0.25:.1f},{-h * 0.24:.1f} {w * 0.5:.1f},0"
        f"t{w * 0.5 - 1.4:.1f},{-h * 0.06:.1f}V{low:.1f}H{inner:.1f}z"
    )
    meadow = (
        f"M{inner:.1f},{y + h * 0.78:.1f}q{w * 0.3:.1f},{-h * 0.16:.1f} {w - 1.4:.1f},"
        f"{h * 0.02:.1f}V{low:.1f}H{inner:.1f}z"
    )
    canvas = rect(x, y, w, h, edge) + rect(inner, y + 0.7, w - 1.4, h - 1.4, sky)
    return canvas + blob(hills, far) + blob(meadow, near)


def counter(x: float, foot: float, w: float, h: float, dusk: Dusk, rng: np.random.Generator) -> str:
    """A café counter with cups, a cake stand and a coffee machine."""
    wood, top = dusk.wall((122, 82, 56)), dusk.wall((222, 208, 186))
    parts = [rect(x, foot - h, w, h, wood)]
    for index in range(int(w // 6)):
        parts.append(
            rect(x + 1.4 + index * 6, foot - h + 4, 4.6, h - 6, mixed_rgb(wood, (20, 12, 10), 0.28))
        )
    steel = dusk.wall((158, 160, 164))
    parts.append(rounded(x + w * 0.62, foot - h - 9, 11, 9, 1, steel))
    parts.append(
        rect(x + w * 0.62 + 1.4, foot - h - 5, 8.2, 2.8, mixed_rgb(steel, (20, 20, 26), 0.6))
    )
    for index in range(4):
        cup = dusk.wall((238, 232, 222))
        cx = x + 4 + index * 4.2 + float(rng.uniform(-0.4, 0.4))
        parts.append(
            f'<path d="M{cx:.1f},{foot - h - 3.2:.1f}h2.8l-0.5,3.2h-1.8z" fill="{hexed(cup)}"/>'
        )
    parts.append(rect(x - 1, foot - h - 0.4, w + 2, 2.0, top))
    return "".join(parts)


def pendant(x: float, y: float, dusk: Dusk) -> str:
    """A hanging lamp."""
    metal = dusk.wall((58, 60, 66))
    glow = (255, 222, 150)
    return (
        rect(x - 0.15, 0, 0.3, y, metal)
        + blob(f"M{x - 1.2:.1f},{y:.1f}h2.4l3.0,4.4h-8.4z", metal)
        + f'<ellipse cx="{x:.1f}" cy="{y + 4.4:.1f}" rx="3.4" ry="1.1" fill="{hexed(glow)}"/>'
    )


def round_table(x: float, foot: float, h: float, dusk: Dusk) -> str:
    """A small café table."""
    top, leg = dusk.wall((148, 104, 70)), dusk.wall((60, 54, 52))
    w = h * 1.15
    return (
        ellipse(x, foot, w * 0.4, h * 0.07, (0, 0, 0), 'opacity="0.3"')
        + rect(x - 0.6, foot - h, 1.2, h, leg)
        + ellipse(x, foot, w * 0.22, h * 0.05, leg)
        + ellipse(x, foot - h + 0.8, w * 0.5, h * 0.14, mixed_rgb(top, (10, 8, 8), 0.4))
        + ellipse(x, foot - h, w * 0.5, h * 0.14, top)
    )
