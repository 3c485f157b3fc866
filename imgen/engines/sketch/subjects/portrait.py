"""A portrait: head and shoulders of a fictional adult, in the flat planes of a poster."""

from __future__ import annotations

from imgen.engines.sketch.subjects.character import Character, character
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.head import hair_behind, head
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, poly


def _paint(pen: Pen) -> None:
    who = character(pen)
    lean = pen.vary(-4, 4)
    scale = {"wizard": 0.78, "": 1.0}.get(who.hat, 0.9)
    with pen.within(box(0, -12, 86, 123)), pen.moved(43, 111 - 43 * scale, scale):
        with pen.turned(lean, 0, 6):
            hair_behind(pen, who)
        _neck(pen, who)
        _bust(pen, who)
        if who.scarf:
            _scarf(pen, who)
        with pen.turned(lean, 0, 6):
            head(pen, who)


def _neck(pen: Pen, who: Character) -> None:
    wide = 8.5 if who.feminine else 11
    neck = blob(f"{-wide},-14! {wide},-14! {wide},6 {wide + 5},16! 0,24 {-wide - 5},16! {-wide},6")
    pen.form(neck, who.skin, shade=4)
    with pen.within(neck):
        pen.emit(blob("-20,-16 20,-16 18,-2 6,6 0,6 -9,2"), pen.tones(who.skin).dark, 0.85)


def _bust(pen: Pen, who: Character) -> None:
    wide = 33 if who.feminine else 39
    shoulders = blob(
        f"0,17 11,11.5! {wide * 0.52},15.5 {wide * 0.86},20 {wide},28 {wide + 4},64! "
        f"{-wide - 4},64! {-wide},28 {-wide * 0.86},20 {-wide * 0.52},15.5 -11,11.5!"
    )
    pen.form(shoulders, who.top, shade=6, rim=1)
    fold = lift(who.top, -0.1)
    with pen.within(shoulders):
        pen.lines(
            (
                f"{-wide * 0.7},44 {-wide * 0.62},34 {-wide * 0.66},28",
                f"{wide * 0.7},44 {wide * 0.6},34 {wide * 0.64},28",
            ),
            fold,
            0.9,
            0.8,
        )
        if pen.has("striped", "stripes"):
            pen.stroke(
                "".join(f"M-50,{y}q50,6 100,0" for y in (22, 29, 36)), lift(who.top, 0.2), 2.4
            )
    collar = lift(who.top, -0.06)
    if who.garment == "turtleneck":
        pen.form(
            blob("-12.5,6! -6,8.6 0,9.2 6,8.6 12.5,6! 15,16 8,20 0,21 -8,20 -15,16"),
            lift(who.top, 0.03),
        )
        pen.lines(("-11,13 0,15.6 11,13",), collar, 0.6, 0.7)
    elif who.garment in ("blazer", "coat"):
        _lapels(pen, who)
    elif who.garment == "shirt":
        pen.fill(poly("-7,13 7,13 0,25"), who.skin)
        pen.form(poly("-12,10 -1,24 -9,32 -17,14"), lift(who.top, 0.06), shade=1.5)
        pen.form(poly("12,10 1,24 9,32 17,14"), lift(who.top, 0.06), shade=1.5)
        pen.stroke("M0,25V43", collar, 0.8)
    else:
        pen.stroke(line("-11.6,12 -7,18 0,20.4 7,18 11.6,12"), collar, 2)


def _lapels(pen: Pen, who: Character) -> None:
    linen = mix((246, 242, 234), who.top, 0.08)
    pen.fill(poly("-11,11 11,11 4,43 -2,43"), linen)
    if who.garment == "blazer" and not who.feminine:
        pen.form(
            poly("-2.6,17 2.6,17 4,24 5,43 -3,43 -3.4,24"),
            mix(who.top, (150, 50, 50), 0.6),
            shade=1,
        )
    pen.form(poly("-11,10 -1,22 -6,26 -13,18"), linen, shade=1)
    pen.form(poly("11,10 1,22 6,26 13,18"), linen, shade=1)
    lapel = lift(who.top, 0.05)
    pen.form(poly("-12,10 -18,14 -22,27 -16,28 -18,32 -1,44 -2,43"), lapel, shade=2)
    pen.form(poly("12,10 18,14 22,27 16,28 18,32 2,44 4,43"), lapel, shade=2)


def _scarf(pen: Pen, who: Character) -> None:
    wool = mix(who.hair, (206, 92, 70), 0.8)
    pen.form(poly("4,16 18,16 20,43 7,43"), lift(wool, -0.04), shade=2)
    pen.form(blob("-17,6 -8,11 0,12 8,11 17,6 20,13 12,22 0,24 -12,22 -20,13"), wool, shade=3)
    pen.lines(("-14,12 0,17 14,12", "-12,17 0,21 11,17"), lift(wool, -0.1), 0.8, 0.7)


SUBJECT = drawn(
    "portrait",
    "face, bust, headshot, selfie, profile",
    (3, 0, 83, 111),
    _paint,
    height=0.7,
    places=("indoors", "ground"),
)
