"""Things that one owns or makes: camera, key, heart, diamond, snowman, campfire, gift and more."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
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

WHITE: RGB = (248, 246, 240)
INK: RGB = (44, 44, 52)
STEEL: RGB = (176, 182, 192)
GOLD: RGB = (236, 190, 84)


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
    shape = (
        "M55,99C20,72 1,52 1,28C1,10 16,0 30,1C42,2 51,10 55,20C59,10 68,2 80,1C94,0 109,10 "
        "109,28C109,52 90,72 55,99Z"
    )
    pen.form(shape, red, shade=7, rim=1.4)
    with pen.within(shape):
        pen.fade(blob("12,24 20,10 34,9 30,18 20,28 16,40"), (255, 255, 255), (0.7, 0.1))


def _diamond(pen: Pen) -> None:
    gem = pen.main((130, 200, 232), (190, 150, 230), (240, 150, 170), (140, 214, 180))
    x = pen.towards[0]
    faces = (
        ("20,4 44,4 32,32", 0.12),
        ("44,4 32,32 76,32 64,4 54,4", 0.05),
        ("64,4 88,4 76,32", -0.02),
        ("20,4 2,32 32,32", 0.02),
        ("88,4 106,32 76,32", -0.1),
        ("2,32 32,32 54,99", -0.03),
        ("32,32 76,32 54,99", 0.02),
        ("76,32 106,32 54,99", -0.14),
        ("32,32 54,32 54,99", 0.08),
    )
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
            f"M{a[0]},{a[1]}"
            f"L{b[0]},{b[1]}M{(a[0] + b[0]) / 2},{(a[1] + b[1]) / 2}l{-3 if b[0] < 36 else 3},-8",
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
            f"50,84 {50 - w},{84 - 18 * k} {50 - w * 0.8},{84 - 42 * k} "
            f"{50 - w * 0.9},{84 - 58 * k}! {50 - w * 0.3},{84 - 50 * k} "
            f"{50 + sway * k},{top}! {50 + w * 0.36},{84 - 52 * k} {50 + w * 0.86},{84 - 62 * k}! "
            f"{50 + w * 0.84},{84 - 40 * k} {50 + w},{84 - 18 * k}"
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
            "0,60! 10,46! 20,60! 14,62 20,78 40,86 60,78 66,62 60,60! 70,46! 80,60! 74,64 66,86 "
            "40,99.6 14,86 6,64"
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
    drawn(
        "camera",
        "photo camera, polaroid, film camera, dslr",
        (2, 1, 134, 99),
        _camera,
        height=0.12,
        places=("indoors",),
    ),
    drawn(
        "key", "golden key, skeleton key", (0, 1, 58, 100), _key, height=0.08, places=("indoors",)
    ),
    drawn("heart", "love heart, valentine", (0, 0, 110, 100), _heart, height=0.3, places=("air",)),
    drawn(
        "diamond",
        "gem, jewel, gemstone, ruby, emerald, sapphire",
        (1, 3, 107, 100),
        _diamond,
        height=0.05,
        places=("air", "indoors"),
    ),
    drawn("snowman", "snow man", (0, 0, 72, 100), _snowman, height=1.6),
    drawn("campfire", "fire, bonfire, fireplace, flame", (2, 1, 98, 100), _campfire, height=1.0),
    drawn(
        "phone",
        "smartphone, mobile, telephone, iphone, tablet",
        (0, 0, 50, 100),
        _phone,
        height=0.16,
        places=("indoors",),
    ),
    drawn(
        "laptop",
        "computer, notebook computer, monitor, television, screen",
        (0, 1, 160, 100),
        _laptop,
        height=0.25,
        places=("indoors",),
    ),
    drawn(
        "gift",
        "gift box, birthday present, box, parcel, package, chest, treasure chest",
        (0, 0, 100, 100),
        _gift,
        height=0.3,
        places=("indoors", "ground"),
    ),
    drawn(
        "street-lamp",
        "streetlamp, lamppost, lamp post, street light, streetlight, street lantern",
        (5, 0, 27, 100),
        _lightbulb_street,
        height=4.0,
    ),
    drawn("anchor", "ship anchor", (0, 0, 80, 100), _anchor, height=0.8, places=("ground",)),
    drawn(
        "ball",
        "football, soccer ball, basketball, beach ball, tennis ball",
        (0, 0, 100, 100),
        _ball,
        height=0.24,
        places=("ground", "indoors"),
    ),
)
