"""What flies, and the train: aeroplane, rocket, balloons, kite, helicopter."""

from __future__ import annotations

from imgen.engines.sketch.subjects.cars import wheel
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, oval, poly, turned

WHITE, STEEL, GLASS, CREAM = (248, 246, 240), (190, 196, 206), (104, 150, 182), (250, 238, 210)


def _airplane(pen: Pen) -> None:
    trim = pen.main((54, 112, 176), (206, 70, 60), (236, 158, 54), (60, 140, 120))
    skin = mix(WHITE, trim, 0.05)
    pen.form(blob("96,42! 122,8! 134,8! 128,42!"), lift(skin, -0.1), shade=2)
    pen.form(blob("16,48! 2,20! 18,20 44,44!"), trim, shade=3)
    pen.form(blob("22,50! 4,38! 14,38 42,50!"), lift(skin, -0.08), shade=1)
    body = blob("6,52! 30,44 70,38 130,36 164,39 184,47 192,55 186,62 160,68 100,70 50,66 20,60")
    pen.form(body, skin, shade=6)
    with pen.within(body):
        pen.flat(blob("0,55 60,54 140,54 200,52 200,58 140,58.6 60,59 0,58"), trim)
        pen.fill(blob("160,66 200,60 200,74 60,74 60,68"), lift(skin, -0.08), 0.8)
    for x in range(50, 158, 9):
        pen.window(box(x, 45.6, 4.4, 5, 1.8), GLASS)
    pen.form(blob("166,43! 176,44 184,49! 170,50!"), GLASS, shade=1)
    pen.form(blob("120,60! 88,60! 44,98! 60,99 110,72!"), lift(skin, -0.03), shade=2.4)
    pen.form(blob("44,98! 60,99 66,93 52,91!"), trim, shade=1)
    for x, y in ((88, 74), (70, 86)):
        pen.form(
            blob(f"{x},{y} {x + 20},{y - 1.6} {x + 23},{y + 4} {x + 19},{y + 9} {x},{y + 7}"),
            trim,
            shade=1.8,
        )
        pen.flat(oval(x + 21, y + 3.8, 1.9, 4.6), (60, 64, 74))
    pen.form(blob("24,56! 8,56! -4,70! 6,71 34,60!"), lift(skin, -0.04), shade=1)


def _rocket(pen: Pen) -> None:
    trim = pen.main((214, 66, 60), (238, 150, 52), (62, 120, 190))
    skin = mix(WHITE, trim, 0.04)
    flame = pen.vary(-2, 2)
    pen.glow(30, 86, 16, (255, 190, 90), 0.6)
    pen.emit(blob(f"21,78! 39,78! 37,88 {30 + flame},100! 23,88"), (255, 138, 46))
    pen.emit(blob(f"24,78! 36,78! 34,85 {30 + flame * 0.6},93! 26,85"), (255, 222, 110))
    for m in (False, True):
        with pen.moved(30, 0, mirror=m):
            pen.form(blob("12,48! 22,60 27,74 26,88! 18,80 10,76!"), trim, shade=2.4)
    pen.upright(poly("21,74 39,74 41,80 19,80"), (96, 100, 112))
    body = turned("0,1! 9,16 14.4,36 14.6,54 11,76! 0,77", 30)
    pen.form(body, skin, shade=5)
    with pen.within(body):
        pen.fill(turned("0,-2! 14,24! 0,27", 30), trim)
        pen.flat(box(10, 60, 40, 2.4), trim)
        pen.flat(box(10, 64, 40, 1.2), lift(skin, -0.15))
        if pen.detail > 0.3:
            pen.stroke("M16,27.6q14,4 28,0M15,52q15,4 30,0M30,65v12", lift(skin, -0.16), 0.6)
    pen.form(oval(30, 40, 7.6), lift(trim, -0.06), shade=1.2)
    pen.window(oval(30, 40, 5.6), GLASS)
    pen.fade(oval(28.6, 38, 3, 2.4), (255, 255, 255), (0.8, 0.1))
    pen.form(turned("0,56! 2.2,64 2.4,82 0,90!", 30), trim, shade=1)


