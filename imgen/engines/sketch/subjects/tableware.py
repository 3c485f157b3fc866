"""What stands on a table: cup, bottle, teapot, vase, candle, lantern, food and fruit."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.flowers import leaf
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, line, lumps, oval, poly, turned

WHITE, CREAM, BROWN, GOLD, FLAME = (
    (255, 255, 255),
    (248, 238, 220),
    (96, 62, 44),
    (226, 180, 88),
    (255, 190, 80),
)


def gloss(pen: Pen, d: str, alpha: float = 0.6) -> None:
    """A soft highlight of the given shape."""
    pen.fade(d, WHITE, (alpha, alpha * 0.1))


def flame(pen: Pen, x: float, y: float, size: float) -> None:
    """A candle's flame that stands on (x, y)."""
    pen.glow(x, y - size * 0.6, size * (2.6 if pen.night else 1.5), FLAME, 0.6)
    s = size
    pen.emit(
        blob(
            f"{x},{y - s * 1.5}! {x + s * 0.36},{y - s * 0.55} {x},{y} {x - s * 0.36},{y - s * 0.55}"
        ),
        (255, 160, 60),
    )
    pen.emit(
        blob(
            f"{x},{y - s}! {x + s * 0.2},{y - s * 0.4} {x},{y - s * 0.06} {x - s * 0.2},{y - s * 0.4}"
        ),
        (255, 236, 150),
    )


def _steam(pen: Pen, x: float, bottom: float) -> None:
    for dx, h in ((-9, 0), (0, 5), (9, -1)):
        pen.stroke(line(f"{x + dx},{bottom} {x + dx - 4},{bottom - 8} {x + dx + 3},{bottom - 16} {x + dx - 1},{bottom - 22 - h}"),
                   WHITE, 2, 0.65)  # fmt: skip


def _cup(pen: Pen) -> None:
    glaze = pen.main(
        (232, 236, 232), (196, 92, 72), (76, 126, 140), (226, 182, 96), (108, 130, 100)
    )
    _steam(pen, 50, 27)
    pen.form(
        blob("80,42 98,38 110,48 106,64 90,74 76,76! 76,69! 90,66 99,58 99,49 92,45 80,48!"),
        glaze,
        shade=2,
    )
    pen.form(oval(50, 92, 50, 7.4), lift(glaze, -0.04), shade=2)
    pen.fill(oval(50, 91, 32, 4.2), lift(glaze, -0.14))
    body = blob("13,36! 87,36! 85,62 74,82 62,90! 38,90! 26,82 15,62")
    pen.form(body, glaze, shade=7, rim=1)
    with pen.within(body):
        pen.flat(poly("8,72 92,72 92,75 8,75"), lift(glaze, -0.12), 0.6)
        gloss(pen, blob("20,44 27,44 28,62 34,78 28,76 21,62"))
    pen.form(oval(50, 36, 37, 7.6), lift(glaze, 0.03), shade=1)
    pen.fill(oval(50, 36.6, 33.4, 6), BROWN)
    pen.fill(oval(50, 37.4, 30, 4.6), (142, 96, 64))
    if pen.chance(0.6):
        pen.fill(
            blob("50,34.6 56,33.4 62,35.6 57,38.6 50,41! 43,38.6 38,35.6 44,33.4"), (236, 214, 184)
        )


def _bottle(pen: Pen) -> None:
    glass = pen.main((58, 112, 84), (140, 66, 50), (72, 110, 150), (226, 190, 140))
    shape = turned("5,1! 5,24 6.5,32 14,44 15,52 15,96 13,99.6! 0,99.6", 17)
    pen.upright(shape, glass)
    with pen.within(shape):
        pen.upright(box(0, 54, 40, 30), CREAM)
        pen.flat(box(0, 56, 40, 1), GOLD)
        pen.flat(box(0, 81, 40, 1), GOLD)
        pen.flat(oval(17, 66, 6, 6), mix(glass, GOLD, 0.4))
        pen.flat(box(9, 75.6, 16, 1.4), lift(CREAM, -0.3))
        gloss(pen, blob("6,50 9,46 8,70 8,96 6,96"), 0.7)
    pen.upright(box(11.4, 0, 11.2, 13, 1), mix(glass, (60, 40, 44), 0.55))
    pen.stroke("M11.4,13.4H22.6", GOLD, 1)


