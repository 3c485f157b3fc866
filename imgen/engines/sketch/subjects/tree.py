"""Trees: broadleaf, pine, palm, cherry in blossom, and bare."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import Point, blob, box, limb, line, lumps, oval

BARK, PALE_BARK = (112, 80, 60), (150, 116, 88)
GREENS = ((92, 140, 66), (70, 128, 76), (120, 152, 62))
AUTUMN = ((214, 120, 44), (196, 78, 44), (222, 168, 58))


def _trunk(pen: Pen, bark: RGB, top: float, width: float, lean: float) -> None:
    pen.upright(
        blob(
            f"{50 - width / 2},{top} {50 + width / 2},{top} {50 + width * 0.6 - lean},78 "
            f"{50 + width * 1.15 - lean},100! {50 - width * 1.15 - lean},100! "
            f"{50 - width * 0.6 - lean},78"
        ),
        bark,
    )
    pen.hatch(
        (50 - width / 2 - lean, 70, 50 + width / 2 - lean, 98), lift(bark, -0.1), 0, 6, count=18
    )


def _crown(pen: Pen, leaf: RGB, clumps: list[tuple[float, float, float]], dots: float) -> None:
    """Clumps of foliage from back to front, each lighter towards the light."""
    tx, ty = pen.towards
    for x, y, r in clumps:
        facing = ((x - 50) * tx + (y - 36) * ty) / 40
        own = turn(lift(leaf, 0.07 * facing - 0.01), pen.vary(-7, 7))
        clump = lumps(x, y, r, r * 0.86, count=max(7, int(r * 0.75)), depth=0.12)
        pen.form(clump, own, shade=r * 0.3, rim=0.9)
        if pen.detail > 0.3:
            for tone, n in ((lift(own, 0.09), 14), (lift(own, -0.09), 10)):
                _leaves(pen, (x, y, r), tone, int(n * pen.detail * dots))


def _leaves(pen: Pen, clump: tuple[float, float, float], tone: RGB, count: int) -> None:
    x, y, r = clump
    d = ""
    for u, v, s in pen.rng.random((count, 3)):
        a, reach = u * math.tau, r * 0.78 * math.sqrt(v)
        d += oval(
            x + reach * math.cos(a), y + reach * 0.84 * math.sin(a), 0.7 + s * 0.8, 0.6 + s * 0.5
        )
    if d:
        pen.flat(d, tone, 0.75)


def _clumps(pen: Pen) -> list[tuple[float, float, float]]:
    back = [(50, 17, 16), (27, 30, 17), (73, 30, 17)]
    front = [
        (18, 46, 14),
        (82, 46, 14),
        (38, 34, 17),
        (62, 36, 17),
        (32, 54, 13),
        (68, 54, 13),
        (50, 50, 16),
    ]
    return [
        (x + pen.vary(-2.5, 2.5), y + pen.vary(-2, 2), r * pen.vary(0.92, 1.06))
        for x, y, r in back + front
    ]


def _boughs(pen: Pen, bark: RGB) -> None:
    for x, y in ((30, 46), (70, 44), (42, 34), (60, 32)):
        pen.fill(limb((50, 74, 6), ((50 + x) / 2, y + 13, 3.6), (x, y, 1.6)), bark)


def _broadleaf(pen: Pen) -> None:
    autumn = pen.has("autumn", "fall", "golden", "orange")
    leaf = pen.main(*(AUTUMN if autumn else GREENS))
    _trunk(pen, BARK, 58, 8, pen.vary(-2, 2))
    _boughs(pen, BARK)
    _crown(pen, leaf, _clumps(pen), 1.0)
    if pen.has("snowy", "snow-covered", "winter"):
        for x, y, r in ((50, 12, 12), (27, 26, 11), (73, 26, 11)):
            pen.form(oval(x, y - 3, r, r * 0.4), (244, 248, 252), shade=2)


def _cherry(pen: Pen) -> None:
    petal = pen.main((246, 178, 196), (250, 200, 214), (240, 160, 186))
    _trunk(pen, mix(BARK, (70, 50, 56), 0.5), 56, 8, pen.vary(-4, 4))
    _boughs(pen, mix(BARK, (70, 50, 56), 0.5))
    _crown(pen, petal, _clumps(pen), 1.8)
    falling = "".join(
        oval(pen.vary(8, 92), pen.vary(70, 97), 0.9, 0.6) for _ in range(int(12 * pen.detail))
    )
    if falling:
        pen.flat(falling, lift(petal, 0.03))


def _pine(pen: Pen) -> None:
    leaf = pen.main((46, 98, 78), (58, 108, 70), (40, 88, 84))
    pen.upright(blob("27,86 35,86 36,100! 26,100!"), BARK)
    tiers = 7 if pen.detail > 0.25 else 5
    for i in range(tiers):
        k = (tiers - 1 - i) / (tiers - 1)
        bottom, half = 24 + k * 68, 10 + k * 20
        top = bottom - 22 - k * 16
        w = pen.vary(-1, 1)
        tier = blob(
            f"31,{top}! {31 + half * 0.45},{bottom - 9} {31 + half},{bottom + w}! "
            f"{31 + half * 0.62},{bottom - 0.6} {31 + half * 0.36},{bottom + 3}! 31,{bottom + 1.4} "
            f"{31 - half * 0.36},{bottom + 3}! {31 - half * 0.62},{bottom - 0.6} "
            f"{31 - half},{bottom - w}! {31 - half * 0.45},{bottom - 9}"
        )
        pen.form(tier, lift(leaf, 0.035 * (1 - k)), shade=half * 0.32, rim=0.7)
        with pen.within(tier):
            pen.hatch((31 - half, top + 8, 31 + half, bottom), lift(leaf, 0.08), 180, 4, count=16)
        if pen.has("snowy", "snow-covered", "winter", "snow"):
            with pen.within(tier):
                pen.fill(oval(31 - 3, top + 3, half * 0.62, 8 + k * 5), (244, 248, 252))


def _palm(pen: Pen) -> None:
    leaf = pen.main((84, 148, 78), (104, 156, 70), (62, 136, 92))
    top = 50 + pen.vary(-4, 4)
    trunk = limb((38, 106, 10), (41, 80, 6.5), (47, 55, 5.5), (top, 30, 4.6))
    with pen.within(box(0, 0, 100, 100)):
        pen.form(trunk, PALE_BARK, shade=2)
    with pen.within(trunk):
        rings = "".join(f"M30,{y}q12,3.4 24,-1" for y in range(34, 98, 5))
        pen.stroke(rings, lift(PALE_BARK, -0.12), 0.8, 0.8 if pen.detail > 0.2 else 0)
    fronds = [
        (-30, -16),
        (29, -17),
        (-46, 4),
        (45, 3),
        (-40, 26),
        (39, 28),
        (-20, 36),
        (20, 37),
        (6, -24),
    ]
    for i, (dx, dy) in enumerate(fronds):
        _frond(pen, (top, 30), dx, dy, lift(leaf, -0.06 if i in (4, 5) else 0.02 * (i % 3)))
    for x, y in ((-3, 3), (3, 4), (0, 1)):
        pen.ball(top + x, 31 + y, 2.8, (126, 84, 54))


def _frond(pen: Pen, crown: Point, dx: float, dy: float, leaf: RGB) -> None:
    """One arching leaf from the crown to (x + dx, y + dy), its lower edge cut into leaflets."""
    x, y = crown
    arch = math.hypot(dx, dy) * 0.3
    steps = 8 if pen.detail > 0.2 else 5

    def at(k: float, off: float) -> str:
        """The point at `k` along the rib, `off` to its lower side."""
        px, py = x + dx * k, y + dy * k - arch * 4 * k * (1 - k)
        tx, ty = dx, dy - arch * 4 * (1 - 2 * k)
        size = math.hypot(tx, ty) * (1 if dx > 0 else -1)
        return f"{px - ty / size * off},{py + tx / size * off}"

    upper = " ".join(at(k, -1.4 * math.sin(math.pi * k)) for k in (0.2, 0.4, 0.6, 0.8))
    lower = []
    for i in range(steps, 0, -1):
        k = i / (steps + 0.6)
        reach = 9.5 * math.sin(math.pi * min(1.0, 0.18 + 0.78 * k)) ** 0.7
        lower += [at(min(1.0, k + 0.05), reach) + "!", at(k - 0.05, 1.6) + "!"]
    d = blob(f"{x},{y}! {upper} {at(1.0, 0)}! {' '.join(lower)}")
    pen.form(d, leaf, shade=1.6, rim=0.6)
    rib = " ".join(at(k, 0.6) for k in (0.04, 0.3, 0.6, 0.9))
    pen.stroke(line(rib), lift(leaf, 0.1), 0.7, 0.8)


def _grow(
    pen: Pen, root: tuple[float, float, float], angle: float, length: float, levels: int
) -> str:
    """A bough of (x, y, width) at its foot, with everything that grows from it, as path data."""
    x, y, width = root
    ex, ey = x + math.sin(angle) * length, y - math.cos(angle) * length
    bend = pen.vary(-0.08, 0.08) * length
    middle = ((x + ex) / 2 + bend, (y + ey) / 2, width * 0.78)
    d = limb(root, middle, (ex, ey, width * 0.6))
    if levels:
        for turn_by in (-0.62, 0.56) if levels % 2 else (-0.55, 0.04, 0.6):
            heading = angle * 0.86 + turn_by + pen.vary(-0.12, 0.12)
            reach = length * pen.vary(0.7, 0.82)
            d += _grow(pen, (ex, ey, width * 0.6), heading, reach, levels - 1)
    return d


def _bare(pen: Pen) -> None:
    bark = pen.main((98, 78, 70), (84, 70, 68))
    levels = 4 if pen.detail > 0.3 else 3
    boughs = _grow(pen, (50, 78, 8), pen.vary(-0.05, 0.05), 24, levels)
    pen.upright(blob("46.2,76 53.8,76 55,90 59,100! 41,100! 45,90"), bark)
    pen.fill(boughs, bark)
    if pen.has("snowy", "winter", "snow-covered"):
        pen.form(oval(50, 98, 12, 2.5), (244, 248, 252), shade=1)


SUBJECTS = (
    drawn(
        "tree",
        "oak, maple, elm, birch, willow, beech, linden, apple tree, ash tree, oak tree, "
        "maple tree, "
        "birch tree, willow tree, baobab, poplar, aspen, acacia",
        (0, 1, 97, 100),
        _broadleaf,
        height=9.0,
    ),
    drawn(
        "pine",
        "pine tree, fir, fir tree, spruce, spruce tree, conifer, evergreen, cedar, cypress, "
        "redwood, sequoia, larch, christmas tree",
        (0, 0, 62, 100),
        _pine,
        height=12.0,
    ),
    drawn(
        "palm",
        "palm tree, coconut tree, coconut palm, date palm",
        (1, 5, 98, 100),
        _palm,
        height=9.0,
    ),
    drawn(
        "cherry-tree",
        "cherry blossom, sakura, blossom tree, cherry blossom tree, blossom, almond tree, magnolia",
        (0, 1, 97, 100),
        _cherry,
        height=7.0,
    ),
    drawn(
        "bare-tree",
        "dead tree, leafless tree, winter tree, bonsai",
        (2, -4, 100, 100),
        _bare,
        height=8.0,
    ),
)
