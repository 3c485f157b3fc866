"""What one wears or carries: sneaker, watch, headphones, backpack, handbag, umbrella, crown."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import (
    around,
    blob,
    box,
    oval,
    poly,
    ring,
)

WHITE: RGB = (248, 246, 240)
INK: RGB = (44, 44, 52)
STEEL: RGB = (176, 182, 192)
GOLD: RGB = (236, 190, 84)
LEATHER: RGB = (140, 90, 58)


def _sneaker(pen: Pen) -> None:
    upper = pen.main((206, 62, 58), (66, 116, 170), (236, 234, 228), (86, 140, 116), (238, 168, 64))
    trim = mix(upper, WHITE, 0.82) if min(upper) < 190 else (70, 110, 150)
    pen.form(blob("40,20! 44,6 60,2 74,8 76,20!"), lift(upper, -0.16), shade=1)
    body = blob(
        "6,74! 4,50 8,24 16,14! 34,18 56,22 72,14! 84,24 98,38 118,47 142,54 158,64 162,78! 84,82"
    )
    pen.form(body, upper, shade=5)
    with pen.within(body):
        pen.form(blob("128,48 150,54 168,68 164,84 130,84 122,66"), lift(upper, 0.05), shade=2)
        pen.form(blob("-2,30 18,30 26,52 26,84 -2,84"), lift(upper, -0.05), shade=2)
        pen.fill(blob("34,78! 58,56 92,48 112,56! 90,60 66,72 56,82!"), trim)
        pen.stroke("M20,34Q40,40 58,34M126,52Q118,66 124,82", lift(upper, -0.12), 0.9)
    pen.form(blob("58,20 72,13 84,22 98,36 110,43 102,50 84,44 68,34"), lift(upper, 0.09), shade=1)
    for i in range(4):
        pen.stroke(f"M{70 + i * 9},{33 + i * 4.6}l11,-10", WHITE, 2.6)
    sole = blob("2,74! 40,78 90,80 164,76! 168,84 164,93 150,96! 12,96! 2,90")
    pen.form(sole, WHITE, shade=3)
    with pen.within(sole):
        pen.flat(box(0, 91, 170, 8), mix(upper, INK, 0.35))
        pen.stroke("M4,83Q80,90 166,83", lift(WHITE, -0.12), 1)


def _watch(pen: Pen) -> None:
    strap = pen.main(LEATHER, INK, (54, 92, 130), (190, 80, 70))
    for d in ("20,0! 42,0! 46,26 16,26", "16,74 46,74 42,100! 20,100!"):
        pen.form(blob(d), strap, shade=2.4)
    pen.stroke("M23,3V22M39,3V22M23,78V97M39,78V97", lift(strap, 0.14), 0.6, 0.9)
    pen.form(box(58, 46, 5.4, 8, 1.6), GOLD, shade=0.8)
    pen.form(oval(31, 50, 29.4), GOLD, shade=3)
    pen.form(oval(31, 50, 25.4), lift(GOLD, -0.12), shade=1)
    face = pen.pick((WHITE, (46, 58, 84), (236, 226, 204)))
    pen.form(oval(31, 50, 23.6), face, shade=2)
    ink = INK if sum(face) > 380 else WHITE
    ticks = ""
    for i in range(12):
        ticks += "M{:.1f},{:.1f}L{:.1f},{:.1f}".format(
            *around(31, 50, 21.4, i * 30), *around(31, 50, 18.4 if i % 3 else 16.4, i * 30)
        )
    pen.stroke(ticks, ink, 1.2)
    pen.flat(ring(31, 60, 5, 4.4), ink)
    pen.stroke("M31,50L{:.1f},{:.1f}".format(*around(31, 50, 11, pen.vary(280, 320))), ink, 2)
    pen.stroke("M31,50L{:.1f},{:.1f}".format(*around(31, 50, 17, pen.vary(30, 70))), ink, 1.4)
    pen.stroke(
        "M31,50L{:.1f},{:.1f}".format(*around(31, 50, 18, pen.vary(120, 240))), (206, 62, 56), 0.6
    )
    pen.fade(blob("14,40 26,30 42,30 20,60"), WHITE, (0.5, 0.0))


def _headphones(pen: Pen) -> None:
    shell = pen.main((58, 62, 72), (226, 220, 210), (204, 88, 76), (80, 130, 140))
    band = "M13,62C4,-16 96,-16 87,62"
    pen.stroke(band, lift(shell, -0.05), 9)
    pen.stroke("M13,58C6,-12 94,-12 87,58", lift(shell, 0.12), 2, 0.8)
    pen.stroke("M24,22C34,8 66,8 76,22", LEATHER, 5)
    for m in (False, True):
        with pen.moved(50, 0, mirror=m):
            pen.form(
                blob("19,52 27,48 33,56 34,74 32,92 26,99 18,96 16,74"),
                mix(INK, LEATHER, 0.4),
                shade=2,
            )
            pen.form(blob("28,46 42,48 49,60 50,75 46,90 40,98 28,99 30,74"), shell, shade=4)
            pen.stroke("M36,58Q42,74 37,90", lift(shell, 0.16), 1.2)
            pen.ball(43, 74, 3, GOLD)


def _backpack(pen: Pen) -> None:
    cloth = pen.main((66, 112, 108), (206, 104, 62), (86, 96, 140), (190, 160, 90))
    pen.stroke("M28,10C28,-3 52,-3 52,10", lift(cloth, -0.16), 4)
    for x in (2, 66):
        pen.form(box(x, 52, 13, 38, 6), lift(cloth, -0.08), shade=2)
    pen.form(
        blob("40,4 58,7 69,20 71,50 71,90 64,98 40,99.6 16,98 9,90 9,50 11,20 22,7"), cloth, shade=6
    )
    flap = blob("40,5 58,8 69,20 70,42 66,50 40,53 14,50 10,42 11,20 22,8")
    pen.form(flap, lift(cloth, 0.03), shade=3)
    pocket = blob("18,62! 40,60 62,62! 64,84 60,92 40,94 20,92 16,84")
    pen.form(pocket, lift(cloth, 0.02), shade=2)
    pen.stroke("M18,68Q40,66 62,68", lift(cloth, -0.18), 1.2)
    for x in (25, 55):
        pen.form(box(x - 3, 34, 6, 26, 1.4), LEATHER, shade=1)
        pen.flat(box(x - 3.6, 51, 7.2, 5, 1), GOLD)
    pen.stroke("M16,47Q40,50 64,47M22,88Q40,91 58,88", lift(cloth, 0.14), 0.6, 0.9)
    pen.ball(40, 78, 2.4, GOLD)


def _bag(pen: Pen) -> None:
    hide = pen.main((176, 98, 62), (64, 70, 84), (190, 70, 76), (214, 184, 140))
    pen.stroke("M34,42C30,-12 90,-12 86,42", lift(hide, -0.1), 4.6)
    pen.form(blob("12,36! 108,36! 118,70 116,99! 4,99! 2,70"), hide, shade=5)
    pen.form(blob("12,36! 108,36! 104,58 82,68 60,70 38,68 16,58"), lift(hide, 0.04), shade=3)
    pen.stroke("M16,40H104M8,94H112", lift(hide, 0.14), 0.7, 0.9)
    pen.form(box(53, 62, 14, 13, 3), GOLD, shade=1)
    for x in (34, 86):
        pen.ball(x, 41, 3, GOLD)


def _umbrella(pen: Pen) -> None:
    cloth = pen.main((206, 62, 62), (240, 180, 70), (70, 120, 170), (96, 140, 110))
    pen.stroke("M50,4V88C50,102 66,102 66,90", LEATHER, 3)
    pen.stroke("M50,1V8", STEEL, 2)
    dome = blob(
        "1,52! 8,24 28,9 50,5 72,9 92,24 99,52! 88,46 80,52! 66,46 50,52! 34,46 20,52! 10,46"
    )
    pen.form(dome, cloth, shade=4)
    with pen.within(dome):
        other = lift(turn(cloth, 12), 0.06)
        pen.fill(blob("50,4! 36,24 20,52! 34,44 50,53!"), other)
        pen.fill(blob("50,4! 74,20 99,53! 90,44 80,53! 68,24"), lift(cloth, -0.06))
        pen.stroke("M50,5Q30,20 20,52M50,5V52M50,5Q70,20 80,52", lift(cloth, -0.14), 0.7)


def _crown(pen: Pen) -> None:
    gold = pen.main(GOLD, (226, 200, 120), (214, 214, 222))
    velvet = pen.pick(((150, 40, 60), (60, 60, 130), (60, 110, 90)))
    pen.form(blob("14,78! 20,44 60,28 100,44 106,78!"), velvet, shade=4)
    band = poly("10,84 0,26 30,54 38,12 60,44 82,12 90,54 120,26 110,84")
    pen.form(band, gold, shade=3, rim=1.2)
    pen.form(blob("9,78! 60,84 111,78! 110,95! 60,100 10,95!"), lift(gold, 0.02), shade=2)
    for x, y, r in ((3, 24, 4.4), (38, 9.4, 5), (82, 9.4, 5), (117, 24, 4.4)):
        pen.ball(x if 5 < x < 115 else x + (2 if x < 60 else -2), y, r, gold)
    for x, tone in (
        (24, (70, 130, 200)),
        (42, (206, 50, 70)),
        (60, (80, 170, 120)),
        (78, (206, 50, 70)),
        (96, (70, 130, 200)),
    ):
        pen.round(oval(x, 90 - abs(x - 60) * 0.04, 4.4, 4), tone)


SUBJECTS = (
    drawn(
        "sneaker",
        "shoe, trainer, boot, running shoe, sports shoe, footwear, heel, sandal",
        (2, 2, 168, 96),
        _sneaker,
        height=0.12,
        places=("indoors", "ground"),
    ),
    drawn(
        "watch",
        "wristwatch, smartwatch, pocket watch",
        (1, 0, 64, 100),
        _watch,
        height=0.2,
        places=("indoors",),
    ),
    drawn(
        "headphones",
        "headphone, earphone, headset, earbud",
        (0, 0, 100, 100),
        _headphones,
        height=0.2,
        places=("indoors",),
    ),
    drawn(
        "backpack",
        "rucksack, schoolbag, knapsack",
        (1, 0, 80, 100),
        _backpack,
        height=0.5,
        places=("ground", "indoors"),
    ),
    drawn(
        "handbag",
        "bag, purse, tote, suitcase, briefcase, tote bag, luggage",
        (2, 1, 118, 100),
        _bag,
        height=0.35,
        places=("indoors", "ground"),
    ),
    drawn(
        "umbrella",
        "parasol, beach umbrella",
        (0, 0, 100, 100),
        _umbrella,
        height=1.0,
        places=("ground", "air"),
    ),
    drawn(
        "crown",
        "tiara, diadem, royal crown",
        (0, 3, 120, 100),
        _crown,
        height=0.2,
        places=("indoors",),
    ),
)
