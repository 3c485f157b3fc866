"""A person's head in flat planes: chin at the origin, 55 units tall, turned a little right."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.character import Character
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen
from imgen.engines.sketch.subjects.shapes import blob, limb, line, lumps, oval, poly, ring, star

_FACE = blob(
    "2,-56 14,-53.5 20.5,-44 21,-30 19.4,-17 14,-6.5 7,-0.4 2,0.6 -5,-1.6 -13,-9 -18.6,-20 "
    "-20.4,-33 -18,-46 -9,-54"
)
_BACK = {
    "bob": "-25,-8! -28.5,-30 -22,-52 -4,-63 14,-61.5 26,-48 28,-28 26,-6! 14,-1 -14,-2",
    "long": "-24,30! -33,14 -28,-8 -27.5,-36 -20,-56 -2,-64 15,-61 26,-47 28,-26 27,-4 32,16 "
    "25,32! "
    "10,27 -8,28",
    "headscarf": "-23,10! -27,-22 -24,-48 -6,-63 14,-61 26,-46 27,-22 24,12!",
}
_FRONT = {
    "short": "-21.6,-24! -24,-40 -17,-57 -2,-63.5 13,-61.5 23,-52 23.5,-40 21,-27! 19.4,-39 "
    "14,-45.5 "
    "2,-44.5 -9,-47 -15,-43 -17.6,-31!",
    "quiff": "-21.6,-25! -24.5,-42 -19,-57 -8,-62 -3,-68 12,-69 24,-62 26,-52 22,-42 21,-29! "
    "18,-41 "
    "13,-46 4,-43 -7,-48 -15,-44 -17.6,-31!",
    "bob": "-22.6,-12! -25.5,-38 -17,-58 0,-64 16,-60 25,-46 25.5,-28 23,-12! 20.4,-30 17.5,-38 "
    "4,-38.5 -12,-37 -17.5,-30!",
    "long": "-23.5,-6! -25.5,-36 -17,-58 1,-64.5 16,-60 25,-45 25.5,-22 23.5,-6! 20.6,-27 18,-40 "
    "8,-48 -1,-54 -6,-46 -16,-36 -19.4,-24!",
    "bun": "-21.6,-26! -24,-42 -16,-58 0,-63.5 15,-60.5 23.5,-48 21.4,-30! 18.5,-43 11,-49.5 1,-51 "
    "-9,-48.5 -16,-42 -18.6,-32!",
    "headscarf": "-24,-10! -26.5,-36 -18,-58 0,-64 16,-60 26,-44 26,-22 23,-6 13,4 2,8 -10,3 "
    "-18,-5! -14,-11! -5,-2 4,-0.6 13,-6.5 18.6,-18 19,-34 15,-46 4,-51 -9,-49 -17.6,-38 "
    "-18.4,-22!",
}
_FRONT["ponytail"] = _FRONT["bun"]


def hair_behind(pen: Pen, who: Character) -> None:
    """What of the hair falls behind neck and shoulders."""
    hair = lift(who.hair, -0.05)
    if who.style in _BACK:
        pen.form(blob(_BACK[who.style]), who.top if who.style == "headscarf" else hair, shade=5)
    elif who.style == "bun":
        pen.form(oval(-10, -60, 10.5, 9), who.hair, shade=3)
    elif who.style == "ponytail":
        pen.form(
            limb((-15, -56, 8), (-29, -52, 13), (-35, -30, 14), (-32, -6, 9), (-36, 8, 2)), who.hair
        )
    elif who.style == "curly":
        size = 31 if who.feminine else 25
        pen.form(lumps(0, -38, size, size * 0.97, count=15, depth=0.1), hair, shade=6)


def head(pen: Pen, who: Character) -> None:
    """Face, ear, front hair and what is worn on them."""
    if who.style not in ("long", "bob", "headscarf"):
        pen.form(oval(-20.4, -25, 3.8, 6.4), lift(who.skin, -0.03), shade=1.5)
    pen.form(_FACE, who.skin, shade=5.5, rim=0.8)
    with pen.within(_FACE):
        _planes(pen, who)
    if who.beard:
        _beard(pen, who)
    _features(pen, who)
    _front_hair(pen, who)
    if who.glasses:
        _glasses(pen)
    _hat(pen, who)


def _planes(pen: Pen, who: Character) -> None:
    shade = pen.tones(who.skin).dark
    blush = turn(who.skin, -16, 1.45)
    pen.emit(oval(-8.5, -17.5, 5.2, 3.6), pen.tones(blush).base, 0.5)
    pen.emit(oval(15, -17.5, 4.4, 3.4), pen.tones(blush).base, 0.5)
    far = (
        "6.4,-33 10.8,-17.6! 6,-14.6 5.4,-20"
        if pen.towards[0] < 0
        else "5,-33 3,-17! 6,-14.6 9,-16"
    )
    pen.emit(blob(far), shade, 0.55)
    if who.style not in ("bald",):
        pen.emit(blob("-22,-58 24,-58 22,-39 12,-43 0,-44 -12,-42 -18,-30 -22,-30"), shade, 0.45)


def _features(pen: Pen, who: Character) -> None:
    ink: RGB = (44, 30, 34)
    closed = pen.has("sleeping", "asleep", "eyes closed") or pen.look.mood == "calm"
    for x, wide, out in ((-5.6, 4.3, -1), (12.6, 3.8, 1)):
        if closed:
            pen.stroke(line(f"{x - wide},-27.5 {x},-25.4 {x + wide},-27.5"), ink, 1.2)
        else:
            _eye(pen, x, wide * out, ink, who.feminine)
        brow = line(f"{x - wide * out},-33.8 {x + out},-35.6 {x + (wide + 0.8) * out},-33.4")
        pen.stroke(brow, mix(who.hair, ink, 0.45), 1.2 if who.feminine else 1.9)
    pen.stroke(line("4,-14.6 6.6,-13.6 9.2,-14.8"), pen.tones(who.skin).deep, 0.9, 0.8)
    _mouth(pen, who, ink)


def _eye(pen: Pen, x: float, reach: float, ink: RGB, lashes: bool) -> None:
    """An almond with a lid; `reach` runs from the middle to the outer corner."""
    almond = f"{x - reach * 0.9},-26.8! {x},-30.2 {x + reach * 0.9},-27.6! {x},-25.2"
    pen.flat(blob(almond), (250, 244, 238))
    pen.flat(oval(x + 0.7, -27.7, 2.2, 2.6), ink)
    pen.emit(oval(x + 1.3, -28.6, 0.6), (255, 255, 255), 0.9)
    lid = line(f"{x - reach},-26.8 {x - reach * 0.1},-30.4 {x + reach},-27.8")
    pen.stroke(lid, ink, 1.2)
    if lashes:
        pen.stroke(f"M{x + reach:.1f},-27.8l{reach * 0.36:.1f},-1.5", ink, 0.9)


def _mouth(pen: Pen, who: Character, ink: RGB) -> None:
    lips = mix(turn(lift(who.skin, -0.1), -14, 1.5), (186, 62, 68), 0.6 if who.feminine else 0.25)
    if who.smiling:
        pen.flat(blob("-1.6,-9.8! 5.2,-8.6 12,-10! 9.4,-5.4 5,-4.4 0.6,-5.6"), (122, 42, 48))
        pen.flat(blob("-0.4,-9.4! 5.2,-8.3 10.8,-9.6! 5.2,-6.7"), (252, 246, 240))
        pen.stroke(line("-2,-9.9 5.2,-8.7 12.4,-10.2"), lips, 0.9)
    else:
        pen.flat(
            blob("-1,-9.3! 3.6,-10.2 5.4,-9.7 7.2,-10.2 11.6,-9.6! 8.6,-6 5.2,-5.4 2,-6"), lips
        )
        pen.stroke(line("-1.4,-9.5 2.6,-8.1 5.4,-8.2 8,-8.1 12,-9.9"), mix(lips, ink, 0.6), 0.8)


def _beard(pen: Pen, who: Character) -> None:
    outline = blob(
        "-20.2,-27! -17,-19 -11,-14.5 -3,-13.6 5.4,-14.4 13,-13.8 17.5,-17 20.6,-27! 21,-14 "
        "15.6,-2 "
        "8,4.4 2,5 -6,3 -14.6,-5.4 -19,-15"
    )
    pen.form(outline, lift(who.hair, 0.03), shade=4, rim=0.4)
    with pen.within(outline):
        pen.hatch((-20, -20, 20, 2), lift(who.hair, 0.1), 175, 4, count=50, width=0.6)


def _front_hair(pen: Pen, who: Character) -> None:
    if who.style == "bald":
        return
    if who.style == "curly":
        spots = [
            (-19, -38, 8),
            (-17, -48, 9),
            (-8, -55, 10),
            (4, -58, 10),
            (15, -53, 9.5),
            (21, -44, 8),
        ]
        for x, y, r in spots:
            pen.form(lumps(x, y, r, r * 0.9, count=7, depth=0.12), who.hair, shade=2.4, rim=0.6)
        return
    outline = blob(_FRONT[who.style])
    colour = who.top if who.style == "headscarf" else who.hair
    pen.form(outline, colour, shade=2.6, rim=0.9)
    with pen.within(outline):
        if who.style == "headscarf":
            pen.lines(
                ("-20,-40 -6,-58 12,-58", "-22,-28 -22,-46 -10,-60"), lift(colour, -0.1), 0.8, 0.6
            )
            return
        glossy = lift(who.hair, 0.1)
        strands = (
            "-18,-38 -14,-52 0,-60",
            "-14,-42 -8,-53 6,-60",
            "20,-38 19,-50 8,-59",
            "-21,-30 -20,-46 -8,-58",
            "23,-30 22,-48 12,-59",
        )
        pen.lines(strands[: 2 + int(pen.detail * 4)], glossy, 1.0, 0.55)


def _glasses(pen: Pen) -> None:
    dark = (46, 42, 50)
    if pen.has("sunglasses"):
        pen.flat(oval(-6, -27, 7.6, 6.6) + oval(13, -27, 6.8, 6.4), dark)
    else:
        pen.emit(oval(-6, -27, 7.2, 6.4) + oval(13, -27, 6.4, 6.2), (255, 255, 255), 0.16)
        pen.flat(ring(-6, -27, 7.8, 6.6) + ring(13, -27, 7.2, 6), dark)
    pen.stroke("M1.6,-28.4q2.2,-1.4 4.4,0M-13.6,-28.4l-6,-1", dark, 1.1)


def _hat(pen: Pen, who: Character) -> None:
    felt = mix(who.top, (70, 60, 62), 0.35)
    if who.hat == "beanie":
        pen.form(blob("-25,-41! -24,-57 -10,-69 3,-71 16,-68 26,-56 26,-41!"), who.top, shade=5)
        pen.form(
            blob("-26,-46! 0,-49.5 27,-46! 27,-37! 0,-41 -26,-37!"), lift(who.top, 0.04), shade=2
        )
        pen.ball(2, -73, 6, lift(who.top, 0.1))
    elif who.hat == "brim":
        pen.form(blob("-18,-48! -18,-64 -10,-73 1,-70.5 12,-73 20,-64 20,-48!"), felt, shade=5)
        pen.flat(poly("-18.6,-55 20.6,-55 20.6,-48 -18.6,-48"), lift(felt, -0.16))
        pen.form(
            blob("-36,-46 -16,-51 2,-50 20,-51 38,-46 22,-40.5 2,-42.5 -20,-40.5"), felt, shade=2
        )
    elif who.hat == "cap":
        pen.form(blob("-24,-41! -23,-56 -10,-66 3,-67 17,-63 24,-54 25,-43!"), who.top, shade=4)
        pen.form(blob("8,-45 26,-47 40,-42 38,-39.5 24,-41 8,-40!"), lift(who.top, -0.1), shade=1.5)
    elif who.hat == "wizard":
        pen.form(blob("-19,-48! -10,-70 0,-86 -12,-98! 10,-92 16,-70 21,-48!"), felt, shade=5)
        pen.form(
            blob("-38,-46 -16,-52 2,-51 20,-52 40,-46 22,-40.5 2,-42.5 -20,-40.5"), felt, shade=2
        )
        pen.emit(star(4, -66, 4.4, 1.8, 5), pen.tones((250, 214, 110)).light)
    elif who.hat == "crown":
        pen.form(
            poly("-21,-46 -25,-66 -12,-57 1,-72 14,-57 27,-66 23,-46"), (236, 184, 62), shade=3
        )
        for x in (-12, 1, 14):
            pen.ball(x, -50.5, 2.1, (196, 50, 70))
