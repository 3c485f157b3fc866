"""What buildings are made of: walls of brick, stone and plank, roofs, windows and doors."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen
from imgen.engines.sketch.subjects.shapes import blob, box, oval, poly

GLASS: RGB = (104, 138, 164)


def stones(
    pen: Pen,
    area: tuple[float, float, float, float],
    rgb: RGB,
    *,
    size: float = 6,
    share: float = 0.3,
) -> None:
    """Scattered blocks in lighter and darker tones over a wall; clip it to the wall."""
    if pen.detail < 0.25:
        return
    left, top, right, bottom = area
    tones: dict[RGB, str] = {lift(rgb, 0.05): "", lift(rgb, -0.06): ""}
    keys = list(tones)
    row, y = 0, top
    while y < bottom:
        x = left - (size / 2 if row % 2 else 0)
        while x < right:
            if pen.chance(share * pen.detail * 1.4):
                tones[keys[int(pen.chance(0.5))]] += box(
                    x, y, size - 0.6, size * 0.5 - 0.5, size * 0.1
                )
            x += size
        y += size * 0.5
        row += 1
    for tone, d in tones.items():
        if d:
            pen.flat(d, tone, 0.85)


def planks(
    pen: Pen,
    area: tuple[float, float, float, float],
    rgb: RGB,
    *,
    step: float = 4,
    upright: bool = False,
) -> None:
    """The joints of boards over a wall; clip it to the wall."""
    if pen.detail < 0.25:
        return
    left, top, right, bottom = area
    count = int(((right - left) if upright else (bottom - top)) / step)
    d = "".join(
        f"M{left + i * step:.1f},{top}V{bottom}"
        if upright
        else f"M{left},{top + i * step:.1f}H{right}"
        for i in range(1, count + 1)
    )
    pen.stroke(d, lift(rgb, -0.1), 0.5, 0.75)


def tiles(pen: Pen, area: tuple[float, float, float, float], rgb: RGB, *, size: float = 4) -> None:
    """Rows of roof tiles; clip it to the roof."""
    if pen.detail < 0.25:
        return
    left, top, right, bottom = area
    d, row, y = "", 0, top
    while y < bottom:
        d += f"M{left - (size / 2 if row % 2 else 0):.1f},{y:.1f}"
        d += f"q{size / 2:.1f},{size * 0.55:.1f} {size:.1f},0" * (int((right - left) / size) + 1)
        y += size * 0.85
        row += 1
    pen.stroke(d, lift(rgb, -0.1), 0.5, 0.8)


def casement(
    pen: Pen,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    frame: RGB = (246, 240, 228),
    arched: bool = False,
) -> None:
    """A window with its frame, bars and sill."""
    b = width * 0.11
    if arched:
        top = y + width * 0.45
        outer = blob(
            f"{x},{top}! {x + width * 0.2},{y + width * 0.1} {x + width / 2},{y} "
            f"{x + width * 0.8},"
            f"{y + width * 0.1} {x + width},{top}! {x + width},{y + height}! "
            f"{x},{y + height}!"
        )
    else:
        outer = box(x, y, width, height)
    pen.flat(outer, frame)
    with pen.within(outer):
        pen.window(box(x + b, y + b, width - 2 * b, height - 2 * b), GLASS)
        if not pen.night:
            sheen = poly(
                f"{x + width * 0.2},{y + height} {x + width * 0.6},{y} "
                f"{x + width * 0.8},{y} "
                f"{x + width * 0.4},{y + height}"
            )
            pen.fade(sheen, (255, 255, 255), (0.4, 0.05))
        if pen.detail > 0.3:
            bars = f"M{x + width / 2:.1f},{y}v{height}M{x},{y + height * 0.5:.1f}h{width}"
            pen.stroke(bars, frame, b * 0.7)
    pen.flat(box(x - b, y + height - b * 0.4, width + 2 * b, b * 1.1), lift(frame, -0.12))


def door(
    pen: Pen,
    x: float,
    width: float,
    height: float,
    rgb: RGB,
    *,
    ground: float = 100,
    arched: bool = False,
) -> None:
    """A door that stands on the ground, with its frame and knob."""
    y = ground - height
    if arched:
        mid = y + width * 0.5
        d = blob(
            f"{x},{mid}! {x + width * 0.15},{y + width * 0.15} {x + width / 2},{y} "
            f"{x + width * 0.85},"
            f"{y + width * 0.15} {x + width},{mid}! {x + width},{ground}! {x},{ground}!"
        )
    else:
        d = box(x, y, width, height)
    pen.flat(box(x - width * 0.1, y - (0 if arched else width * 0.1), width * 1.2, 0.01), rgb)
    pen.form(d, rgb, shade=1.2, rim=0.5)
    with pen.within(d):
        planks(pen, (x, y, x + width, ground), rgb, step=width / 4, upright=True)
    pen.ball(x + width * 0.8, y + height * 0.56, width * 0.07, (232, 196, 110))


def battlements(x: float, y: float, width: float, height: float, count: int) -> str:
    """A row of merlons standing on y, as path data."""
    step = width / (2 * count - 1)
    return "".join(box(x + 2 * i * step, y - height, step, height + 0.2) for i in range(count))


def chimney(
    pen: Pen, x: float, y: float, width: float, height: float, *, brick: RGB = (168, 92, 74)
) -> None:
    """A chimney with a wisp of smoke."""
    stack = box(x, y, width, height)
    pen.form(stack, brick, shade=width * 0.2, rim=0.4)
    with pen.within(stack):
        stones(pen, (x, y + 2, x + width, y + height), brick, size=width * 0.5, share=0.4)
    pen.flat(box(x - width * 0.12, y - 1, width * 1.24, 2.4), lift(brick, -0.12))


def trim(wall: RGB) -> RGB:
    """A colour for frames and corners that goes with a wall."""
    return mix(wall, (250, 246, 236), 0.85)


def bushy(pen: Pen, x: float, y: float, r: float, rgb: RGB = (92, 140, 76)) -> None:
    """A small round shrub by a wall."""
    pen.round(oval(x, y, r, r * 0.8), rgb)
    pen.round(oval(x + r * 0.7, y + r * 0.25, r * 0.7, r * 0.55), lift(rgb, 0.03))
