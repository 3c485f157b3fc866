"""A dragon with raised wings."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval, poly

HORN, INK = (236, 220, 184), (40, 28, 32)


def _paint(pen: Pen) -> None:
    scales = pen.main((68, 136, 96), (176, 62, 56), (74, 98, 156), (118, 78, 142))
    belly = mix(turn(scales, 40), (248, 222, 160), 0.72)
    skin = mix(turn(scales, -26), (230, 150, 80), 0.35)
    rise = pen.vary(0, 7)
    _wing(pen, (66, 44), rise, lift(scales, -0.1), lift(skin, -0.12), shift=16)
    _tail(pen, scales)
    _leg(pen, lift(scales, -0.1), ((52, 70, 16), (58, 82, 9), (55, 93, 8)))
    _leg(pen, lift(scales, -0.1), ((86, 62, 12), (92, 78, 8), (92, 93, 7)))
    body = blob("30,72 36,58 50,48 66,42 80,40 94,46 98,58 92,70 78,79 60,83 42,85 32,82")
    pen.form(body, scales, shade=5)
    with pen.within(body):
        pen.fill(blob("100,50 92,66 74,76 50,80 34,82 40,92 80,90 106,70"), belly)
        _scale_marks(pen, scales)
    _neck(pen, scales, belly)
    _leg(pen, scales, ((44, 70, 21), (40, 82, 10), (44, 93, 9)))
    _leg(pen, scales, ((80, 62, 15), (82, 78, 9), (80, 93, 8)))
    _wing(pen, (60, 46), rise, scales, skin, shift=0)
    with pen.turned(pen.vary(-5, 5), 112, 18):
        _head(pen, scales, belly)


def _scale_marks(pen: Pen, scales: RGB) -> None:
    if pen.detail < 0.3:
        return
    marks = "".join(
        f"M{x + (row % 2) * 3.5},{46 + row * 5}q3.2,4 6.4,0"
        for row in range(6)
        for x in range(32, 96, 7)
    )
    pen.stroke(marks, lift(scales, 0.08), 0.7, 0.6)


def _tail(pen: Pen, scales: RGB) -> None:
    tail = limb((44, 74, 20), (28, 80, 15), (14, 78, 10), (6, 66, 7), (11, 54, 5), (19, 50, 3))
    pen.form(tail, scales, shade=3)
    for x, y, a in ((31, 71, -10), (21, 72, -24), (10, 70, -60), (3, 62, -85), (6, 53, -30)):
        with pen.turned(a, x, y):
            pen.form(
                poly(f"{x - 3},{y + 2} {x},{y - 6} {x + 3},{y + 2}"),
                lift(scales, -0.14),
                shade=0.8,
                rim=0.4,
            )
    pen.form(poly("16,52 20,41 28,47 25,55"), lift(scales, -0.12), shade=1.4)


def _neck(pen: Pen, scales: RGB, belly: RGB) -> None:
    neck = limb((84, 56, 26), (95, 44, 19), (98, 32, 15), (102, 22, 14), (110, 17, 14))
    for x, y, a in ((80, 41, 8), (86.6, 33, 36), (90, 25, 60), (93.6, 17, 40), (100, 11, 20)):
        with pen.turned(a - 30, x, y):
            pen.form(
                poly(f"{x - 3.4},{y + 3} {x - 1},{y - 7} {x + 4},{y + 3}"),
                lift(scales, -0.14),
                shade=1,
                rim=0.4,
            )
    pen.form(neck, scales, shade=4)
    with pen.within(neck):
        pen.fill(blob("92,72 100,58 106,44 105,32 110,24 124,24 120,60 104,78"), belly)
        if pen.detail > 0.25:
            bars = "".join(
                f"M{x},{y}q7,1 14,6"
                for x, y in ((99, 56), (102, 50), (104, 44), (104.6, 38), (104.6, 32))
            )
            pen.stroke(bars, lift(belly, -0.13), 0.9, 0.8)


def _leg(pen: Pen, scales: RGB, stations: tuple[tuple[float, float, float], ...]) -> None:
    pen.form(limb(*stations), scales, shade=2.6, rim=0.4)
    x, y, _ = stations[-1]
    pen.form(
        blob(f"{x - 5},{y + 1} {x + 1},{y - 3} {x + 8},{y + 2} {x + 9},{y + 7}! {x - 5},{y + 7}!"),
        scales,
        shade=1,
    )
    for dx in (2.4, 5.4, 8.4):
        pen.fill(
            poly(f"{x + dx - 1.4},{y + 4.4} {x + dx + 2},{y + 7} {x + dx - 1.4},{y + 7}"), HORN
        )


def _wing(
    pen: Pen, root: tuple[float, float], rise: float, bone: RGB, skin: RGB, *, shift: float
) -> None:
    """A bat's wing: an arm to a clawed wrist, and webbed fingers from there."""
    x, y = root
    wx, wy = 38 + shift, 8 - rise * 0.4 + (2 if shift else 0)
    tips = (
        (2 + shift * 1.5, 8 + rise),
        (3 + shift * 1.3, 32 + rise * 0.7),
        (16 + shift, 50),
        (36 + shift, 56),
    )
    webs = ((8, 22), (13, 40), (28, 50))
    outline = f"{x},{y - 4}! {wx + 8},{wy + 8} {wx},{wy}! {(wx + tips[0][0]) / 2},{wy - 3} "
    for i, (tx, ty) in enumerate(tips):
        outline += f"{tx},{ty}! "
        if i < 3:
            outline += f"{webs[i][0] + shift * 1.15 + 3},{webs[i][1] + rise * 0.4} "
    membrane = blob(outline + f"{x - 12},{y + 6}")
    pen.form(membrane, skin, shade=4)
    pen.fade(membrane, lift(skin, -0.16), (0.0, 0.6), 120)
    for tx, ty in tips[:3]:
        pen.fill(
            limb((wx, wy, 2.6), ((wx + tx) / 2 - 2, (wy + ty) / 2 - 2, 1.9), (tx, ty, 0.8)), bone
        )
    pen.form(
        limb((x + 2, y + 2, 10), ((x + wx) / 2 + 6, (y + wy) / 2 + 2, 6), (wx, wy, 4)),
        bone,
        shade=1.6,
    )
    pen.fill(blob(f"{wx - 2},{wy} {wx + 1},{wy - 8}! {wx + 3},{wy}"), HORN)


