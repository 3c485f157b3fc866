"""A small sailing boat."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, oval, poly

CREAM, WOOD, DARK = (248, 240, 224), (150, 100, 62), (70, 48, 40)


def _paint(pen: Pen) -> None:
    hull = pen.main((196, 62, 54), (44, 92, 142), (240, 234, 220), (52, 120, 110), (226, 160, 60))
    sails = mix(hull, CREAM, 0.86)
    full = pen.vary(0, 4)
    pen.upright(box(43.6, 3, 1.8, 76), WOOD)
    main = blob(f"42.6,7! {30 - full},38 12,69.5! 27,71.5 42.6,70!")
    jib = blob(f"46.6,11! {61 + full},38 76,67! 62,70 46.6,68!")
    for sail in (main, jib):
        pen.form(sail, sails, shade=6, rim=0.8)
    with pen.within(main):
        if pen.chance(0.6):
            pen.fill(poly("0,46 50,46 50,54 0,54"), hull, 0.9)
        pen.lines(("28,30 43,29", "20,44 43,42", "14,58 43,56"), lift(sails, -0.12), 0.5, 0.7)
    with pen.within(jib):
        pen.lines(("46,34 62,33", "46,50 72,49"), lift(sails, -0.12), 0.5, 0.7)
    pen.flat(poly("45.4,0 55,3.2 45.4,6.4"), hull)
    pen.stroke("M12,71.5L44,72.6", WOOD, 1.5)
    _hull(pen, hull)


def _hull(pen: Pen, hull: RGB) -> None:
    cabin = blob("28,70! 52,70! 56,80! 24,80!")
    pen.form(cabin, CREAM, shade=2)
    for x in (33, 40, 47):
        pen.window(oval(x, 75.2, 2.1))
    side = blob("2,78! 40,81 88,75! 84,88 74,98 66,100! 16,100! 9,94 5,86")
    pen.form(side, hull, shade=5)
    with pen.within(side):
        pen.flat(blob("0,96 40,94.5 90,93 90,102 0,102"), lift(hull, -0.22), 0.8)
        if pen.detail > 0.45:
            pen.lines(("3,84 42,86.5 86,81", "5,89 44,91.5 82,87"), lift(hull, -0.12), 0.5, 0.8)
    pen.stroke(line("2,78 40,81 88,75"), lift(CREAM, -0.04), 1.8)
    pen.stroke("M45,4L85,75M44,4L6,78", DARK, 0.3, 0.7)


SUBJECT = drawn(
    "boat",
    "sailboat, sailing boat, yacht, dinghy, sloop, sailing yacht, catamaran",
    (2, 1, 88, 100),
    _paint,
    height=9.0,
    places=("water",),
)
