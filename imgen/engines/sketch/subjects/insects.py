"""Small winged creatures: butterfly, bee, ladybird, dragonfly, snail and spider."""

from __future__ import annotations

from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval

INK, PALE = (40, 32, 38), (250, 240, 220)


def _butterfly(pen: Pen) -> None:
    wing = pen.main((236, 140, 44), (70, 132, 206), (176, 96, 176), (240, 200, 80), (206, 70, 80))
    edge = mix(wing, INK, 0.84)
    low = turn(wing, 16)
    reach, spots = pen.vary(-2, 2), pen.chance(0.6)
    for mirror in (False, True):
        with pen.moved(60, 0, mirror=mirror):
            hind = blob(f"3,52 20,50 38,54 {47 + reach},66 44,80 34,92 24,97 16,88 8,74")
            pen.form(hind, edge, shade=3)
            pen.fill(blob(f"4,54 18,53 34,57 {41 + reach},67 38,78 30,87 25,90 18,84 10,72"), low)
            fore = blob(f"2,48 8,34 24,14 44,4 58,2 {60 + reach},14 56,32 48,46 32,53 14,55")
            pen.form(fore, edge, shade=4)
            inner = blob(f"4,47 11,34 26,18 44,9 53,8 {53 + reach},18 49,31 42,42 30,48 14,51")
            pen.fill(inner, wing)
            with pen.within(inner):
                pen.fade(oval(2, 50, 40), lift(wing, 0.14), (0.9, 0.0), 60)
            veins = (
                "3,48 26,30 52,10",
                "3,49 30,38 54,22",
                "3,50 30,44 48,38",
                "4,54 24,62 42,70",
                "5,55 20,70 32,86",
            )
            pen.lines(veins, edge, 1.1 if pen.detail > 0.2 else 0)
            if spots:
                pen.flat(
                    oval(52, 8, 2)
                    + oval(56.4, 17, 1.6)
                    + oval(55, 25.6, 1.4)
                    + oval(42, 75, 1.8)
                    + oval(36, 85, 1.6),
                    PALE,
                )
    pen.stroke("M59,30Q54,16 46,10M61,30Q66,16 74,10", INK, 1)
    pen.flat(oval(46, 10, 1.5) + oval(74, 10, 1.5), INK)
    pen.form(limb((60, 30, 4.4), (60, 46, 6), (60, 64, 4.4), (60, 80, 2)), INK, shade=1.4)
    pen.form(oval(60, 31, 3.6, 3.4), INK, shade=1)


def _bee(pen: Pen) -> None:
    coat = pen.main((248, 196, 64), (244, 180, 60))
    for x, tip in ((54, 34), (64, 70)):
        pen.fade(
            blob(f"{x},42 {tip - 12},22 {tip - 6},2 {tip + 10},0 {tip + 16},16 {x + 6},40"),
            (226, 240, 250),
            (0.95, 0.6),
        )
    pen.stroke("M104,36Q112,22 120,20M98,33Q102,18 112,12", INK, 1.6)
    pen.form(blob("4,60! 14,48 34,38 64,36 90,42 96,58 88,78 62,90 34,84 14,72"), coat, shade=6)
    with pen.within(blob("4,60! 14,48 34,38 64,36 90,42 96,58 88,78 62,90 34,84 14,72")):
        for x in (16, 37, 58):
            pen.fill(blob(f"{x},28 {x + 11},28 {x + 14},60 {x + 11},94 {x},94 {x + 4},60"), INK)
        pen.hatch((66, 40, 92, 80), lift(coat, 0.1), 120, 5, count=50)
    pen.form(oval(97, 55, 20, 20), mix(coat, INK, 0.86), shade=3)
    pen.flat(oval(103, 52, 6, 7.4), PALE)
    pen.eye(104.6, 53, 4)
    pen.stroke(line("101,65 106,67 110,64"), PALE, 1.2)
    pen.stroke("M46,86l-3,12M62,88l-1,12M76,84l3,12", INK, 1.8)


