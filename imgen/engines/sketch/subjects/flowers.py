"""Flowers: a daisy-like one, rose, tulip, sunflower, lotus, lavender and a bunch of them."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import around, blob, limb, line, oval

STEM: RGB = (86, 138, 72)


def leaf(pen: Pen, x: float, y: float, length: float, angle: float, rgb: RGB = STEM) -> None:
    """One leaf with its veins, from (x, y), at `angle` degrees clockwise from up."""
    with pen.turned(angle, x, y):
        w = length * 0.24
        d = blob(
            f"{x},{y}! {x + w},{y - length * 0.4} {x + w * 0.5},{y - length * 0.8} "
            f"{x},{y - length}! "
            f"{x - w * 0.5},{y - length * 0.8} {x - w},{y - length * 0.4}"
        )
        pen.form(d, rgb, shade=w * 0.5, rim=0.4)
        if pen.detail > 0.25:
            veins = "".join(
                f"M{x},{y - length * k}l{w * 0.6:.1f},{-length * 0.12:.1f}"
                f"M{x},{y - length * k}l{-w * 0.6:.1f},{-length * 0.12:.1f}"
                for k in (0.3, 0.5, 0.68)
            )
            pen.stroke(f"M{x},{y}V{y - length * 0.9:.1f}{veins}", lift(rgb, 0.09), 0.5, 0.8)


def petals(
    pen: Pen,
    heart: tuple[float, float],
    count: int,
    size: tuple[float, float],
    rgb: RGB,
    turn_by: float = 0,
) -> None:
    """A ring of rounded petals of (length, width) around a heart, those near the light lighter."""
    x, y = heart
    reach, width = size
    for i in range(count):
        angle = turn_by + i * 360 / count
        facing = math.cos(math.radians(angle) - math.atan2(pen.towards[0], -pen.towards[1]))
        own = lift(rgb, 0.03 * facing + pen.vary(-0.015, 0.015))
        with pen.turned(angle, x, y):
            pen.flat(_petal(x, y, reach, width), lift(own, -0.1))
            if pen.detail > 0.1:
                shift = (pen.towards[0] * width * 0.07, pen.towards[1] * width * 0.05)
                pen.flat(_petal(x + shift[0], y + shift[1], reach * 0.97, width * 0.86), own)
            if pen.detail > 0.4:
                pen.stroke(
                    f"M{x:.1f},{y - reach * 0.3:.1f}v{-reach * 0.5:.1f}", lift(own, -0.07), 0.5, 0.6
                )


def _petal(x: float, y: float, reach: float, width: float) -> str:
    return blob(
        f"{x},{y}! {x - width * 0.5},{y - reach * 0.62} {x},{y - reach} "
        f"{x + width * 0.5},{y - reach * 0.62}"
    )


def _stem(pen: Pen, x: float, top: float, *, foot: float = 30) -> None:
    bend = pen.vary(-3, 3)
    pen.form(
        limb((x, top, 2.2), (foot + bend, (top + 100) / 2, 2.4), (foot, 98.6, 2.8)),
        STEM,
        shade=0.8,
        rim=0.4,
    )


def _daisy(pen: Pen) -> None:
    bloom = pen.main(
        (232, 110, 130), (246, 240, 232), (238, 160, 70), (150, 120, 200), (236, 200, 90)
    )
    count = pen.pick((8, 9, 11, 13))
    _stem(pen, 30, 30)
    leaf(pen, 30, 84, 30, 48)
    leaf(pen, 30, 92, 30, -52)
    petals(pen, (30, 29), count, (28, 250 / count), lift(bloom, -0.05), 180 / count)
    petals(pen, (30, 29), count, (25.5, 250 / count), bloom)
    heart = (246, 196, 72) if bloom[0] < 250 or bloom[2] > 120 else (150, 96, 54)
    pen.round(oval(30, 29, 8.2), heart)
    _seeds(pen, 30, 29, 7.2, lift(heart, -0.13), 34)


def _seeds(pen: Pen, x: float, y: float, radius: float, rgb: RGB, count: int) -> None:
    """Florets on the golden-angle spiral (Vogel, 1979)."""
    if pen.detail < 0.25:
        return
    d = ""
    for i in range(1, count):
        r, a = radius * math.sqrt(i / count), i * 2.39996
        d += oval(x + r * math.cos(a), y + r * math.sin(a), radius * 0.07)
    pen.flat(d, rgb, 0.85)


def _sunflower(pen: Pen) -> None:
    bloom = pen.main((248, 194, 52), (244, 178, 46))
    _stem(pen, 34, 34, foot=34)
    leaf(pen, 34, 78, 32, 56)
    leaf(pen, 34, 88, 32, -58)
    petals(pen, (34, 33), 18, (33, 9.5), lift(bloom, -0.08), 10)
    petals(pen, (34, 33), 18, (30, 9.5), bloom)
    pen.round(oval(34, 33, 15.5), (104, 66, 42))
    _seeds(pen, 34, 33, 14.6, (156, 104, 54), 90)
    pen.round(oval(34, 33, 5.5), (78, 50, 36))


def _rose(pen: Pen) -> None:
    bloom = pen.main((206, 48, 66), (236, 140, 150), (246, 232, 220), (240, 180, 80))
    deep = lift(bloom, -0.09)
    _stem(pen, 30, 38)
    for y, side in ((58, 1), (70, -1), (84, 1)):
        pen.fill(blob(f"{30},{y}! {30 + 3.4 * side},{y - 1.6}! {30},{y + 2.4}!"), lift(STEM, -0.06))
    leaf(pen, 30, 82, 25, 58)
    leaf(pen, 30, 72, 24, -56)
    for side in (-1, 1):
        pen.form(
            blob(
                f"30,44! {30 + side * 10},44 {30 + side * 18},38 {30 + side * 20},31! "
                f"{30 + side * 9},36"
            ),
            STEM,
            shade=1,
        )
    pen.form(blob("30,3 42,5 50,13 50,27 43,38 30,43 17,38 10,27 10,13 18,5"), deep, shade=3)
    pen.form(blob("10,14 20,9 34,10 46,16 51,26 44,39 30,44 16,39 9,27"), bloom, shade=3)
    pen.form(blob("18,8 30,4 42,8 45,17 38,26 30,28 22,26 15,17"), lift(bloom, -0.06), shade=2)
    pen.form(blob("22,9 31,6 40,11 40,18 32,23 24,21 20,15"), lift(bloom, 0.02), shade=2)
    pen.form(blob("26,11 32,9 37,13 35,18 29,19 25,16"), lift(bloom, -0.11), shade=1)
    pen.stroke(line("31,16 29,13 33,12 35,15 32,18.4"), lift(bloom, -0.2), 1)
    pen.form(blob("9,20! 20,24 29,34 30,44! 18,41 10,33"), lift(bloom, 0.03), shade=2)
    pen.form(blob("51,20! 40,24 31,33 30,44! 42,41 50,33"), lift(bloom, -0.02), shade=2)


def _tulip(pen: Pen) -> None:
    bloom = pen.main(
        (222, 66, 76), (244, 182, 70), (196, 104, 176), (244, 232, 224), (240, 130, 90)
    )
    _stem(pen, 26, 40, foot=26)
    pen.form(blob("26,99! 16,84 8,64 5,44! 18,62 25,80"), STEM, shade=2)
    pen.form(blob("27,99! 34,82 42,66 48,52! 45,72 38,88"), lift(STEM, 0.03), shade=2)
    for d, tone in (
        ("26,8 35,2! 38,18 34,36 26,42 18,36 14,18 17,2!", -0.1),
        ("26,0! 34,12 35,30 26,43 17,30 18,12", -0.05),
        ("6,6! 18,14 26,28 26,44 13,40 5,26", 0.03),
        ("46,6! 34,14 26,28 26,44 39,40 47,26", 0.0),
    ):
        d_path = blob(d)
        pen.form(d_path, lift(bloom, tone), shade=2.2)
        pen.fade(d_path, mix(bloom, (255, 220, 140), 0.6), (0.0, 0.5))


def _lotus(pen: Pen) -> None:
    bloom = pen.main((240, 150, 180), (248, 236, 232), (190, 140, 206))
    pad = (84, 146, 104)
    pen.form(oval(70, 86, 68, 13), pad, shade=2)
    pen.stroke("M70,86L10,82M70,86L30,95M70,86L110,95M70,86L132,84", lift(pad, 0.1), 0.8, 0.8)
    for angle, reach, tone in (
        (-78, 60, -0.1),
        (78, 60, -0.1),
        (-52, 68, -0.06),
        (52, 68, -0.06),
        (-27, 76, -0.03),
        (27, 76, -0.03),
        (0, 82, -0.06),
        (-64, 46, 0.02),
        (64, 46, 0.02),
        (-38, 54, 0.04),
        (38, 54, 0.04),
        (-13, 60, 0.05),
        (13, 60, 0.03),
    ):
        with pen.turned(angle, 70, 84):
            d = blob(
                f"70,86 {70 - reach * 0.19},{84 - reach * 0.5} 70,{84 - reach}! "
                f"{70 + reach * 0.19},{84 - reach * 0.5}"
            )
            pen.form(d, lift(bloom, tone), shade=2, rim=0.6)
            pen.fade(d, (255, 250, 240), (0.0, 0.5))


def _lavender(pen: Pen) -> None:
    bloom = pen.main((146, 116, 196), (120, 110, 206))
    for i in range(7):
        x, top = 6 + i * 8.0, 4 + abs(i - 3) * 4 + pen.vary(-2, 2)
        foot = 30 + (i - 3) * 3
        pen.stroke(line(f"{x},{top + 6} {(x + foot) / 2 + (i - 3)},62 {foot},99"), STEM, 1.3)
        for k in range(9):
            y, w = top + k * 4.4, 2.2 + (k % 5) * 0.35
            own = lift(turn(bloom, pen.vary(-8, 8)), pen.vary(-0.05, 0.05))
            pen.fill(oval(x - w * 0.7, y + 1, w, 2.3) + oval(x + w * 0.7, y, w, 2.3), own)
    leaf(pen, 28, 98, 26, -30, mix(STEM, (150, 170, 150), 0.5))
    leaf(pen, 32, 98, 26, 32, mix(STEM, (150, 170, 150), 0.5))


def _bouquet(pen: Pen) -> None:
    main = pen.main((230, 104, 122), (242, 170, 80), (170, 120, 190))
    for angle in (-62, -36, 30, 58, -10, 12):
        leaf(pen, *around(45, 60, 12, angle), 36, angle)
    pen.form(blob("12,40 26,18 45,10 64,18 78,40 66,62 45,68 24,62"), lift(STEM, -0.08), shade=4)
    spots = (
        (18, 34),
        (70, 32),
        (45, 16),
        (30, 22),
        (60, 20),
        (27, 48),
        (63, 48),
        (45, 36),
        (45, 54),
    )
    for i, (x, y) in enumerate(spots):
        own = main if i % 2 == 0 else pen.pick((turn(main, 60), mix(main, (250, 244, 236), 0.7)))
        petals(pen, (x, y), 6, (12.5, 11), own, pen.vary(0, 60))
        pen.round(oval(x, y, 3.6), (246, 202, 92))
    paper = mix(main, (244, 232, 212), 0.8)
    pen.form(blob("16,52! 45,62 74,52! 56,99.6! 34,99.6!"), paper, shade=4)
    pen.form(blob("16,52! 45,70 50,99.6! 34,99.6!"), lift(paper, 0.03), shade=2)
    pen.form(blob("30,78! 60,78! 59,84! 31,84!"), main, shade=1)


SUBJECTS = (
    drawn(
        "flower",
        "daisy, poppy, wildflower, lily, chrysanthemum, marigold, dandelion, "
        "cosmos flower, orchid, "
        "daffodil, hibiscus, iris, anemone, peony, dahlia",
        (1, 0, 59, 100),
        _daisy,
        height=0.4,
        places=("ground", "indoors"),
    ),
    drawn("sunflower", "", (-1, -1, 69, 100), _sunflower, height=1.6),
    drawn(
        "rose",
        "rosebud, camellia, ranunculus",
        (6, 2, 54, 100),
        _rose,
        height=0.5,
        places=("ground", "indoors"),
    ),
    drawn("tulip", "crocus", (3, -1, 50, 100), _tulip, height=0.4, places=("ground", "indoors")),
    drawn(
        "lotus",
        "water lily, waterlily, lily pad",
        (1, 1, 139, 100),
        _lotus,
        height=0.3,
        places=("water",),
    ),
    drawn("lavender", "bluebell, lupin, hyacinth, heather", (1, 1, 60, 100), _lavender, height=0.5),
    drawn(
        "bouquet",
        "bunch of flowers, flower bouquet",
        (4, 1, 86, 100),
        _bouquet,
        height=0.4,
        places=("indoors", "ground"),
    ),
)
