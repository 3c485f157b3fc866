"""A person in full figure: a stylised, clothed, fictional adult, standing or walking."""

from __future__ import annotations

from imgen.engines.sketch.subjects.character import Character, character
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.head import hair_behind, head
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, poly

_SHOE = (62, 48, 48)


def _paint(pen: Pen) -> None:
    who = character(pen)
    scale = 0.2 if who.hat == "wizard" else 0.245
    walking = pen.chance(0.5) or pen.has("walking", "running", "hiking")
    skirt = who.garment == "dress"
    with pen.moved(20.4, 15.4, scale):
        hair_behind(pen, who)
    _arm(pen, who, -1, 4.5 if walking else pen.vary(0, 1.2))
    _legs(pen, who, 7.5 if walking else 3.4, bare=skirt)
    pen.form(limb((20, 12.5, 4.6), (20, 18.5, 5)), lift(who.skin, -0.06), shade=1)
    if skirt:
        _dress(pen, who)
    elif who.garment == "coat" or pen.has("wizard", "witch", "robe"):
        _coat(pen, who)
    else:
        _torso(pen, who)
    _arm(pen, who, 1, 4 if walking else pen.vary(0, 1.2))
    if who.scarf:
        pen.form(
            blob("14.6,15.4 20,17.4 25.6,15.4 26,18.6 20,20.6 14.4,18.6"), (204, 92, 70), shade=1
        )
        pen.form(poly("22,18 25.4,18 26.4,31 22.6,31"), (204, 92, 70), shade=0.8)
    with pen.moved(20.4, 15.4, scale):
        head(pen, who)


def _half(who: Character) -> float:
    return 7.4 if who.feminine else 9


def _arm(pen: Pen, who: Character, side: int, swing: float) -> None:
    """A sleeve with a hand; `swing` carries the hand outwards, and a little up."""
    shoulder = 20 + side * (_half(who) - 1.6)
    sleeve = lift(who.top, 0.0 if side > 0 else -0.05)
    elbow = shoulder + side * (2.2 + swing * 0.3)
    hand, low = shoulder + side * (1.6 + swing), 46.5 - swing * 0.5
    fingers = limb((hand, low, 2.8), (hand + 0.4, low + 3, 3), (hand + 0.6, low + 5, 1.8))
    pen.form(fingers, who.skin, shade=0.8, rim=0.4)
    arm = limb((shoulder, 20.4, 5.4), (elbow, 33, 4.6), (hand, low, 3.8))
    pen.form(arm, sleeve, shade=1.4, rim=0.35)


def _legs(pen: Pen, who: Character, stride: float, *, bare: bool) -> None:
    cloth = mix(who.skin, (60, 50, 60), 0.25) if bare else who.bottom
    wide = 5.4 if bare else 7.4
    for side in (-1, 1):
        own = lift(cloth, -0.06 if side < 0 else 0)
        hip, knee, foot = 20 + side * 3, 20 + side * (stride * 0.62 + 0.6), 20 + side * stride
        heel = 95.4 if side > 0 or stride < 5 else 93
        toe = foot + 4.6
        pen.form(
            blob(
                f"{foot - 2.6},{heel - 3.6} {foot + 1.6},{heel - 3.8} {toe},{heel + 1.8} "
                f"{toe + 1.2},{heel + 4.5}! {foot - 2.8},{heel + 4.5}!"
            ),
            _SHOE,
            shade=1,
        )
        leg = limb((hip, 47, wide + 1.6), (knee, 68, wide * 0.86), (foot, heel - 1, wide * 0.6))
        pen.form(leg, own, shade=2, rim=0.5)
        if not bare and pen.detail > 0.4:
            with pen.within(leg):
                pen.stroke(
                    f"M{knee - 3},69q3,1.6 5,.4M{foot - 3},88q3,1.4 5,0", lift(own, -0.1), 0.5, 0.8
                )


