"""What stands in a room: chair, table, lamp, books, clock, piano, guitar, bed, sofa."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
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
    turned,
)

OAK, WALNUT, BRASS, CREAM, INK = (
    (190, 136, 84),
    (116, 76, 52),
    (222, 178, 92),
    (248, 240, 224),
    (46, 42, 50),
)


def _chair(pen: Pen) -> None:
    cloth = pen.main((204, 104, 78), (74, 120, 128), (226, 176, 84), (96, 124, 92))
    for d in (limb((16, 62, 4), (14, 99, 3)), limb((52, 62, 4), (54, 97, 3))):
        pen.form(d, lift(OAK, -0.06), shade=1)
    back = blob("8,4 30,0 52,4 55,26 53,52 30,55 7,52 5,26")
    pen.form(back, cloth, shade=4)
    with pen.within(back):
        pen.stroke("M18,2Q15,28 18,54M42,2Q45,28 42,54", lift(cloth, -0.09), 0.9)
    pen.form(blob("3,54 30,50 57,54 63,64 60,71 34,73 6,71 0,64"), lift(cloth, 0.02), shade=3)
    for d in (limb((8, 70, 4.6), (4, 98, 3.2)), limb((54, 70, 4.6), (59, 98, 3.2))):
        pen.form(d, OAK, shade=1)


def _sofa(pen: Pen) -> None:
    cloth = pen.main((92, 126, 130), (196, 110, 84), (214, 180, 130), (110, 118, 150))
    for x in (20, 172):
        pen.form(poly(f"{x},84 {x + 8},84 {x + 6},99.6 {x + 2},99.6"), WALNUT, shade=1)
    pen.form(blob("18,20 26,6 100,3 174,6 182,20 182,70! 18,70!"), lift(cloth, -0.03), shade=4)
    pen.stroke("M100,5V54", lift(cloth, -0.12), 1)
    for x in (24, 101):
        pen.form(box(x, 50, 75, 24, 7), lift(cloth, 0.03), shade=3)
    pen.form(box(14, 70, 172, 18, 5), cloth, shade=3)
    for x in (2, 172):
        pen.form(box(x, 36, 26, 54, 11), lift(cloth, 0.01), shade=4)
    with pen.turned(12, 50, 40):
        pen.form(box(36, 28, 28, 26, 7), mix(cloth, (246, 196, 110), 0.75), shade=3)


def _table(pen: Pen) -> None:
    wood = pen.main(OAK, WALNUT, (226, 196, 150))
    for x in (22, 112):
        pen.form(limb((x, 20, 6), (x, 92, 4)), lift(wood, -0.1), shade=1.4)
    pen.form(poly("0,4 140,4 136,13 4,13"), wood, shade=2)
    pen.form(poly("8,13 132,13 132,24 8,24"), lift(wood, -0.05), shade=2)
    pen.stroke("M6,7H132M20,10H96", lift(wood, -0.1), 0.6, 0.7)
    for x in (13, 127):
        pen.form(limb((x, 20, 8), (x, 97, 4.6)), wood, shade=2)


def _lamp(pen: Pen) -> None:
    shade = pen.main((240, 214, 160), (206, 96, 76), (96, 140, 140))
    if pen.night:
        pen.glow(36, 34, 44, WINDOW, 0.6)
    pen.upright(turned("3,40! 3,58 12,68 14,78 8,90 18,97 18,99.6! 0,99.6", 36), BRASS)
    cone = poly("22,3 50,3 70,46 2,46")
    pen.upright(cone, shade)
    with pen.within(cone):
        pen.fade(box(0, 0, 80, 48), WINDOW, (0.15, 0.95) if pen.night else (0.0, 0.4), own=True)
        pen.flat(box(0, 42, 80, 2), lift(shade, -0.1))
    pen.stroke("M60,46V60", BRASS, 0.8)
    pen.ball(60, 61, 1.8, BRASS)


def _book(pen: Pen) -> None:
    covers = [pen.main((176, 60, 56), (54, 96, 130), (84, 116, 84)), (226, 172, 82), (74, 92, 128)]
    if pen.has("open") or pen.chance(0.35):
        _open_book(pen)
        return
    y = 100.0
    for i, cover in enumerate((covers[2], covers[1], covers[0])):
        h, w, x = 30.0, 124 - i * 6, 4 + pen.vary(0, 8) + i * 2
        if i == 1:
            _pages(pen, x, y - h, w, cover)
        else:
            _spine(pen, x, y - h, w, cover)
        y -= h


def _spine(pen: Pen, x: float, y: float, width: float, cover: RGB) -> None:
    """A book that lies with its back to us, thirty units thick."""
    pen.form(box(x, y, width, 30, 4), cover, shade=4)
    with pen.within(box(x, y, width, 30, 4)):
        pen.stroke(
            f"M{x + 12},{y}v30M{x + 16},{y}v30M{x + width - 16},{y}v30M{x + width - 12},{y}v30",
            BRASS,
            1.3,
        )
        pen.flat(
            box(x + width * 0.3, y + 11, width * 0.4, 2.4)
            + box(x + width * 0.36, y + 17, width * 0.28, 1.8),
            BRASS,
        )


def _pages(pen: Pen, x: float, y: float, width: float, cover: RGB) -> None:
    """A book that lies with its pages to us."""
    pen.form(box(x + 3, y + 3, width - 3, 24), CREAM, shade=2)
    pen.stroke(
        "".join(f"M{x + 8},{y + 7 + k * 4}h{width - 14}" for k in range(5)), lift(CREAM, -0.1), 0.6
    )
    pen.form(box(x, y, width, 4.4, 2), cover, shade=1)
    pen.form(box(x, y + 25.6, width, 4.4, 2), cover, shade=1)
    pen.form(box(x, y, 8, 30, 4), lift(cover, -0.03), shade=2)


def _open_book(pen: Pen) -> None:
    cover = pen.main((176, 60, 56), (54, 96, 130), (84, 116, 84))
    pen.form(blob("2,24! 66,28 130,24! 130,98! 66,99 2,98!"), cover, shade=3)
    for m in (False, True):
        with pen.moved(66, 0, mirror=m):
            page = blob("0,22! 18,11 40,10 59,16! 59,90! 40,85 18,86 0,96!")
            pen.form(page, CREAM, shade=3)
            rows = "".join(f"M8,{28 + k * 9}q18,-8 44,-2" for k in range(6))
            pen.stroke(rows, (150, 136, 126), 1.3, 0.8)
    pen.form(poly("63,12 69,12 69,40 66,36 63,40"), (206, 70, 66), shade=0.6)


def _clock(pen: Pen) -> None:
    rim = pen.main((196, 88, 70), (70, 110, 130), BRASS)
    for x in (22, 78):
        pen.form(limb(((x - 50) * 0.8 + 50, 86, 6), (x, 98, 4)), lift(rim, -0.1), shade=1)
        pen.form(blob(f"{x - 14},16 {x},3 {x + 14},16 {x},22"), BRASS, shade=2)
    pen.form(oval(50, 54, 44), rim, shade=4)
    pen.form(oval(50, 54, 36), CREAM, shade=2)
    ticks = ""
    for i in range(12):
        (x0, y0), (x1, y1) = around(50, 54, 33, i * 30), around(50, 54, 29 if i % 3 else 26, i * 30)
        ticks += f"M{x0:.1f},{y0:.1f}L{x1:.1f},{y1:.1f}"
    pen.stroke(ticks, INK, 1.8)
    hour, minute = around(50, 54, 17, pen.vary(0, 360)), around(50, 54, 26, pen.vary(0, 360))
    pen.stroke("M50,54L{:.1f},{:.1f}".format(*hour), INK, 3)
    pen.stroke("M50,54L{:.1f},{:.1f}".format(*minute), INK, 2)
    pen.ball(50, 54, 2.8, rim)


def _guitar(pen: Pen) -> None:
    wood = pen.main((206, 132, 66), (150, 72, 48), (226, 176, 106))
    with pen.moved(0, 0):
        pen.form(poly("16.6,12 23.4,12 23.4,62 16.6,62"), WALNUT, shade=1)
        pen.form(blob("15,1! 25,1! 26,12! 14,12!"), lift(wood, -0.14), shade=1)
        for y in (3.6, 6.6, 9.6):
            pen.fill(oval(13.6, y, 1.4) + oval(26.4, y, 1.4), BRASS)
        body = turned("3,47! 11,48 14,54 11.6,62 13,68 19,78 18,92 10,99 0,99.6", 20)
        pen.form(body, wood, shade=3, rim=1)
        pen.stroke(body, lift(wood, -0.22), 0.9)
        pen.flat(oval(20, 66, 6.2), lift(wood, -0.26))
        pen.flat(oval(20, 66, 5), INK)
        pen.form(box(13, 84, 14, 3.2, 1), WALNUT, shade=0.6)
        pen.flat(box(17, 46, 6, 14), WALNUT)
        if pen.detail > 0.2:
            pen.stroke(
                "".join(f"M16.6,{14 + k * (4 - k * 0.1):.1f}h6.8" for k in range(12)), BRASS, 0.4
            )
            pen.stroke("".join(f"M{17.8 + k * 1.1:.1f},8V85" for k in range(5)), CREAM, 0.28)


def _piano(pen: Pen) -> None:
    case = pen.main(INK, WALNUT, (236, 232, 226))
    for x in (16, 112):
        pen.form(
            poly(f"{x},62 {x + 10},62 {x + 7},99.6 {x + 3},99.6"), lift(case, -0.03), shade=1.4
        )
    pen.form(blob("8,42! 24,4! 90,0 128,8! 138,42!"), lift(case, -0.03), shade=4)
    pen.form(blob("12,40! 34,12! 92,9 122,14! 130,40!"), mix(case, BRASS, 0.45), shade=2)
    pen.stroke(
        "".join(f"M{26 + k * 9},40L{42 + k * 7},13" for k in range(10)), lift(BRASS, 0.1), 0.5, 0.8
    )
    pen.stroke("M118,40L104,14", lift(case, 0.1), 1.6)
    pen.form(box(2, 40, 138, 25, 3), case, shade=3)
    pen.fill(box(10, 46, 122, 11), CREAM)
    pen.stroke("".join(f"M{10 + k * 6.1:.1f},46v11" for k in range(1, 20)), (140, 130, 124), 0.5)
    pen.flat(
        "".join(box(14.4 + k * 6.1, 46, 3.2, 6.4) for k in range(19) if k % 7 not in (2, 6)),
        (34, 32, 38),
    )
    pen.stroke("M64,66L60,96M78,66L82,96M58,97H84", lift(BRASS, -0.05), 1.6)


def _bed(pen: Pen) -> None:
    cloth = pen.main((96, 136, 160), (206, 120, 96), (150, 160, 110))
    pen.form(box(0, 6, 10, 93.6, 4), WALNUT, shade=2)
    pen.form(box(172, 40, 10, 59.6, 4), WALNUT, shade=2)
    pen.form(box(6, 68, 170, 20, 3), OAK, shade=2)
    pen.form(box(8, 50, 166, 22, 7), CREAM, shade=3)
    pen.form(blob("12,34 30,26 54,30 58,46 48,54 18,54"), (250, 248, 244), shade=3)
    pen.form(blob("54,50! 76,42 140,40 172,46! 176,84! 120,88 60,84!"), cloth, shade=5)
    pen.form(blob("52,48! 72,42 90,42! 86,86! 58,84!"), lift(cloth, 0.1), shade=2)


def _violin(pen: Pen) -> None:
    wood = pen.main((176, 90, 48), (146, 70, 44))
    pen.form(poly("17.6,8 22.4,8 22.6,56 17.4,56"), INK, shade=0.8)
    pen.ball(20, 4.4, 4.2, lift(wood, -0.08))
    for y in (10, 14):
        pen.stroke(f"M13,{y}h14", lift(wood, -0.1), 1.6)
    body = turned("0,42 10,43 14,51 12.6,58! 8.4,63 9,70 15.4,74! 18,86 12,97 0,99.4", 20)
    pen.form(body, wood, shade=3, rim=1)
    pen.flat(poly("17,40 23,40 23.4,68 16.6,68"), INK)
    pen.stroke(line("11,66 12.6,70 10.6,74 12,78") + line("29,66 27.4,70 29.4,74 28,78"), INK, 1)
    pen.form(poly("17.6,82 22.4,82 21.4,95 18.6,95"), INK, shade=0.5)
    pen.stroke("".join(f"M{18.6 + k * 0.9:.1f},8V84" for k in range(4)), CREAM, 0.28)
    pen.stroke("M13,76h14", CREAM, 1)


def _drum(pen: Pen) -> None:
    shell = pen.main((196, 62, 56), (60, 110, 150), (226, 170, 70))
    pen.upright(blob("4,26! 116,26! 116,86 60,99 4,86"), shell)
    zig = "M4,34" + "".join(
        f"L{18 + k * 14},{84 + 8 * math.sin(k * 0.5) if k % 2 == 0 else 36}" for k in range(8)
    )
    pen.stroke(zig, CREAM, 1.8)
    pen.stroke("M4,84Q60,104 116,84", BRASS, 4)
    pen.form(oval(60, 25, 57, 17), BRASS, shade=2)
    pen.form(oval(60, 23, 54, 14.6), CREAM, shade=2)
    pen.form(limb((20, 6, 3), (76, 22, 3)), OAK, shade=0.6)
    pen.flat(ring(60, 23, 6, 5), lift(CREAM, -0.1))


SUBJECTS = (
    drawn(
        "chair",
        "armchair, stool, seat, office chair",
        (0, 0, 63, 100),
        _chair,
        height=0.95,
        places=("indoors", "ground"),
    ),
    drawn(
        "sofa",
        "couch, settee, loveseat, bench",
        (1, 3, 199, 100),
        _sofa,
        height=0.85,
        places=("indoors",),
    ),
    drawn(
        "table",
        "desk, coffee table, dining table, nightstand",
        (0, 3, 140, 100),
        _table,
        height=0.75,
        places=("indoors", "ground"),
    ),
    drawn(
        "lamp",
        "table lamp, desk lamp, light bulb, lampshade, floor lamp",
        (1, 2, 71, 100),
        _lamp,
        height=0.5,
        places=("indoors",),
    ),
    drawn(
        "book",
        "novel, notebook, journal, diary, books stack, textbook, dictionary, stack of books",
        (-1, 8, 133, 100),
        _book,
        height=0.25,
        places=("indoors", "ground"),
    ),
    drawn(
        "clock",
        "alarm clock, wall clock, timepiece",
        (5, 2, 95, 100),
        _clock,
        height=0.2,
        places=("indoors",),
    ),
    drawn(
        "guitar",
        "acoustic guitar, electric guitar, ukulele, banjo, lute, bass guitar",
        (1, 0, 39, 100),
        _guitar,
        height=1.0,
        places=("indoors", "ground"),
    ),
    drawn(
        "piano",
        "grand piano, keyboard, synthesizer, organ",
        (1, 0, 141, 100),
        _piano,
        height=1.1,
        places=("indoors",),
    ),
    drawn("bed", "mattress, cot", (0, 5, 182, 100), _bed, height=0.9, places=("indoors",)),
    drawn(
        "violin", "cello, fiddle, viola", (1, 0, 39, 100), _violin, height=0.6, places=("indoors",)
    ),
    drawn(
        "drum",
        "snare drum, bongo, drum kit",
        (1, 3, 119, 100),
        _drum,
        height=0.6,
        places=("indoors", "ground"),
    ),
)