def _hot_air_balloon(pen: Pen) -> None:
    cloth = pen.main((214, 76, 64), (240, 162, 60), (70, 140, 180), (112, 160, 108), (160, 92, 150))
    other = pen.pick((CREAM, turn(cloth, 40), turn(lift(cloth, 0.1), -40)))
    envelope = turned("0,0 20,3 33,15 37,31 31,49 18,66 9,75! 0,76", 38)
    if pen.night:
        pen.glow(38, 52, 44, (255, 190, 100), 0.5)
    pen.form(envelope, cloth, shade=7)
    with pen.within(envelope):
        for k, tone in ((0.8, other), (0.54, cloth), (0.24, other)):
            gore = turned(
                f"0,0 {20 * k},3 {33 * k},15 {37 * k},31 {31 * k},49 {18 * k},66 {9 * k},75! 0,76",
                38,
            )
            pen.fill(gore, lift(tone, -0.03 + 0.03 * (1 - k)))
        if pen.chance(0.5):
            pen.flat(blob("-2,40 38,48 80,40 80,46 38,54 -2,46"), lift(cloth, -0.14), 0.85)
        tx = pen.towards[0]
        pen.fade(
            box(-2, 0, 80, 80), pen.tones(cloth).deep, (0.0, 0.5), 90 if tx < 0 else 270, own=True
        )
        pen.fade(oval(38 + tx * 22, 26, 12, 22), (255, 255, 255), (0.4, 0.0))
        if pen.night:
            pen.glow(38, 74, 44, (255, 206, 120), 0.9)
    pen.stroke("M29.6,75L32,88M46.4,75L44,88M35,76L35.6,88M41,76L40.4,88", (90, 70, 56), 0.6)
    pen.emit(blob("36.4,84 38,77! 39.6,84 38,86"), (255, 196, 90), 0.9)
    basket = blob("31,87! 45,87! 43.6,99.6! 32.4,99.6!")
    pen.form(basket, (164, 112, 66), shade=2)
    with pen.within(basket):
        if pen.detail > 0.25:
            pen.stroke(
                "M30,90h16M30,93h16M30,96h16M34.6,87v13M38,87v13M41.4,87v13", (118, 76, 44), 0.6
            )
    pen.stroke("M30.6,87.4H45.4", (120, 76, 48), 1.8)


def _balloon(pen: Pen) -> None:
    rubber = pen.main(
        (220, 62, 66), (70, 140, 210), (246, 190, 70), (120, 180, 110), (206, 110, 170)
    )
    sway = pen.vary(-6, 6)
    pen.stroke(
        line(f"25,62 {25 + sway},74 {25 - sway * 0.6},87 {25 + sway * 0.4},99.4"),
        (236, 230, 220),
        0.7,
    )
    pen.form(poly("25,58.5 29.4,64.6 20.6,64.6"), lift(rubber, -0.1), shade=0.8)
    body = turned("0,0.6 13,3.4 22.6,14 24.4,27 20,42 10,55 0,60.4", 25)
    pen.round(body, rubber)
    with pen.within(body):
        x, y = 25 + pen.towards[0] * 11, 27 + pen.towards[1] * 17
        with pen.turned(-38 if pen.towards[0] < 0 else 38, x, y):
            pen.fade(oval(x, y, 4, 7), (255, 255, 255), (0.85, 0.25))


def _kite(pen: Pen) -> None:
    cloth = pen.main((220, 74, 64), (66, 136, 196), (240, 176, 66))
    other = turn(lift(cloth, 0.08), pen.pick((50, -50, 90)))
    pen.stroke(line("30,64 22,76 34,86 26,99"), (236, 230, 220), 0.9)
    for x, y, tone in ((24, 75, other), (31.6, 84, cloth), (28, 94, other)):
        pen.form(poly(f"{x - 6},{y - 3} {x},{y} {x - 6},{y + 3}"), tone, shade=0.6)
        pen.form(poly(f"{x + 6},{y - 3} {x},{y} {x + 6},{y + 3}"), tone, shade=0.6)
    for d, tone in (
        ("30,0 30,28 2,28", cloth),
        ("30,0 58,28 30,28", other),
        ("2,28 30,28 30,65", other),
        ("58,28 30,65 30,28", cloth),
    ):
        pen.fill(poly(d), tone)
    pen.fade(poly("30,0 58,28 30,65"), pen.tones(cloth).deep, (0.34, 0.1), 90, own=True)
    pen.stroke("M30,0V65M2,28H58", (120, 84, 60), 0.9)


