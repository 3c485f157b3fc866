"""An astronaut in a white suit with a mirrored visor."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, line, oval

STEEL: RGB = (150, 158, 172)


def _paint(pen: Pen) -> None:
    suit = pen.main((240, 240, 238), (236, 238, 242))
    trim = pen.pick(((226, 110, 60), (60, 120, 180), (206, 70, 66)))
    wave = pen.chance(0.5) or pen.has("waving")
    pen.form(box(9, 34, 46, 34, 6), lift(mix(suit, STEEL, 0.5), -0.06), shade=3)
    for x, side in ((23, -1), (41, 1)):
        _leg(pen, suit, trim, x, side)
    _arm(pen, suit, trim, -1, raised=False)
    torso = blob("32,36 44,37 51,42 52,54 49,66 44,71 32,72.4 20,71 15,66 12,54 13,42 20,37")
    pen.form(torso, suit, shade=5, rim=1)
    with pen.within(torso):
        pen.flat(box(8, 63.4, 50, 3), lift(suit, -0.14))
        pen.stroke(line("20,38 18,52 20,64") + line("44,38 46,52 44,64"), lift(suit, -0.1), 0.8)
    _chest(pen, suit, trim)
    _arm(pen, suit, trim, 1, raised=wave)
    with pen.turned(pen.vary(-5, 5), 32, 36):
        _helmet(pen, suit, trim)


def _leg(pen: Pen, suit: RGB, trim: RGB, x: float, side: int) -> None:
    foot = x + side * 2
    leg = limb((x, 66, 16), (foot, 80, 14.5), (foot, 92, 13))
    pen.form(leg, suit, shade=3.4, rim=0.5)
    with pen.within(leg):
        pen.flat(box(foot - 10, 84, 20, 2.4), trim)
        pen.stroke(line(f"{foot - 8},76 {foot},78 {foot + 8},76"), lift(suit, -0.12), 0.9)
    boot = blob(f"{foot - 8},90! {foot + 6},90! {foot + 9},94 {foot + 10},99.6! {foot - 8.6},99.6!")
    pen.form(boot, lift(mix(suit, STEEL, 0.35), -0.03), shade=2)
    pen.flat(box(foot - 8.6, 97.6, 18.6, 2), lift(STEEL, -0.2))


def _arm(pen: Pen, suit: RGB, trim: RGB, side: int, *, raised: bool) -> None:
    x = 32 + side * 17
    elbow = (x + side * 8, 50.0) if raised else (x + side * 6, 56.0)
    hand = (x + side * 9, 36.0) if raised else (x + side * 6, 67.0)
    arm = limb((x, 44, 14), (*elbow, 12.5), (*hand, 10.5))
    middle = ((elbow[0] + hand[0]) / 2, (elbow[1] + hand[1]) / 2)
    up = -1 if raised else 1
    pen.form(arm, suit, shade=3, rim=0.6)
    with pen.within(arm):
        pen.flat(box(middle[0] - 9, middle[1] - 1.4, 18, 2.4), trim)
    glove = blob(
        f"{hand[0] - 5.4},{hand[1]} {hand[0] + 5.4},{hand[1]} {hand[0] + 5.6},{hand[1] + up * 6} "
        f"{hand[0]},{hand[1] + up * 9.6} {hand[0] - 5.6},{hand[1] + up * 6}"
    )
    pen.form(glove, mix(suit, STEEL, 0.55), shade=1.6)


def _chest(pen: Pen, suit: RGB, trim: RGB) -> None:
    pen.form(box(22, 47, 20, 13, 2.4), lift(mix(suit, STEEL, 0.4), -0.02), shade=1.4)
    if pen.detail < 0.2:
        return
    pen.flat(box(24, 49.4, 8, 4, 0.8), (60, 84, 110))
    for i, tone in enumerate((trim, (240, 200, 90), (110, 190, 130))):
        pen.ball(35.4 + i * 2.6, 51.4, 1, tone)
    pen.stroke("M24.6,56.6h14.8", lift(suit, -0.2), 0.9)
    pen.form(box(15.6, 43, 5.4, 3.6, 0.5), trim, shade=0.5, rim=0.2)


def _helmet(pen: Pen, suit: RGB, trim: RGB) -> None:
    pen.form(oval(32, 20, 19.4, 18.8), suit, shade=4.4, rim=1.1)
    for x in (12.4, 51.6):
        pen.form(box(x - 2.6, 14, 5.2, 12, 2.2), mix(suit, trim, 0.8), shade=1)
    visor = blob("33,8 43,9.6 48,16 48,24 43,30.6 33,32 23,30.6 18,24 18,16 23,9.6")
    pen.form(visor, STEEL, shade=1.4)
    glass = blob(
        "33,10 41.6,11.4 46,16.6 46,23.6 41.6,28.8 33,30 24.4,28.8 20,23.6 20,16.6 24.4,11.4"
    )
    pen.form(glass, (44, 56, 92), shade=2.4)
    with pen.within(glass):
        pen.fade(glass, (236, 170, 90), (0.0, 0.75))
        pen.fade(blob("20,24 30,21 40,23 48,21 48,32 20,32"), (90, 70, 90), (0.5, 0.8))
        pen.fade(blob("22,18 25,12.6 32,11 36,12 29,15 25,21"), (255, 255, 255), (0.85, 0.15))
        if pen.detail > 0.3:
            pen.emit(
                oval(41, 15, 0.8) + oval(38, 18, 0.5) + oval(43, 19, 0.5), (255, 255, 255), 0.9
            )
    pen.stroke("M45,4.6l3.4,-4", STEEL, 1)


SUBJECT = drawn(
    "astronaut",
    "spaceman, spacewoman, cosmonaut, space explorer, moonwalker",
    (2, 0, 62, 100),
    _paint,
    height=1.9,
    places=("ground", "air"),
)