def _teapot(pen: Pen) -> None:
    glaze = pen.main((92, 142, 150), (196, 96, 76), (228, 222, 208), (120, 140, 96))
    pen.form(
        blob(
            "100,44 118,30 132,32 132,58 118,78 98,82! 98,75! 112,70 122,56 123,42 114,42 104,52!"
        ),
        glaze,
        shade=2,
    )
    pen.form(blob("36,50! 20,42 12,28 2,24! 0,17! 18,21 28,34 40,40!"), glaze, shade=2)
    body = blob("70,24 94,30 108,48 108,72 94,90 86,97! 54,97! 46,90 32,72 32,48 46,30")
    pen.form(body, glaze, shade=8, rim=1)
    with pen.within(body):
        petal = turn(lift(glaze, 0.13), 40)
        for x in (46, 70, 94):
            pen.fill(
                "".join(
                    oval(x + dx, 62 + dy, 3.4) for dx, dy in ((0, -4), (4, 0), (0, 4), (-4, 0))
                ),
                petal,
            )
            pen.flat(oval(x, 62, 2), GOLD)
        gloss(pen, blob("44,42 54,34 52,52 46,68 40,60"))
    pen.form(box(52, 94, 36, 5.6, 2), lift(glaze, -0.06), shade=1)
    pen.form(blob("46,28! 56,18 70,15 84,18 94,28! 70,33"), lift(glaze, 0.03), shade=2)
    pen.ball(70, 9.6, 7, glaze)


def _vase(pen: Pen) -> None:
    glaze = pen.main((60, 106, 150), (206, 120, 84), (232, 226, 212), (92, 136, 116))
    shape = turned("13,2! 11,9 8,18 10,27 22,42 28,56 26,74 17,92 14,99.6! 0,99.6", 30)
    pen.form(shape, glaze, shade=8, rim=1)
    with pen.within(shape):
        other = mix(glaze, CREAM, 0.75)
        pen.flat(blob("0,44 30,47 60,44 60,47 30,50 0,47"), other)
        pen.flat(blob("0,74 30,77 60,74 60,77 30,80 0,77"), other)
        if pen.detail > 0.2:
            d = "".join(oval(6 + i * 8, 61 + (i % 2) * 2, 2.6, 5) for i in range(7))
            pen.flat(d, other, 0.9)
        gloss(pen, blob("9,52 14,44 13,64 16,82 10,70"))
    pen.fill(oval(30, 2.6, 13, 2.2), lift(glaze, -0.2))


def _candle(pen: Pen) -> None:
    wax = pen.main((246, 232, 204), (206, 84, 76), (120, 150, 140))
    flame(pen, 20, 26, 15)
    pen.stroke("M20,30V22", (60, 44, 40), 1.2)
    pen.upright(blob("8,32! 20,28.6 32,32! 32,86! 8,86!"), wax)
    pen.fill(oval(20, 31.4, 12, 2.8), lift(wax, 0.06))
    pen.upright(blob("8,32 12,32 12.6,46 11,52 9,46"), lift(wax, 0.03))
    pen.upright(blob("26,32 30,32 30,40 28.4,44 26.6,40"), lift(wax, 0.03))
    pen.form(blob("0,84! 40,84! 36,94 28,99.6! 12,99.6! 4,94"), (176, 134, 76), shade=2.4)


def _lantern(pen: Pen) -> None:
    if pen.has("paper", "chinese", "floating", "sky") or pen.chance(0.4):
        _paper_lantern(pen)
        return
    iron = pen.main((70, 74, 84), (150, 96, 58), (64, 100, 96))
    pen.stroke("M18,22C14,-4 46,-4 42,22", lift(iron, 0.05), 2)
    pen.form(poly("30,9 50,28 10,28"), iron, shade=2)
    pane = poly("13,30 47,30 51,86 9,86")
    pen.flat(pane, (150, 170, 176) if not pen.night else (120, 80, 50), 0.75)
    with pen.within(pane):
        pen.glow(30, 66, 36, FLAME, 0.95 if pen.night else 0.5)
        pen.upright(box(25, 70, 10, 16), CREAM)
    flame(pen, 30, 69, 9)
    pen.stroke("M13,30L9,86M47,30L51,86M30,30V40M12,48H48", iron, 2.2)
    pen.form(box(8, 27, 44, 5, 1), iron, shade=1)
    pen.form(box(4, 85, 52, 6, 1), iron, shade=1)
    pen.form(box(1, 91, 58, 8.6, 2), lift(iron, -0.04), shade=2)