def _helicopter(pen: Pen) -> None:
    paint = pen.main((222, 84, 60), (66, 124, 170), (238, 186, 66))
    pen.stroke("M92,12V26M66,86L60,96M116,86L122,96", (70, 72, 80), 3)
    pen.form(_tail_boom(), paint, shade=3)
    pen.form(poly("8,24 18,24 26,48 12,50"), lift(paint, -0.06), shade=1)
    pen.fade(oval(12, 46, 13, 13), (220, 226, 234), (0.7, 0.3))
    body = blob("60,40 76,28 104,26 128,34 142,52 142,66 128,80 96,84 70,78 58,62")
    pen.form(body, paint, shade=6)
    glass = blob("106,32! 128,38 139,54 137,62 108,64!")
    pen.form(glass, GLASS, shade=2)
    pen.window(box(78, 40, 20, 20, 4), GLASS)
    pen.stroke("M40,97q40,4 92,0q8,-1 10,-6", (70, 72, 80), 3)
    pen.form(box(10, 8, 164, 3.4, 1.7), (80, 84, 94), shade=0.6)
    pen.form(box(86, 6, 12, 8, 3), (90, 94, 104), shade=1)


def _tail_boom() -> str:
    """The boom that carries a helicopter's tail rotor."""
    return blob("66,44! 14,42 12,50 66,66!")


def _train(pen: Pen) -> None:
    paint = pen.main((54, 96, 84), (170, 54, 50), (52, 74, 110), (60, 60, 68))
    brass = (222, 178, 92)
    puffs = ((152, 9, 8), (138, 6, 6.5), (126, 9, 5))
    for x, y, r in puffs:
        pen.fade(oval(x - pen.vary(0, 3), y, r, r * 0.75), (240, 240, 242), (0.95, 0.45))
    pen.flat(box(8, 74, 190, 8), (44, 42, 48))
    pen.form(box(6, 30, 66, 46, 2), lift(paint, -0.02), shade=4)
    pen.form(blob("0,28! 4,20 40,17 74,20 78,28!"), lift(paint, -0.18), shade=2)
    for x in (16, 42):
        pen.window(box(x, 36, 18, 18, 3), GLASS)
    pen.stroke("M10,62H68", brass, 1.4)
    boiler = box(70, 36, 112, 38, 4)
    pen.form(boiler, paint, shade=9)
    for x in (88, 118, 150):
        pen.flat(box(x, 36, 2.6, 38), brass)
    pen.form(blob("156,36! 158,22 152,14! 176,14! 170,22 172,36!"), (54, 52, 58), shade=2)
    pen.flat(box(151, 12, 26, 4, 1.6), brass)
    pen.form(blob("96,36! 98,24 106,20 114,24 116,36!"), brass, shade=2)
    pen.form(box(132, 26, 9, 10, 2), brass, shade=1)
    pen.form(box(178, 38, 10, 35, 5), (54, 52, 58), shade=2)
    pen.form(oval(186, 34, 6.6), brass, shade=1.2)
    if pen.night:
        pen.glow(188, 34, 20, (255, 230, 160), 0.9)
    pen.emit(oval(187.4, 34, 4), (255, 244, 206))
    pen.form(poly("182,76 192,76 206,99 178,99"), (170, 54, 50), shade=2)
    pen.stroke("M186,78l-4,20M189,78l4,20", (110, 36, 36), 1.2)
    for x, r in ((26, 16), (62, 16), (98, 16), (134, 10), (160, 10)):
        wheel(pen, x, 100 - r, r, hub=mix(paint, (200, 60, 50), 0.5))
    pen.stroke("M26,86H98", STEEL, 3.4)


SUBJECTS = (
    drawn(
        "airplane",
        "aeroplane, plane, aircraft, jet, airliner, biplane, jumbo jet, glider",
        (-4, 7, 193, 100),
        _airplane,
        height=12.0,
        places=("sky", "air"),
    ),
    drawn(
        "rocket",
        "spaceship, spacecraft, space shuttle, starship, missile, rocket ship, shuttle",
        (3, 0, 57, 100),
        _rocket,
        height=40.0,
        places=("ground", "sky"),
    ),
    drawn(
        "hot-air-balloon",
        "airship, zeppelin, blimp, air balloon",
        (0, 0, 76, 100),
        _hot_air_balloon,
        height=22.0,
        places=("sky", "air"),
    ),
    drawn(
        "balloon",
        "party balloon, helium balloon",
        (0, 0, 50, 100),
        _balloon,
        height=0.9,
        places=("air", "sky", "indoors"),
    ),
    drawn("kite", "paper kite", (1, 0, 59, 100), _kite, height=1.2, places=("sky", "air")),
    drawn(
        "helicopter",
        "chopper, drone",
        (-2, 5, 175, 100),
        _helicopter,
        height=4.0,
        places=("sky", "air"),
    ),
    drawn(
        "train",
        "locomotive, steam train, steam engine, railway, tram train, subway",
        (0, 0, 206, 100),
        _train,
        height=4.2,
    ),
)
