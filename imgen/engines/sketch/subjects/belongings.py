"""Things that one owns and wears: shoe, watch, headphones, backpack, camera, umbrella, crown, key."""

from __future__ import annotations

from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import WINDOW, Pen, drawn
from imgen.engines.sketch.subjects.shapes import (
    around,
    blob,
    box,
    limb,
    line,
    oval,
    poly,
    ring,
    star,
)

WHITE, INK, STEEL, GOLD, LEATHER = (
    (248, 246, 240),
    (44, 44, 52),
    (176, 182, 192),
    (236, 190, 84),
    (140, 90, 58),
)


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


def _camera(pen: Pen) -> None:
    skin = pen.main((64, 66, 74), (150, 92, 60), (90, 130, 130), (190, 80, 70))
    pen.form(blob("46,18! 52,2! 84,2! 90,18!"), STEEL, shade=2)
    pen.window(box(58, 6, 20, 9, 1), (96, 130, 160), glowing=False)
    for x, w in ((14, 16), (104, 20)):
        pen.form(box(x, 10, w, 9, 2), STEEL, shade=1)
    pen.ball(24, 9, 4, (206, 62, 58))
    pen.form(box(2, 16, 132, 82, 10), STEEL, shade=4)
    grip = box(2, 34, 132, 50)
    pen.form(grip, skin, shade=3)
    with pen.within(grip):
        pen.hatch((2, 34, 134, 84), lift(skin, 0.09), 90, 1.4, count=120, width=0.8)
    for r, tone in ((33, (60, 62, 70)), (28, (96, 100, 110)), (24, (40, 42, 52))):
        pen.form(oval(68, 59, r), tone, shade=2)
    pen.round(oval(68, 59, 18), (56, 76, 120))
    pen.flat(oval(68, 59, 9), (26, 30, 48))
    pen.fade(oval(61, 51, 7, 6), WHITE, (0.8, 0.0))
    pen.emit(oval(75, 67, 2.4), (180, 140, 220), 0.7)
    pen.ball(118, 28, 3, GOLD)


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


def _key(pen: Pen) -> None:
    brass = pen.main(GOLD, (178, 134, 88), STEEL)
    loops = "".join(ring(x, y, 15, 8) for x, y in ((29, 17), (16, 36), (42, 36)))
    pen.fill(loops, brass)
    pen.stroke(loops, lift(brass, -0.14), 0.5, 0.8)
    pen.upright(box(24.6, 44, 8.8, 55, 3), brass)
    pen.upright(box(21, 49, 16, 4, 2), lift(brass, 0.03))
    pen.form(poly("32,76 50,76 50,82 42,82 42,86 52,86 52,95 32,95"), brass, shade=1.6)
    pen.fill(star(29, 30, 6, 3, 4), lift(brass, 0.06))


def _heart(pen: Pen) -> None:
    red = pen.main((216, 56, 72), (232, 106, 132), (190, 50, 90))
    shape = "M55,99C20,72 1,52 1,28C1,10 16,0 30,1C42,2 51,10 55,20C59,10 68,2 80,1C94,0 109,10 109,28C109,52 90,72 55,99Z"
    pen.form(shape, red, shade=7, rim=1.4)
    with pen.within(shape):
        pen.fade(blob("12,24 20,10 34,9 30,18 20,28 16,40"), (255, 255, 255), (0.7, 0.1))


def _diamond(pen: Pen) -> None:
    gem = pen.main((130, 200, 232), (190, 150, 230), (240, 150, 170), (140, 214, 180))
    x = pen.towards[0]
    faces = (("20,4 44,4 32,32", 0.12), ("44,4 32,32 76,32 64,4 54,4", 0.05), ("64,4 88,4 76,32", -0.02), ("20,4 2,32 32,32", 0.02),
             ("88,4 106,32 76,32", -0.1), ("2,32 32,32 54,99", -0.03), ("32,32 76,32 54,99", 0.02), ("76,32 106,32 54,99", -0.14),
             ("32,32 54,32 54,99", 0.08))  # fmt: skip
    for d, tone in faces:
        pen.fill(poly(d), lift(gem, tone if x < 0 else -tone * 0.8))
    pen.stroke(
        "M20,4H88L106,32L54,99L2,32ZM2,32H106M20,4L32,32L44,4M64,4L76,32L88,4M32,32L54,99L76,32",
        lift(gem, 0.2),
        0.8,
        0.9,
    )
    pen.emit(star(30, 16, 9, 1.6, 4), WHITE, 0.9)


