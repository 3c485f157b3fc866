"""More animals on land: rabbit, bears, elephant, big cats, mouse, hedgehog, monkey, frog."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, line, lumps, oval, star

WHITE, PINK, INK, IVORY = (250, 246, 238), (238, 160, 160), (36, 30, 34), (244, 234, 212)


def _rabbit(pen: Pen) -> None:
    coat = pen.main((176, 148, 122), (238, 232, 226), (122, 112, 112), (214, 180, 140))
    pale = mix(coat, WHITE, 0.7)
    pen.form(lumps(13, 84, 9, 8, count=8, depth=0.15), WHITE, shade=2)
    droop = pen.chance(0.25)
    for x, tip, tone in ((54, 50, -0.06), (62, 66, 0.0)):
        if droop and tone:
            ear = blob(f"{x - 3},34 {x - 14},36 {x - 20},52 {x - 14},62 {x - 7},54 {x},42")
        else:
            ear = blob(f"{x - 4},34 {tip - 7},14 {tip - 1},0 {tip + 5},6 {tip + 5},22 {x + 5},36")
        pen.form(ear, lift(coat, tone), shade=2)
        if not (droop and tone):
            pen.fill(blob(f"{x - 1},30 {tip - 3},14 {tip},4 {tip + 2.6},14 {x + 2},30"), PINK, 0.75)
    body = blob("50,52 36,54 22,64 14,80 20,94 40,98 64,97 72,84 72,66 64,54")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        pen.fill(blob("66,56 60,70 64,92 80,92 80,56"), pale)
        pen.hatch((22, 60, 60, 90), lift(coat, 0.08), 210, 4, count=60)
    pen.form(blob("40,68 28,74 24,88 34,96.5 48,97 54,86 50,74"), coat, shade=3, rim=0.5)
    pen.form(blob("34,96 44,92.5 56,93 61,97 58,100! 34,100!"), coat, shade=1)
    pen.form(limb((67, 70, 9), (70, 84, 7), (70, 95, 6)), coat, shade=2, rim=0.5)
    pen.form(blob("66,95 72,93 78,97! 78,100! 65,100!"), pale, shade=1)
    head = blob("46,44 50,34 60,30 70,32 78,38 83,46 81,54 72,60 60,60 50,56")
    pen.form(head, coat, shade=3)
    with pen.within(head):
        pen.fill(blob("70,50 80,44 88,50 82,60 70,61"), pale)
    pen.flat(blob("80.4,45.6! 84,46.4 82.4,49.4"), PINK)
    pen.stroke(line("82,49.4 80,53 76,53"), lift(coat, -0.2), 0.9)
    pen.eye(68.6, 42.6, 3)
    pen.stroke("M78,50l8,-2M78,51.6l8,1.4", lift(coat, 0.15), 0.4, 0.8)


def _bear(pen: Pen, coat: RGB, dark: RGB, *, panda: bool = False) -> None:
    """A bear that sits, facing us."""
    limbs = dark if panda else coat
    for x, s in ((17, 1), (63, -1)):
        pen.form(oval(x, 92, 12, 8), lift(limbs, -0.03), shade=2)
        pen.form(
            oval(x - s * 3, 92.4, 6, 5.6), mix(coat, (90, 70, 66), 0.7) if panda else dark, shade=1
        )
    body = blob("40,42 56,46 68,60 70,80 60,95 40,99 20,95 10,80 12,60 24,46")
    pen.form(body, coat, shade=6)
    if not panda:
        pen.fill(
            blob("40,56 52,60 57,74 52,88 40,93 28,88 23,74 28,60"), mix(coat, IVORY, 0.35), 0.85
        )
    with pen.within(body):
        pen.hatch((16, 50, 64, 92), lift(coat, 0.08), 180, 4, count=70)
    for m in (False, True):
        with pen.moved(40, 0, mirror=m):
            pen.form(limb((19, 54, 15), (27, 66, 14), (22, 80, 12)), limbs, shade=2.6, rim=0.5)
    for x in (16, 64):
        pen.form(oval(x, 12, 10), limbs, shade=2)
        pen.fill(oval(x, 12.8, 5.6), mix(limbs, PINK, 0.35))
    head = blob("40,4 56,7 66,18 68,32 60,44 48,49 40,50 32,49 20,44 12,32 14,18 24,7")
    pen.form(head, coat, shade=5)
    with pen.within(head):
        pen.hatch((16, 8, 64, 22), lift(coat, 0.08), 0, 3, count=40)
    pen.form(oval(40, 37, 13, 9.6), mix(coat, IVORY, 0.75 if panda else 0.55), shade=2)
    for x, a in ((27, -1), (53, 1)):
        if panda:
            pen.fill(
                blob(
                    f"{x - 5 + a},22 {x + 4 + a},20 {x + 7 - a},28 {x + 3},36 {x - 5},35 "
                    f"{x - 7 - a},29"
                ),
                dark,
            )
        if pen.has("sleeping", "asleep"):
            pen.stroke(line(f"{x - 3},27 {x},29 {x + 3},27"), INK, 1.2)
        else:
            pen.eye(x, 27, 2.9)
    pen.round(oval(40, 32.4, 5, 3.6), INK)
    pen.stroke("M40,36v3M40,39q-3,3.6 -6.4,1.2M40,39q3,3.6 6.4,1.2", INK, 1.1)


def _brown_bear(pen: Pen) -> None:
    coat = pen.main((134, 90, 58), (102, 72, 56), (240, 236, 228), (160, 112, 72))
    _bear(pen, coat, lift(coat, -0.13))


def _panda(pen: Pen) -> None:
    _bear(pen, pen.main((246, 244, 238)), (46, 44, 52), panda=True)


def _elephant(pen: Pen) -> None:
    skin = pen.main((134, 142, 156), (150, 146, 150), (120, 132, 146))
    far = lift(skin, -0.08)
    for x in (46, 84):
        pen.form(limb((x, 64, 18), (x, 84, 15), (x, 93, 15)), far, shade=3)
    pen.stroke(line("14,42 7,52 8,66 6,72"), lift(skin, -0.05), 2)
    body = blob("10,54 14,32 34,18 60,14 84,18 96,34 96,56 84,70 58,76 30,74 14,70")
    pen.form(body, skin, shade=7)
    with pen.within(body):
        pen.hatch((20, 24, 80, 66), lift(skin, -0.07), 90, 4, count=24)
    for x in (28, 72):
        leg = blob(f"{x - 11},60 {x + 11},60 {x + 9},80 {x + 10},100! {x - 10},100! {x - 9},80")
        pen.form(leg, skin, shade=3.4, rim=0.5)
        pen.fill("".join(oval(x + dx, 98, 2.2, 1.8) for dx in (-5, 0, 5)), IVORY)
    raised = pen.chance(0.4)
    trunk = (
        ((112, 36, 17), (124, 44, 12), (134, 34, 9), (134, 18, 7), (128, 8, 5))
        if raised
        else ((112, 38, 18), (120, 56, 12), (121, 74, 9), (124, 88, 7), (132, 91, 5))
    )
    pen.form(limb((106, 50, 4.6), (116, 60, 3.6), (128, 58, 1.4)), IVORY, shade=1)
    pen.form(limb(*trunk), skin, shade=3)
    head = blob("86,26 94,14 108,12 119,20 122,34 118,46 106,52 92,48 84,38")
    pen.form(head, skin, shade=4)
    if pen.detail > 0.3:
        low = tuple(
            f"{x - 4},{y} {x},{y + 1.6} {x + 4},{y}"
            for x, y in ((119, 56), (121, 63), (121.5, 70), (122, 77))
        )
        pen.lines(
            ("114,44 120,45 125,43", *(low if not raised else ())), lift(skin, -0.12), 0.9, 0.7
        )
    ear = blob("96,20 86,8 70,10 62,24 66,42 76,54 88,52 94,42 98,30")
    pen.form(ear, lift(skin, 0.03), shade=4)
    pen.fill(blob("90,22 80,15 71,20 69,34 78,46 88,42"), mix(skin, PINK, 0.45), 0.7)
    pen.eye(109, 29, 2.2)


def _big_cat(pen: Pen, coat: RGB, *, mane: RGB | None = None, stripes: bool = False) -> None:
    """A lion or a tiger that sits in profile, its face to us."""
    ink = mix(coat, (44, 30, 30), 0.8)
    pale = mix(coat, WHITE, 0.7)
    tail = limb((22, 92, 6), (8, 92, 5), (1, 80, 4.6), (7, 70, 4))
    pen.form(tail, coat, shade=1.5)
    pen.form(blob("3,73 6,62 13,60! 13,68 9,74"), mane or ink, shade=1)
    body = blob("46,34 30,48 20,68 18,88 28,98 50,99.5 76,99 82,86 82,60 76,40 60,32")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        pen.fill(blob("66,44 58,60 62,84 78,84 86,60"), pale)
        pen.hatch((24, 50, 60, 90), lift(coat, 0.08), 205, 4, count=50)
        if stripes:
            pen.lines(
                (
                    "30,52 40,58 44,66",
                    "24,62 34,68 39,77",
                    "20,74 30,78 36,88",
                    "38,43 46,48 50,56",
                ),
                ink,
                3,
            )
    pen.form(blob("46,68 32,74 26,88 34,98 54,99.6 60,90 56,76"), coat, shade=3, rim=0.5)
    for x in (68, 78):
        pen.form(limb((x, 58, 13), (x + 1, 78, 10), (x + 1, 95, 9.6)), coat, shade=2.6, rim=0.5)
        pen.form(oval(x + 3, 96.6, 7.4, 3.7), coat, shade=1)
    _big_cat_head(pen, coat, mane=mane, stripes=stripes)


def _big_cat_head(pen: Pen, coat: RGB, *, mane: RGB | None, stripes: bool) -> None:
    ink = mix(coat, (44, 30, 30), 0.8)
    pale = mix(coat, WHITE, 0.7)
    if mane:
        pen.form(star(62, 31, 33, 28, 17, turn=8), lift(mane, -0.05), shade=5)
        pen.form(lumps(62, 30, 27, 26, count=17, depth=0.1), mane, shade=4)
    for x in (46, 78):
        pen.form(oval(x, 15, 7), coat, shade=1.6)
        pen.fill(oval(x, 15.6, 3.8), mix(coat, ink, 0.5))
    head = blob("62,10 74,13 82,24 82,36 75,47 62,52 49,47 42,36 42,24 50,13")
    pen.form(head, coat, shade=4)
    with pen.within(head):
        if stripes:
            pen.lines(
                (
                    "62,9 62,18",
                    "56,10 57,17",
                    "68,10 67,17",
                    "40,28 48,29",
                    "40,35 48,34",
                    "84,28 76,29",
                    "84,35 76,34",
                ),
                ink,
                2.4,
            )
            pen.fill(oval(50, 42, 10, 8) + oval(74, 42, 10, 8), pale, 0.9)
    pen.fill(blob("62,33 69,36 72,42 67,48 62,49 57,48 52,42 55,36"), pale)
    for eye_x in (52.6, 71.4):
        pen.eye(eye_x, 28.6, 2.8, (214, 164, 60))
    pen.fill(blob("57.6,34.6 66.4,34.6 62,39.6"), (120, 66, 60))
    pen.stroke("M62,39.4v2.2M62,41.6q-3,3.4 -6,1.2M62,41.6q3,3.4 6,1.2", INK, 1)


def _lion(pen: Pen) -> None:
    coat = pen.main((222, 168, 92), (208, 150, 80))
    _big_cat(pen, coat, mane=mix(coat, (120, 62, 34), 0.68))


def _tiger(pen: Pen) -> None:
    _big_cat(pen, pen.main((230, 140, 56), (222, 128, 48), (244, 238, 228)), stripes=True)


def _mouse(pen: Pen) -> None:
    coat = pen.main((164, 158, 162), (190, 156, 126), (236, 230, 226))
    pen.stroke(line("22,92 8,96 0,86 4,72 14,68"), PINK, 2.6)
    pen.form(blob("18,80 26,58 46,46 66,48 80,62 82,82 70,97 40,99 24,95"), coat, shade=5)
    pen.form(oval(56, 26, 19), lift(coat, -0.06), shade=3)
    pen.fill(oval(57, 27, 12.5), PINK, 0.8)
    pen.form(blob("58,44 70,34 86,38 98,50 106,59 102,66 86,70 70,68 60,58"), coat, shade=4)
    pen.form(oval(80, 24, 17), coat, shade=3)
    pen.fill(oval(81, 25, 11), PINK, 0.8)
    pen.ball(105, 60, 3.2, (226, 120, 124))
    pen.eye(89, 50, 3.4)
    for x in (48, 74):
        pen.form(oval(x, 97, 8, 3.4), PINK, shade=1)


def _hedgehog(pen: Pen) -> None:
    spines = pen.main((128, 96, 74), (108, 86, 76))
    face = mix(spines, (240, 212, 174), 0.78)
    for x in (46, 84):
        pen.form(oval(x, 94, 7, 5.4), lift(face, -0.08), shade=1)
    pen.form(blob("92,50 104,56 118,66 128,73 124,81 108,88 84,92 60,92 70,60"), face, shade=4)
    with pen.within(box(-4, 0, 100, 97)):
        pen.form(star(56, 62, 58, 44, 25, turn=4), lift(spines, -0.1), shade=0)
    pen.round(oval(56, 60, 46, 42), spines)
    pen.hatch((16, 26, 90, 88), lift(spines, 0.14), 300, 8, count=120, width=1.1, alpha=0.8)
    pen.round(oval(126, 74, 4.2, 3.6), INK)
    pen.eye(109, 69, 3)


def _frog(pen: Pen) -> None:
    skin = pen.main((104, 166, 72), (74, 150, 104), (150, 176, 66))
    pale = mix(skin, (250, 246, 200), 0.6)
    for m in (False, True):
        with pen.moved(60, 0, mirror=m):
            pen.form(blob("20,58 44,50 58,62 54,84 38,94 22,90"), lift(skin, -0.05), shade=4)
            pen.form(blob("30,92 48,88 62,92 60,100! 30,100!"), lift(skin, -0.08), shade=1.4)
    pen.form(blob("60,30 82,36 90,58 84,84 60,96 36,84 30,58 38,36"), skin, shade=6)
    pen.fill(blob("60,54 76,58 80,76 60,92 40,76 44,58"), pale)
    for m in (False, True):
        with pen.moved(60, 0, mirror=m):
            pen.form(limb((20, 66, 10), (18, 84, 8), (16, 96, 8)), skin, shade=2)
            pen.form(oval(18, 97, 9, 3.4), skin, shade=1)
            pen.form(oval(21, 16, 13.5), skin, shade=3)
            pen.flat(oval(22, 15, 9), (250, 246, 220))
            pen.flat(oval(22, 15.4, 5), INK)
            pen.emit(oval(19.8, 13, 1.8), (255, 255, 255))
    pen.form(blob("60,18 84,24 96,36 90,52 60,58 30,52 24,36 36,24"), skin, shade=4, rim=0.6)
    pen.stroke(line("32,40 46,48 60,50 74,48 88,40"), lift(skin, -0.22), 1.6)


def _monkey(pen: Pen) -> None:
    coat = pen.main((122, 82, 56), (96, 70, 58))
    face = mix(coat, (246, 206, 164), 0.8)
    pen.stroke(line("18,88 2,84 -2,66 6,56 14,62"), coat, 4.4)
    pen.form(blob("40,44 56,50 62,70 58,90 40,97 22,90 18,70 24,50"), coat, shade=5)
    pen.fill(blob("40,56 50,62 52,78 40,90 28,78 30,62"), face, 0.9)
    for m in (False, True):
        with pen.moved(40, 0, mirror=m):
            pen.form(limb((16, 54, 9), (27, 68, 8), (20, 84, 7)), coat, shade=2)
            pen.form(blob("4,90 18,88 30,93 30,100! 6,100!"), face, shade=1.4)
            pen.form(oval(28, 24, 9), coat, shade=1.6)
            pen.fill(oval(28, 24.4, 5.6), face)
    pen.form(blob("40,1 56,5 65,18 63,34 53,46 40,49 27,46 17,34 15,18 24,5"), coat, shade=4)
    pen.fill(
        blob("40,18 47,12 57,15 58,26 54,31 57,38 48,45 40,46 32,45 23,38 26,31 22,26 23,15 33,12"),
        face,
    )
    for x in (32, 48):
        pen.eye(x, 23.6, 2.8)
    pen.flat(oval(38, 32, 1, 0.8) + oval(42, 32, 1, 0.8), INK)
    pen.stroke(line("31,38 40,41.6 49,38"), INK, 1.2)


SUBJECTS = (
    drawn(
        "rabbit",
        "bunny, hare, easter bunny",
        (3, 0, 86, 100),
        _rabbit,
        height=0.35,
        places=("ground", "indoors"),
    ),
    drawn(
        "bear",
        "grizzly, brown bear, polar bear, teddy, teddy bear, bear cub",
        (5, 2, 75, 100),
        _brown_bear,
        height=1.6,
    ),
    drawn("panda", "panda bear, giant panda", (5, 2, 75, 100), _panda, height=1.4),
    drawn("elephant", "mammoth, african elephant", (4, 2, 136, 100), _elephant, height=3.0),
    drawn("lion", "lioness, lion cub", (1, -2, 95, 100), _lion, height=1.2),
    drawn(
        "tiger",
        "leopard, cheetah, jaguar, panther, puma, lynx, bengal tiger",
        (1, 8, 90, 100),
        _tiger,
        height=1.1,
    ),
    drawn(
        "mouse",
        "rat, hamster, guinea pig, gerbil, squirrel",
        (-1, 7, 108, 100),
        _mouse,
        height=0.1,
        places=("ground", "indoors"),
    ),
    drawn("hedgehog", "porcupine", (-2, 4, 130, 100), _hedgehog, height=0.2),
    drawn(
        "frog", "toad, tree frog", (-2, 2, 122, 100), _frog, height=0.1, places=("ground", "water")
    ),
    drawn(
        "monkey",
        "ape, gorilla, chimpanzee, lemur, orangutan",
        (-5, 0, 78, 100),
        _monkey,
        height=0.8,
    ),
)
