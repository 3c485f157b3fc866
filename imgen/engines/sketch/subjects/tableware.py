"""What stands on a table: cup, bottle, teapot, vase, candle, lantern."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, oval, poly, turned

WHITE: RGB = (255, 255, 255)
CREAM: RGB = (248, 238, 220)
BROWN: RGB = (96, 62, 44)
GOLD: RGB = (226, 180, 88)
FLAME: RGB = (255, 190, 80)


def gloss(pen: Pen, d: str, alpha: float = 0.6) -> None:
    """A soft highlight of the given shape."""
    pen.fade(d, WHITE, (alpha, alpha * 0.1))


def flame(pen: Pen, x: float, y: float, size: float) -> None:
    """A candle's flame that stands on (x, y)."""
    pen.glow(x, y - size * 0.6, size * (2.6 if pen.night else 1.5), FLAME, 0.6)
    s = size
    pen.emit(
        blob(
            f"{x},{y - s * 1.5}! {x + s * 0.36},{y - s * 0.55} {x},{y} "
            f"{x - s * 0.36},{y - s * 0.55}"
        ),
        (255, 160, 60),
    )
    pen.emit(
        blob(
            f"{x},{y - s}! {x + s * 0.2},{y - s * 0.4} {x},{y - s * 0.06} "
            f"{x - s * 0.2},{y - s * 0.4}"
        ),
        (255, 236, 150),
    )


def _steam(pen: Pen, x: float, bottom: float) -> None:
    for dx, h in ((-9, 0), (0, 5), (9, -1)):
        pen.stroke(
            line(
                f"{x + dx},{bottom} {x + dx - 4},{bottom - 8} {x + dx + 3},{bottom - 16} "
                f"{x + dx - 1},{bottom - 22 - h}"
            ),
            WHITE,
            2,
            0.65,
        )


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


SUBJECTS = (
    drawn(
        "cup",
        "mug, coffee, coffee cup, teacup, coffee mug, espresso, latte, cappuccino, tea, "
        "cup of coffee, cocoa, "
        "cup of tea",
        (0, 0, 110, 100),
        _cup,
        height=0.1,
        places=("indoors", "ground"),
    ),
    drawn(
        "bottle",
        "wine bottle, wine, flask, perfume, perfume bottle, lotion, beer, potion, jar, serum",
        (0, 0, 34, 100),
        _bottle,
        height=0.3,
        places=("indoors", "ground"),
    ),
    drawn(
        "teapot",
        "kettle, coffee pot, tea pot",
        (0, 2, 134, 100),
        _teapot,
        height=0.18,
        places=("indoors",),
    ),
    drawn(
        "vase",
        "urn, amphora, pot, pottery, jug, pitcher, ceramic",
        (2, 0, 58, 100),
        _vase,
        height=0.35,
        places=("indoors",),
    ),
    drawn(
        "candle",
        "candlestick, candlelight",
        (0, 2, 40, 100),
        _candle,
        height=0.2,
        places=("indoors", "ground"),
    ),
    drawn(
        "lantern",
        "paper lantern, oil lamp, lanterns",
        (0, 0, 60, 100),
        _lantern,
        height=0.4,
        places=("ground", "indoors", "air"),
    ),
)