def _snowman(pen: Pen) -> None:
    scarf = pen.main((206, 62, 60), (70, 130, 170), (90, 150, 100))
    snow = (246, 249, 253)
    for a, b in (((18, 50), (2, 34)), ((54, 50), (70, 34))):
        pen.stroke(
            f"M{a[0]},{a[1]}L{b[0]},{b[1]}M{(a[0] + b[0]) / 2},{(a[1] + b[1]) / 2}l{-3 if b[0] < 36 else 3},-8",
            (104, 76, 58),
            2,
        )
    for y, r in ((80, 21.5), (50, 16.5)):
        pen.form(oval(36, y, r, r * 0.94), snow, shade=6)
    pen.form(oval(36, 27, 12.6), snow, shade=4)
    pen.form(blob("24,36 36,39 48,36 49,41 36,44 23,41"), scarf, shade=1)
    pen.form(poly("42,40 48,40 50,58 44,58"), lift(scarf, -0.03), shade=1)
    hat = mix(scarf, INK, 0.75)
    pen.form(box(27, 1, 18, 16, 1), hat, shade=2)
    pen.flat(box(27, 11.6, 18, 3.4), scarf)
    pen.form(box(20, 15, 32, 3.6, 1.6), hat, shade=0.8)
    pen.flat(oval(31.6, 25, 1.6) + oval(41, 25, 1.6), INK)
    pen.flat("".join(oval(36.6, y, 1.5) for y in (47, 53, 70)), INK)
    pen.form(poly("36,27 50,30 36,31"), (238, 136, 52), shade=0.8)
    pen.stroke(line("30,32 36,35 42,32.6"), INK, 1.1)


def _campfire(pen: Pen) -> None:
    fire = pen.main((255, 140, 46), (255, 122, 40))
    pen.glow(50, 58, 50, (255, 170, 80), 0.7 if pen.night else 0.3)
    for x in (12, 30, 50, 70, 88):
        pen.form(oval(x, 95, 9, 5), (128, 124, 128), shade=2)
    pen.form(limb((14, 92, 9), (78, 76, 8)), (120, 80, 54), shade=2)
    pen.form(limb((86, 92, 9), (22, 76, 8)), (104, 70, 50), shade=2)
    sway = pen.vary(-6, 6)
    for k, tone in ((1.0, fire), (0.7, mix(fire, (255, 200, 90), 0.6)), (0.42, (255, 238, 160))):
        top = 84 - 82 * k
        w = 32 * k
        d = blob(
            f"50,84 {50 - w},{84 - 18 * k} {50 - w * 0.8},{84 - 42 * k} {50 - w * 0.9},{84 - 58 * k}! {50 - w * 0.3},{84 - 50 * k} "
            f"{50 + sway * k},{top}! {50 + w * 0.36},{84 - 52 * k} {50 + w * 0.86},{84 - 62 * k}! {50 + w * 0.84},{84 - 40 * k} {50 + w},{84 - 18 * k}"
        )
        pen.emit(d, tone, 0.95)
    if pen.detail > 0.3:
        pen.emit(
            "".join(oval(pen.vary(22, 78), pen.vary(6, 50), pen.vary(0.6, 1.3)) for _ in range(9)),
            (255, 206, 110),
        )