def _head(pen: Pen, scales: RGB, belly: RGB) -> None:
    if pen.has("fire", "breathing", "fire-breathing", "angry"):
        pen.glow(146, 30, 18, (255, 170, 60), 0.6)
        pen.emit(blob("130,26! 142,20 158,24! 150,28 160,33! 146,36 134,32"), (255, 140, 40))
        pen.emit(blob("131,27! 142,25 150,28! 142,32 134,30"), (255, 226, 120))
    for dx, tone in ((3, -0.1), (0, 0.0)):
        pen.form(
            limb((106 + dx, 10, 5), (98 + dx, 4, 4), (91 + dx, 3, 2.6), (85 + dx, 6, 1)),
            lift(HORN, tone),
            shade=1,
        )
    pen.form(
        blob("106,24 114,26 126,28 134,29! 131,33 120,34 110,32 105,28"),
        lift(belly, -0.06),
        shade=1.4,
    )
    skull = blob(
        "100,16 104,9 112,6 119,9 124,15 132,17 138,20 139,25 135,28.6! 126,27.4 116,28 106,29 "
        "101,24"
    )
    pen.form(skull, scales, shade=3)
    for x in (122, 127, 131.6):
        pen.fill(poly(f"{x - 1.4},27.6 {x + 1.4},27.6 {x},31"), (252, 246, 232))
    pen.fill(blob("110,9 117,8 121,13 114,12.4"), lift(scales, -0.12))
    pen.flat(blob("112,16! 116,12.4 120.4,16! 116,17.8"), INK)
    pen.eye(116.4, 15.2, 2.1, (248, 196, 60))
    pen.flat(oval(134.4, 20.8, 1.3, 0.9), INK)
    pen.form(blob("101,20 94,22 88,29! 97,28 103,26"), lift(scales, -0.08), shade=1)
    pen.stroke(line("137,26.6 128,26 118,27"), lift(scales, -0.2), 0.8)


SUBJECT = drawn(
    "dragon",
    "wyvern, drake, dinosaur, hydra, lizard, monster, gryphon, griffin, crocodile",
    (1, 0, 140, 100),
    _paint,
    height=4.0,
    places=("ground", "air"),
)