def _torso(pen: Pen, who: Character) -> None:
    half = _half(who)
    waist = half * (0.66 if who.feminine else 0.8)
    d = blob(
        f"20,17.4 23,16.8 {20 + half * 0.8},18.6 {20 + half},22 {20 + half * 0.9},30 "
        f"{20 + waist},38 "
        f"{20 + half * 0.84},49! 20,50 {20 - half * 0.84},49! {20 - waist},38 {20 - half * 0.9},30 "
        f"{20 - half},22 {20 - half * 0.8},18.6 17,16.8"
    )
    pen.form(d, who.top, shade=2.4, rim=0.5)
    with pen.within(d):
        if pen.has("striped", "stripes"):
            pen.stroke(
                "".join(f"M8,{y}q12,2 24,0" for y in range(22, 50, 5)), lift(who.top, 0.2), 1.4
            )
        if who.garment == "blazer":
            pen.fill(poly("16.6,16 23.8,16 20.8,34"), (246, 242, 234))
            pen.fill(poly("19.4,17.6 21.2,17.6 21.8,22 20.4,32 19,22"), (150, 56, 56))
            pen.stroke("M16.6,16L20.8,34L24,16M20.8,34V50", lift(who.top, -0.14), 0.7)
        elif who.garment == "shirt":
            pen.stroke("M20.4,18V50", lift(who.top, -0.1), 0.5)
        pen.lines(
            (f"{20 - waist},38 {17},41 {15},44", f"{20 + waist},37 23,41 21,43"),
            lift(who.top, -0.1),
            0.5,
            0.7,
        )
    if who.garment == "turtleneck":
        pen.form(blob("17,14.4! 23.2,14.4! 23.8,18 20,19 16.4,18"), lift(who.top, 0.04), shade=0.8)
    else:
        pen.stroke(
            line("16.8,16.9 18.4,19.2 20.2,19.8 22,19.2 23.4,16.9"), lift(who.top, -0.1), 0.8
        )


def _dress(pen: Pen, who: Character) -> None:
    long = pen.chance(0.5) or pen.has("gown", "long")
    hem, flare = (86.0, 13.5) if long else (68.0, 11.5)
    d = blob(
        f"20,18.6 23.6,16.9! 26.4,18.4 27.4,23 26.4,30 24.8,36.5 27.6,47 {20 + flare},{hem}! "
        f"20,{hem + 1.6} {20 - flare},{hem}! 12.4,47 15.2,36.5 13.6,30 12.6,23 13.6,18.4 16.4,16.9!"
    )
    pen.form(d, who.top, shade=3, rim=0.6)
    with pen.within(d):
        pen.flat(poly("10,35.6 30,35.6 30,37.8 10,37.8"), lift(who.top, -0.14))
        pen.lines(
            (
                f"18,40 16,56 {20 - flare * 0.5},{hem}",
                f"22,40 23,58 {20 + flare * 0.3},{hem}",
                f"24,44 27,60 {20 + flare * 0.75},{hem}",
            ),
            lift(who.top, -0.1),
            0.7,
            0.7,
        )
        if pen.detail > 0.6 and pen.chance(0.4):
            spots = "".join(
                f"M{pen.vary(9, 31):.1f},{pen.vary(40, hem):.1f}h.01" for _ in range(26)
            )
            pen.stroke(spots, lift(who.top, 0.2), 1.3)


def _coat(pen: Pen, who: Character) -> None:
    half = _half(who)
    d = blob(
        f"20,17.6 23.2,16.6 {20 + half * 0.8},18.4 {20 + half},22 {20 + half * 0.84},36 "
        f"{21 + half},52 "
        f"{22 + half},71! 20.8,72 {18 - half},71! {19 - half},52 {20 - half * 0.84},36 "
        f"{20 - half},22 "
        f"{20 - half * 0.8},18.4 16.8,16.6"
    )
    pen.form(d, who.top, shade=3, rim=0.6)
    with pen.within(d):
        pen.fill(poly("17,15 23.6,15 20.8,30"), mix(who.bottom, (240, 236, 226), 0.7))
        pen.stroke("M16.4,16L20.8,31L24.2,16M20.8,31V73", lift(who.top, -0.13), 0.8)
        pen.flat(poly("5,37.4 36,37.4 36,40 5,40"), lift(who.top, -0.12))
        pen.stroke("M14,46l3.4,1M24.4,47l3.4,-1", lift(who.top, -0.13), 0.7)
        buttons = "".join(f"M18.6,{y}h.01M23,{y}h.01" for y in (34, 44, 52))
        pen.stroke(buttons, lift(who.top, -0.2), 1.1)


SUBJECT = drawn(
    "person",
    "man, woman, adult, human, figure, traveler, traveller, hiker, girl, boy, child, kid, lady, "
    "guy, "
    "gentleman, dancer, farmer, sailor, wanderer, pedestrian, runner, worker, teacher, doctor, "
    "artist, scientist, king, queen, prince, princess, wizard, witch, knight, warrior, hero, "
    "explorer, monk, couple, friend, musician, chef, character, someone, fisherman, samurai, "
    "mother, father, businessman, businesswoman, engineer, student, nurse, pilot, cowboy",
    (5.5, -1, 35, 100),
    _paint,
    height=1.72,
    places=("ground", "indoors"),
)