def _ladybird(pen: Pen) -> None:
    shell = pen.main((212, 52, 48), (236, 140, 50))
    pen.stroke(
        "M28,80l-7,18M54,84l0,15M84,80l7,18M106,52Q116,42 114,32M114,58Q126,50 126,40", INK, 2.4
    )
    pen.form(oval(104, 66, 20, 19), INK, shade=3)
    dome = blob("6,82! 8,54 26,24 56,10 84,18 100,44 102,82! 56,88")
    pen.form(dome, shell, shade=8)
    with pen.within(dome):
        pen.stroke(line("84,14 60,40 40,90"), INK, 2)
        for x, y, r in (
            (30, 40, 8),
            (58, 26, 6),
            (24, 68, 7),
            (56, 64, 8),
            (78, 50, 8),
            (82, 76, 6),
        ):
            pen.flat(oval(x + pen.vary(-2, 2), y, r, r * 1.05), INK)
    pen.flat(oval(110, 60, 5, 5.6), PALE)
    pen.eye(111, 61, 3)


def _dragonfly(pen: Pen) -> None:
    skin = pen.main((60, 150, 160), (90, 120, 200), (190, 90, 70))
    for tip, y, tone in (
        ((2, 8), 40, 0.6),
        ((10, 44), 46, 0.7),
        ((128, 4), 40, 0.75),
        ((126, 42), 46, 0.85),
    ):
        x, end = 66, tip[1]
        wing = blob(
            f"{x},{y} {(x + tip[0]) / 2},{(y + end) / 2 - 12} {tip[0]},{end} "
            f"{(x + tip[0]) / 2},{(y + end) / 2 + 6}"
        )
        pen.fade(wing, (222, 240, 246), (tone, tone - 0.3), 90)
        pen.lines(
            (f"{x},{y} {(x + tip[0]) / 2},{(y + end) / 2 - 4} {tip[0]},{end}",),
            lift(skin, 0.1),
            0.8,
            0.8,
        )
    pen.form(limb((66, 46, 6), (66, 70, 5), (64, 99, 3)), skin, shade=1.6)
    pen.stroke("".join(f"M62,{y}h8" for y in range(62, 98, 6)), lift(skin, -0.2), 1)
    pen.form(oval(66, 42, 9, 11), skin, shade=3)
    for x in (60, 72):
        pen.ball(x, 30, 6, turn(skin, 60))


def _snail(pen: Pen) -> None:
    shell = pen.main((196, 130, 76), (176, 96, 96), (206, 164, 92))
    foot = mix(shell, (232, 206, 160), 0.75)
    pen.stroke("M108,50L104,26M118,52L124,28", foot, 3)
    pen.ball(104, 25, 3.4, foot)
    pen.ball(124, 27, 3.4, foot)
    pen.form(
        blob(
            "2,98! 20,88 50,84 84,84 98,72 100,54 110,46 122,50 126,62 120,82 106,96 90,100! "
            "10,100!"
        ),
        foot,
        shade=4,
    )
    pen.form(oval(56, 48, 42, 44), shell, shade=7)
    coil = (
        "M92,60C84,90 30,90 26,52C24,20 76,14 80,46C82,70 46,74 44,52C44,38 64,36 65,48C65,56 "
        "56,57 55,52"
    )
    pen.stroke(coil, lift(shell, -0.15), 3.4)
    pen.stroke(line("112,74 117,76 121,73"), lift(foot, -0.25), 1.2)
    pen.eye(116, 62, 2.6)


SUBJECTS = (
    drawn(
        "butterfly",
        "moth, monarch",
        (-1, 1, 121, 97),
        _butterfly,
        height=0.09,
        places=("air", "sky"),
    ),
    drawn(
        "bee",
        "bumblebee, honeybee, wasp, hornet",
        (3, -1, 121, 101),
        _bee,
        height=0.05,
        places=("air",),
    ),
    drawn(
        "ladybird",
        "ladybug, beetle, bug, insect, scarab, spider",
        (5, 8, 128, 100),
        _ladybird,
        height=0.05,
    ),
    drawn(
        "dragonfly",
        "damselfly, firefly",
        (1, 0, 130, 101),
        _dragonfly,
        height=0.09,
        places=("air",),
    ),
    drawn("snail", "slug, escargot", (2, 3, 128, 100), _snail, height=0.06),
)