def _phone(pen: Pen) -> None:
    case = pen.main((60, 64, 76), (226, 222, 216), (90, 130, 170), (206, 110, 100))
    pen.form(box(1, 1, 48, 98, 8), case, shade=3, rim=1)
    screen = box(4.4, 4.4, 41.2, 91.2, 5.4)
    sky = turn((96, 140, 210), pen.vary(-60, 120))
    pen.emit(screen, sky)
    with pen.within(screen):
        pen.fade(screen, (250, 200, 160), (0.0, 0.9), own=True)
        pen.emit(oval(33, 40, 7), (255, 240, 210))
        pen.emit(blob("0,72! 14,58 26,70 36,62 52,78! 52,100! 0,100!"), lift(sky, -0.2))
        pen.fade(poly("4,4 30,4 8,96 4,96"), WHITE, (0.3, 0.0))
    pen.flat(box(18, 7, 14, 3, 1.5), INK)


def _laptop(pen: Pen) -> None:
    case = pen.main((190, 196, 204), (84, 90, 104), (214, 180, 150))
    pen.form(box(20, 2, 120, 80, 5), case, shade=2)
    pen.flat(box(24, 6, 112, 71), INK)
    screen = box(26, 8, 108, 67)
    pen.emit(screen, (58, 88, 130))
    with pen.within(screen):
        for i, w in enumerate((44, 62, 30, 54, 40)):
            pen.emit(box(34, 18 + i * 9, w, 3.4, 1.6), turn((120, 200, 220), i * 60))
        pen.emit(box(104, 16, 24, 50, 2), (84, 120, 164))
        pen.fade(poly("26,8 70,8 40,75 26,75"), WHITE, (0.22, 0.0))
    if pen.night:
        pen.glow(80, 44, 60, (120, 170, 230), 0.3)
    pen.form(blob("14,84! 146,84! 160,95! 154,99.6! 6,99.6! 0,95!"), lift(case, 0.02), shade=2)
    pen.flat(poly("24,86 136,86 140,91 20,91"), lift(case, -0.2))


def _gift(pen: Pen) -> None:
    paper = pen.main((206, 70, 76), (70, 130, 150), (236, 190, 90), (130, 110, 180))
    ribbon = mix(turn(paper, 60), (250, 236, 200), 0.7)
    for m in (False, True):
        with pen.moved(50, 0, mirror=m):
            pen.form(blob("0,26! 10,6 28,2 36,14 26,26 8,28"), ribbon, shade=2)
            pen.fill(blob("4,24! 14,12 26,9 28,16 20,22"), lift(ribbon, -0.16))
    pen.form(box(6, 42, 88, 57.4, 2), paper, shade=4)
    pen.form(box(1, 26, 98, 18, 2), lift(paper, 0.03), shade=2)
    pen.upright(box(42, 26, 16, 73.4), ribbon)
    pen.ball(50, 24, 6, ribbon)


def _lightbulb_street(pen: Pen) -> None:
    iron = pen.main((58, 66, 72), (70, 90, 86))
    if pen.night:
        pen.glow(16, 14, 16, WINDOW, 0.95)
    pen.upright(poly("14.6,28 17.4,28 18.6,92 13.4,92"), iron)
    pen.upright(blob("8,99.6! 10,92 13,88 19,88 22,92 24,99.6!"), iron)
    pen.emit(poly("10,8 22,8 20,25 12,25"), (255, 232, 164) if pen.night else (236, 230, 206))
    pen.stroke("M10,8L12,25M22,8L20,25M16,8V25", iron, 1)
    pen.form(blob("6,8.6! 10,4 16,1 22,4 26,8.6!"), iron, shade=1)
    pen.form(box(10, 24.4, 12, 3.8, 1), iron, shade=0.8)
    pen.stroke("M12,40H20", iron, 1.6)


def _anchor(pen: Pen) -> None:
    iron = pen.main((60, 78, 104), (90, 96, 106), (150, 96, 62))
    pen.fill(ring(40, 10, 9.6, 5), iron)
    pen.upright(box(36, 18, 8, 74), iron)
    pen.form(box(20, 26, 40, 7, 3), iron, shade=1)
    pen.form(
        blob(
            "0,60! 10,46! 20,60! 14,62 20,78 40,86 60,78 66,62 60,60! 70,46! 80,60! 74,64 66,86 40,99.6 14,86 6,64"
        ),
        iron,
        shade=3,
    )


