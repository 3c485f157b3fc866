"""A friendly robot of rounded boxes."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, line, oval

GLASS, STEEL = (36, 44, 62), (150, 160, 174)


def _paint(pen: Pen) -> None:
    shell = pen.main(
        (226, 232, 236), (238, 168, 68), (92, 158, 178), (206, 96, 82), (126, 170, 120)
    )
    steel = mix(shell, STEEL, 0.75)
    lamp = pen.pick(((96, 226, 240), (255, 196, 84), (140, 240, 150)))
    wave = pen.chance(0.4) or pen.has("waving")
    _legs(pen, shell, steel)
    _arm(pen, shell, steel, -1, waving=False)
    body = blob("32,45 46,45 56,48 58,58 56,70 50,76 32,77.4 14,76 8,70 6,58 8,48 18,45")
    pen.form(body, shell, shade=5)
    with pen.within(body):
        pen.flat(box(0, 68, 64, 1.1), lift(shell, -0.16))
        pen.fill(box(0, 69, 64, 12), lift(shell, -0.07))
    _chest(pen, shell, lamp)
    _arm(pen, shell, steel, 1, waving=wave)
    pen.upright(box(25, 39, 14, 7), lift(steel, -0.08))
    with pen.turned(pen.vary(-6, 6), 32, 40):
        _head(pen, shell, steel, lamp)


def _legs(pen: Pen, shell: RGB, steel: RGB) -> None:
    for x in (20, 44):
        pen.upright(box(x - 4, 74, 8, 18), lift(steel, -0.06))
        pen.stroke(f"M{x - 4},79h8M{x - 4},82.4h8", lift(steel, -0.2), 0.8)
        pen.form(oval(x, 85.6, 5.8, 4.4), shell, shade=1.4)
        pen.form(
            blob(f"{x - 9},99.6! {x - 8},92 {x},89.4 {x + 9},92 {x + 11},99.6!"), shell, shade=2.6
        )
        pen.flat(box(x - 9, 97.6, 20, 2.2, 1), lift(steel, -0.24))


def _arm(pen: Pen, shell: RGB, steel: RGB, side: int, *, waving: bool) -> None:
    x = 32 + side * 26
    hand = (x + side * 5, 30.0) if waving else (x + side * 2.5, 74.0)
    elbow = (x + side * 7, 46.0) if waving else (x + side * 5, 60.0)
    pen.form(limb((x, 52, 6), (*elbow, 5), (*hand, 5)), lift(steel, -0.04), shade=1.6)
    pen.form(
        limb((*elbow, 8.6), ((elbow[0] + hand[0]) / 2, (elbow[1] + hand[1]) / 2, 9.6), (*hand, 7)),
        shell,
        shade=2,
    )
    up = -1 if waving else 1
    for dx in (-3.4, 3.4):
        pen.form(
            limb(
                (hand[0] + dx * 0.6, hand[1] + up * 2, 4),
                (hand[0] + dx * 1.2, hand[1] + up * 6, 3.6),
                (hand[0] + dx * 0.5, hand[1] + up * 9, 2),
            ),
            steel,
            shade=0.8,
            rim=0.4,
        )
    pen.ball(x - side * 0.6, 51, 6.6, shell)


def _chest(pen: Pen, shell: RGB, lamp: RGB) -> None:
    pen.form(box(16, 51, 32, 14, 4), lift(shell, 0.04), shade=1.4)
    if pen.detail < 0.2:
        return
    pen.fill(box(19, 54, 14, 8, 2), GLASS)
    pen.stroke(line("20.4,59 23,57 25,60 28,56 31.6,58.4"), lamp, 0.9)
    for i, tone in enumerate(((236, 92, 84), (250, 200, 84), lamp)):
        pen.ball(38 + i * 4, 56, 1.5, tone)
    pen.stroke("M37,61.4h9.4M37,59.2h9.4", lift(shell, -0.18), 0.7)
    for x, y in ((11, 50), (53, 50), (11, 72.6), (53, 72.6)):
        pen.flat(oval(x, y, 0.9), lift(shell, -0.2))


def _head(pen: Pen, shell: RGB, steel: RGB, lamp: RGB) -> None:
    pen.stroke("M32,10V4.6", steel, 1.6)
    if pen.night:
        pen.glow(32, 4, 9, lamp, 0.7)
    pen.emit(oval(32, 4, 3), pen.tones(lamp).light if not pen.night else lamp)
    for x in (7.6, 56.4):
        pen.form(box(x - 3.6, 19, 7.2, 12, 3), steel, shade=1.4)
    face = blob("32,8 46,8.6 54,12 57,24 54,36 46,40.4 32,41 18,40.4 10,36 7,24 10,12 18,8.6")
    pen.form(face, shell, shade=4.6)
    visor = blob("32,14 46,14.6 51,18 52,24 50,31 45,34.4 32,35 19,34.4 14,31 12,24 13,18 18,14.6")
    pen.form(visor, GLASS, shade=2.4)
    with pen.within(visor):
        pen.fade(blob("8,8 30,8 18,40 8,40"), (255, 255, 255), (0.26, 0.04))
    for x in (23, 41):
        pen.glow(x, 23, 8, lamp, 0.75 if pen.night else 0.4)
        if pen.look.mood == "happy" or pen.has("happy", "smiling"):
            pen.emit(
                blob(
                    f"{x - 4.4},24.6 {x},19.6 {x + 4.4},24.6 {x + 2.4},25.6 {x},23 {x - 2.4},25.6"
                ),
                lamp,
            )
        else:
            pen.emit(oval(x, 23, 3.7, 4.4), lamp)
            pen.emit(oval(x - 1, 21.2, 1.2), (255, 255, 255), 0.8)
    pen.emit(blob("27.6,29.4 32,31.6 36.4,29.4 32,32.8"), lamp, 0.9)


SUBJECT = drawn(
    "robot",
    "android, droid, cyborg, automaton, bot, mech, alien",
    (-3, 1, 67, 100),
    _paint,
    height=1.5,
    places=("ground", "indoors"),
)
