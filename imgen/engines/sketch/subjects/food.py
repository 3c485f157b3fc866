"""What one eats: apple, orange, lemon, pumpkin, cake, bread, ice cream, pizza."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.flowers import leaf
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, lumps, oval, poly
from imgen.engines.sketch.subjects.tableware import flame, gloss

CREAM: RGB = (248, 238, 220)


def _fruit(pen: Pen, rgb: RGB, shape: str) -> None:
    pen.round(shape, rgb)
    with pen.within(shape):
        pen.hatch((16, 20, 84, 92), lift(rgb, 0.07), 180, 3, count=24, width=0.9, alpha=0.45)
        x, y = 50 + pen.towards[0] * 26, 54 + pen.towards[1] * 22
        gloss(pen, oval(x, y, 7, 9), 0.6)


def _apple(pen: Pen) -> None:
    skin = pen.main((206, 50, 48), (140, 176, 62), (228, 170, 66))
    _fruit(
        pen,
        skin,
        blob(
            "50,24 64,16 82,18 94,34 94,56 84,80 68,97 56,99 50,96 44,99 32,97 16,80 6,56 6,34 "
            "18,18 36,16"
        ),
    )
    pen.fill(blob("36,21 50,28 64,21 58,27 50,30 42,27"), lift(skin, -0.18), 0.8)
    pen.form(limb((50, 26, 3), (51, 13, 3), (56, 3, 4)), (110, 76, 50), shade=1)
    leaf(pen, 53, 15, 27, 62)


def _orange(pen: Pen) -> None:
    skin = pen.main((244, 146, 44), (240, 160, 60))
    _fruit(pen, skin, oval(50, 55, 45))
    if pen.detail > 0.3:
        pen.flat(
            "".join(oval(pen.vary(18, 82), pen.vary(24, 88), 0.8) for _ in range(40)),
            lift(skin, -0.08),
            0.7,
        )
    leaf(pen, 50, 14, 25, 68)
    leaf(pen, 50, 14, 22, -60)
    pen.fill(oval(50, 13, 3, 2), (104, 120, 60))


def _lemon(pen: Pen) -> None:
    skin = pen.main((248, 214, 74), (244, 206, 60))
    leaf(pen, 22, 34, 32, 28)
    _fruit(
        pen,
        skin,
        blob("2,62! 10,54 26,36 52,28 80,32 100,48 110,58! 112,66! 102,74 84,92 56,99 28,92 10,74"),
    )


def _pumpkin(pen: Pen) -> None:
    skin = pen.main((232, 128, 44), (222, 112, 40))
    for x, rx, tone in (
        (26, 26, -0.08),
        (104, 26, -0.1),
        (42, 27, -0.03),
        (88, 27, -0.05),
        (65, 25, 0.02),
    ):
        pen.round(oval(x, 62, rx, 37), lift(skin, tone))
    pen.form(blob("58,30 60,16 54,4! 66,2! 70,16 74,30 66,34"), (110, 128, 64), shade=2)
    if pen.has("jack", "halloween", "carved", "spooky", "lantern"):
        face = (
            poly("34,48 48,56 32,60")
            + poly("96,48 82,56 98,60")
            + blob("30,70! 48,76 65,78 82,76 100,70! 90,88 65,94 40,88")
        )
        pen.flat(face, (84, 44, 26))
        pen.emit(face, (255, 204, 92), 0.95 if pen.night else 0.6)


def _cake(pen: Pen) -> None:
    icing = pen.main((240, 160, 180), (246, 236, 220), (150, 196, 190), (130, 84, 60))
    sponge = mix((226, 180, 116), icing, 0.15)
    pen.form(oval(60, 93, 58, 6.6), (226, 226, 230), shade=1.4)
    pen.upright(blob("12,52! 108,52! 108,90 60,95 12,90"), sponge)
    pen.upright(blob("12,66! 60,71 108,66! 108,72! 60,77 12,72!"), lift(icing, 0.05))
    pen.form(
        blob(
            "10,50! 12,40 60,36 108,40 110,50 108,64 101,66 96,58 88,60 84,70 76,70 72,61 "
            "62,62 58,72 50,72 46,61 36,60 32,68 24,68 20,58 13,62"
        ),
        icing,
        shade=4,
    )
    pen.fill(oval(60, 41, 48, 7), lift(icing, 0.05))
    for i, x in enumerate((28, 44, 60, 76, 92)):
        pen.upright(box(x - 1.6, 20, 3.2, 22), turn((240, 120, 110), i * 70))
        flame(pen, x, 19, 7.4)
    if pen.detail > 0.3:
        for i in range(16):
            pen.flat(
                box(pen.vary(16, 104), pen.vary(46, 56), 3, 1.1, 0.5), turn((240, 110, 120), i * 80)
            )


def _bread(pen: Pen) -> None:
    crust = pen.main((196, 126, 62), (176, 108, 54))
    loaf = blob("4,70 8,46 30,28 70,20 110,26 134,44 138,68 128,88 100,97 40,98 12,90")
    pen.form(loaf, crust, shade=8)
    with pen.within(loaf):
        pen.fill(blob("0,84 70,88 140,80 140,104 0,104"), lift(crust, -0.09), 0.7)
        for x in (30, 58, 86, 112):
            pen.form(
                blob(f"{x - 9},66 {x - 2},44 {x + 10},30 {x + 12},36 {x + 6},52 {x},66"),
                mix(crust, CREAM, 0.6),
                shade=1.4,
            )
        pen.hatch((10, 40, 130, 90), lift(crust, 0.12), 90, 2, count=60, width=0.9)


def _ice_cream(pen: Pen) -> None:
    scoop = pen.main((244, 170, 186), (250, 234, 206), (160, 206, 180), (136, 90, 66))
    cone = poly("10,46 50,46 30,99.6")
    pen.form(cone, (220, 160, 92), shade=3)
    with pen.within(cone):
        pen.stroke(
            "".join(f"M{x},44l-34,58M{x - 34},44l34,58" for x in range(4, 90, 8)),
            (176, 114, 60),
            0.9,
        )
    for x, y, r, k in ((18, 36, 16, 0), (42, 36, 16, 30), (30, 20, 17, -40)):
        pen.round(lumps(x, y, r, r * 0.92, count=11, depth=0.1), turn(scoop, k))
    pen.ball(31, 4.6, 4.6, (206, 48, 58))


def _pizza(pen: Pen) -> None:
    crust = pen.main((218, 160, 88), (206, 146, 80))
    pen.form(blob("4,18! 50,2 96,18! 90,26 50,14 10,26"), crust, shade=2)
    slice_d = blob("9,24! 50,11 91,24! 51,99!")
    pen.form(slice_d, (250, 206, 98), shade=3)
    with pen.within(slice_d):
        for x, y in ((30, 30), (62, 26), (48, 48), (72, 44), (50, 72)):
            pen.form(oval(x + pen.vary(-2, 2), y, 8), (196, 62, 48), shade=1)
        for x, y in ((44, 30), (60, 58), (38, 56)):
            leaf(pen, x, y, 9, pen.vary(0, 360))


SUBJECTS = (
    drawn(
        "apple",
        "fruit, pear, peach, plum, tomato, pomegranate, strawberry",
        (3, 0, 97, 100),
        _apple,
        height=0.08,
        places=("indoors", "ground"),
    ),
    drawn(
        "orange",
        "tangerine, mandarin, grapefruit, clementine, apricot",
        (5, 2, 95, 100),
        _orange,
        height=0.08,
        places=("indoors", "ground"),
    ),
    drawn(
        "lemon",
        "lime, citrus, mango, melon, avocado",
        (2, 5, 112, 99),
        _lemon,
        height=0.06,
        places=("indoors", "ground"),
    ),
    drawn("pumpkin", "jack o lantern, squash, gourd", (0, 1, 130, 100), _pumpkin, height=0.3),
    drawn(
        "cake",
        "birthday cake, cupcake, muffin, dessert, pie, pastry, donut, doughnut",
        (1, 7, 119, 100),
        _cake,
        height=0.2,
        places=("indoors",),
    ),
    drawn(
        "bread",
        "loaf, baguette, croissant, bun, toast, sourdough",
        (3, 19, 139, 100),
        _bread,
        height=0.12,
        places=("indoors",),
    ),
    drawn(
        "ice-cream",
        "gelato, ice cream cone, icecream, sundae",
        (2, 0, 58, 100),
        _ice_cream,
        height=0.15,
        places=("indoors", "air"),
    ),
    drawn(
        "pizza",
        "slice of pizza, pizza slice, burger, hamburger, sandwich, cheese",
        (3, 2, 97, 100),
        _pizza,
        height=0.1,
        places=("indoors",),
    ),
)