def _ball(pen: Pen) -> None:
    skin = pen.main((236, 236, 232), (232, 120, 52), (206, 64, 60))
    pen.round(oval(50, 50, 49), skin)
    with pen.within(oval(50, 50, 49)):
        patch = lift(skin, -0.4) if min(skin) > 180 else lift(skin, -0.2)
        pen.fill(star(50, 48, 17, 13.8, 5), patch)
        for i in range(5):
            x, y = around(50, 48, 44, i * 72)
            pen.fill(star(x, y, 15, 12.2, 5, turn=i * 72 + 36), patch)
            a, b = around(50, 48, 16, i * 72), around(50, 48, 32, i * 72)
            pen.stroke(f"M{a[0]:.1f},{a[1]:.1f}L{b[0]:.1f},{b[1]:.1f}", patch, 1.6)
    pen.fade(oval(50 + pen.towards[0] * 22, 50 + pen.towards[1] * 24, 13, 10), WHITE, (0.6, 0.0))


SUBJECTS = (
    drawn("sneaker", "shoe, trainer, boot, running shoe, sports shoe, footwear, heel, sandal", (2, 2, 168, 96), _sneaker, height=0.12,
          places=("indoors", "ground")),
    drawn("watch", "wristwatch, smartwatch, pocket watch", (1, 0, 64, 100), _watch, height=0.2, places=("indoors",)),
    drawn("headphones", "headphone, earphone, headset, earbud", (0, 0, 100, 100), _headphones, height=0.2, places=("indoors",)),
    drawn("backpack", "rucksack, schoolbag, knapsack", (1, 0, 80, 100), _backpack, height=0.5, places=("ground", "indoors")),
    drawn("handbag", "bag, purse, tote, suitcase, briefcase, tote bag, luggage", (2, 1, 118, 100), _bag, height=0.35, places=("indoors", "ground")),
    drawn("camera", "photo camera, polaroid, film camera, dslr", (2, 1, 134, 99), _camera, height=0.12, places=("indoors",)),
    drawn("umbrella", "parasol, beach umbrella", (0, 0, 100, 100), _umbrella, height=1.0, places=("ground", "air")),
    drawn("crown", "tiara, diadem, royal crown", (0, 3, 120, 100), _crown, height=0.2, places=("indoors",)),
    drawn("key", "golden key, skeleton key", (0, 1, 58, 100), _key, height=0.08, places=("indoors",)),
    drawn("heart", "love heart, valentine", (0, 0, 110, 100), _heart, height=0.3, places=("air",)),
    drawn("diamond", "gem, jewel, gemstone, crystal, ruby, emerald, sapphire", (1, 3, 107, 100), _diamond, height=0.05, places=("air", "indoors")),
    drawn("snowman", "snow man", (0, 0, 72, 100), _snowman, height=1.6),
    drawn("campfire", "fire, bonfire, fireplace, flame", (2, 1, 98, 100), _campfire, height=1.0),
    drawn("phone", "smartphone, mobile, telephone, iphone, tablet", (0, 0, 50, 100), _phone, height=0.16, places=("indoors",)),
    drawn("laptop", "computer, notebook computer, monitor, television, screen", (0, 1, 160, 100), _laptop, height=0.25, places=("indoors",)),
    drawn("gift", "present, gift box, box, parcel, package, chest, treasure chest", (0, 0, 100, 100), _gift, height=0.3, places=("indoors", "ground")),
    drawn("street-lamp", "streetlamp, lamppost, lamp post, street light, streetlight, street lantern", (5, 0, 27, 100), _lightbulb_street,
          height=4.0),
    drawn("anchor", "ship anchor", (0, 0, 80, 100), _anchor, height=0.8, places=("ground",)),
    drawn("ball", "football, soccer ball, basketball, beach ball, tennis ball", (0, 0, 100, 100), _ball, height=0.24, places=("ground", "indoors")),
)  # fmt: skip