def _paper_lantern(pen: Pen) -> None:
    paper = pen.main((222, 72, 58), (244, 176, 80), (240, 226, 196))
    if pen.night:
        pen.glow(30, 42, 46, FLAME, 0.5)
    pen.stroke("M30,0V8M30,78V100M25,86V99M35,86V99", GOLD, 1.6)
    shape = oval(30, 43, 29.6, 34)
    pen.round(shape, paper)
    with pen.within(shape):
        pen.glow(30, 48, 32, FLAME, 0.95 if pen.night else 0.35)
        pen.stroke(
            "".join(f"M30,8C{x},24 {x},62 30,78" for x in (-18, -2, 14, 46, 62, 78)),
            lift(paper, -0.1),
            0.8,
            0.8,
        )
    pen.form(box(20, 5, 20, 6, 1), GOLD, shade=1)
    pen.form(box(20, 75, 20, 6, 1), GOLD, shade=1)


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
            "50,24 64,16 82,18 94,34 94,56 84,80 68,97 56,99 50,96 44,99 32,97 16,80 6,56 6,34 18,18 36,16"
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
    pen.form(blob("10,50! 12,40 60,36 108,40 110,50 108,64 101,66 96,58 88,60 84,70 76,70 72,61 62,62 58,72 50,72 46,61 36,60 32,68 24,68 20,58 13,62"),
             icing, shade=4)  # fmt: skip
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
    drawn("cup", "mug, coffee, coffee cup, teacup, coffee mug, espresso, latte, cappuccino, tea, cup of coffee, cocoa, "
          "cup of tea", (0, 0, 110, 100), _cup, height=0.1, places=("indoors", "ground")),
    drawn("bottle", "wine bottle, wine, flask, perfume, perfume bottle, lotion, beer, potion, jar, serum",
          (0, 0, 34, 100), _bottle, height=0.3, places=("indoors", "ground")),
    drawn("teapot", "kettle, coffee pot, tea pot", (0, 2, 134, 100), _teapot, height=0.18, places=("indoors",)),
    drawn("vase", "urn, amphora, pot, pottery, jug, pitcher, ceramic", (2, 0, 58, 100), _vase, height=0.35, places=("indoors",)),
    drawn("candle", "candlestick, candlelight", (0, 2, 40, 100), _candle, height=0.2, places=("indoors", "ground")),
    drawn("lantern", "paper lantern, oil lamp, lanterns", (0, 0, 60, 100), _lantern, height=0.4, places=("ground", "indoors", "air")),
    drawn("apple", "fruit, pear, peach, plum, tomato, pomegranate, strawberry", (3, 0, 97, 100), _apple, height=0.08,
          places=("indoors", "ground")),
    drawn("orange", "tangerine, mandarin, grapefruit, clementine, apricot", (5, 2, 95, 100), _orange, height=0.08,
          places=("indoors", "ground")),
    drawn("lemon", "lime, citrus, mango, melon, avocado", (2, 5, 112, 99), _lemon, height=0.06, places=("indoors", "ground")),
    drawn("pumpkin", "jack o lantern, squash, gourd", (0, 1, 130, 100), _pumpkin, height=0.3),
    drawn("cake", "birthday cake, cupcake, muffin, dessert, pie, pastry, donut, doughnut", (1, 7, 119, 100), _cake,
          height=0.2, places=("indoors",)),
    drawn("bread", "loaf, baguette, croissant, bun, toast, sourdough", (3, 19, 139, 100), _bread, height=0.12, places=("indoors",)),
    drawn("ice-cream", "gelato, ice cream cone, icecream, sundae", (2, 0, 58, 100), _ice_cream, height=0.15, places=("indoors", "air")),
    drawn("pizza", "slice of pizza, pizza slice, burger, hamburger, sandwich, cheese", (3, 2, 97, 100), _pizza, height=0.1,
          places=("indoors",)),
)  # fmt: skip
