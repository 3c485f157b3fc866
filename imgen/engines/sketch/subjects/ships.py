"""What floats besides the sailing boat: tall ship, steamer, canoe, submarine."""

from __future__ import annotations

from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, limb, line, oval, poly

CREAM, WOOD, DARK = (246, 236, 214), (134, 88, 56), (62, 44, 38)


def _tall_ship(pen: Pen) -> None:
    hull = pen.main((126, 80, 52), (98, 66, 50), (150, 60, 50))
    cloth = mix(CREAM, hull, 0.06) if not pen.has("pirate") else (64, 60, 66)
    full = pen.vary(0, 3)
    pen.stroke("M100,66L128,44", WOOD, 2)
    for x, top, foot in ((26, 16, 70), (56, 4, 74), (86, 12, 72)):
        pen.upright(box(x - 1, top, 2, foot - top), WOOD)
    pen.stroke("M127,45L86,14L56,6L26,18L4,60", DARK, 0.4, 0.8)
    pen.form(blob("88,18! 108,36 122,46! 104,52 90,60!"), cloth, shade=3)
    for x, rows in (
        (26, ((22, 34, 8), (36, 52, 11))),
        (56, ((9, 22, 9), (24, 41, 12), (43, 64, 14))),
        (86, ((16, 30, 8), (32, 50, 11))),
    ):
        for y0, y1, half in rows:
            sail = blob(
                f"{x - half},{y0}! {x},{y0 + 1} {x + half},{y0}! "
                f"{x + half + 3 + full},{(y0 + y1) / 2 + 1} "
                f"{x + half + 1},{y1}! {x + 2},{y1 - 2.4} {x - half - 1},{y1}! "
                f"{x - half + 2 + full},{(y0 + y1) / 2 + 1}"
            )
            pen.form(sail, cloth, shade=4, rim=0.6)
            pen.stroke(f"M{x - half - 1},{y0}H{x + half + 1}", WOOD, 1)
            if pen.detail > 0.4:
                pen.stroke(
                    f"M{x - half / 3},{y0 + 1}V{y1 - 2}M{x + half / 2},{y0 + 1}V{y1 - 2}",
                    lift(cloth, -0.08),
                    0.4,
                    0.8,
                )
    for x, y in ((26, 15), (56, 3), (86, 11)):
        pen.form(
            blob(f"{x},{y - 2} {x - 7},{y - 3} {x - 13},{y}! {x - 6},{y + 2} {x},{y + 3}"),
            (196, 58, 54),
            shade=0.6,
        )
    side = blob("2,56! 16,58 20,66! 92,70 114,62! 110,78 102,94 92,100! 22,100! 10,90 4,74")
    pen.form(side, hull, shade=6)
    with pen.within(side):
        pen.flat(blob("0,93 60,95 120,91 120,104 0,104"), lift(hull, -0.18))
        pen.flat(blob("0,70 60,77 120,71 120,75 60,81.6 0,75"), mix(hull, (236, 196, 110), 0.7))
        if pen.detail > 0.3:
            pen.lines(("4,82 60,87 110,82", "8,89 60,92 104,88"), lift(hull, -0.12), 0.6, 0.8)
    for x in range(26, 100, 12):
        pen.window(box(x, 82.4 - abs(x - 60) * 0.04, 4, 3.6, 0.6), DARK)
    for x, y in ((6, 61), (11, 62)):
        pen.window(box(x, y, 3, 4, 0.8), (110, 140, 160))


def _steamer(pen: Pen) -> None:
    hull = pen.main((44, 58, 84), (150, 52, 50), (48, 92, 106))
    white = (246, 244, 238)
    for i, x in enumerate((70, 96, 122)):
        funnel = poly(f"{x},14 {x + 13},14 {x + 15},44 {x - 1},44")
        pen.upright(funnel, mix(hull, (210, 84, 60), 0.75))
        with pen.within(funnel):
            pen.flat(box(x - 3, 12, 20, 6), (44, 42, 48))
        if pen.detail > 0.3:
            puff = 10 - i
            pen.fade(oval(x - puff, 6, 9, 4), (236, 236, 238), (0.5, 0.1), 270)
    pen.stroke("M44,10V50M160,14V50M44,12L6,60M160,16L196,56", DARK, 0.8, 0.8)
    pen.form(box(52, 40, 104, 14, 2), white, shade=2)
    pen.form(box(36, 52, 136, 14, 2), white, shade=2)
    side = blob("0,60! 30,65 120,67 206,56! 198,78 188,100! 18,100! 8,84")
    pen.form(side, hull, shade=5)
    with pen.within(side):
        pen.flat(blob("0,91 100,92 210,89 210,102 0,102"), (150, 54, 48))
        pen.fill(blob("0,62 30,67 120,69 206,58 206,61 120,72 30,70 0,65"), white)
    for y, a, b in ((45, 58, 152), (57.4, 42, 168)):
        for x in range(a, b, 10):
            pen.window(box(x, y, 6, 4.6, 1))
    for x in range(20, 190, 12):
        pen.window(oval(x, 79, 2))


def _canoe(pen: Pen) -> None:
    paint = pen.main((196, 84, 54), (72, 128, 110), (222, 162, 74))
    pen.form(
        blob("2,30! 50,48 130,54 210,48 258,30! 240,62 130,70 20,62"), lift(paint, -0.16), shade=3
    )
    for x in (78, 168):
        pen.form(box(x, 47, 18, 8, 2), WOOD, shade=1)
    pen.form(limb((96, 4, 3), (130, 44, 3), (146, 64, 3)), WOOD, shade=0.8)
    pen.form(blob("84,0 94,2 100,10 98,16 90,12"), lift(WOOD, 0.04), shade=1)
    side = blob("2,28! 40,54 130,62 220,54 258,28! 256,58 236,86 196,99! 64,99! 24,86 4,58")
    pen.form(side, paint, shade=6)
    with pen.within(side):
        pen.lines(
            ("2,46 70,72 190,72 258,46", "8,62 70,86 190,86 252,62"), lift(paint, -0.1), 1, 0.8
        )
        pen.flat(poly("40,40 52,40 46,104 34,104"), mix(paint, CREAM, 0.7), 0.7)
    pen.stroke(line("2,29 40,54 130,62 220,54 258,29"), mix(paint, CREAM, 0.65), 3)


def _submarine(pen: Pen) -> None:
    paint = pen.main((238, 188, 62), (96, 132, 150), (206, 90, 70))
    pen.stroke("M92,22V6h14", lift(paint, -0.1), 4)
    pen.form(blob("70,34! 74,20 110,20 118,34!"), paint, shade=3)
    pen.form(poly("4,36 14,36 24,58 24,66 14,88 4,88"), lift(paint, -0.14), shade=2)
    hull = blob("18,62 36,42 70,32 120,31 160,38 184,52 188,64 180,80 154,94 110,100 64,98 34,86")
    pen.form(hull, paint, shade=8)
    with pen.within(hull):
        pen.fill(blob("10,78 100,84 190,74 190,110 10,110"), lift(paint, -0.12), 0.8)
        rivets = "".join(oval(x, 43, 0.9) for x in range(50, 170, 9))
        pen.flat(rivets, lift(paint, -0.18))
    for x in (66, 104, 142):
        pen.form(oval(x, 62, 13), lift(paint, -0.18), shade=1.6)
        pen.window(oval(x, 62, 9.6), (122, 186, 206))
        pen.fade(oval(x - 2.4, 58.6, 5, 4), (255, 255, 255), (0.7, 0.0))


SUBJECTS = (
    drawn(
        "ship",
        "tall ship, galleon, pirate ship, sailing ship, frigate, schooner, caravel, "
        "viking ship, vessel, "
        "longship, clipper",
        (0, 0, 129, 100),
        _tall_ship,
        height=30.0,
        places=("water",),
    ),
    drawn(
        "steamer",
        "steamship, ocean liner, cruise ship, ferry, freighter, liner, cargo ship, "
        "tugboat, warship",
        (0, 2, 206, 100),
        _steamer,
        height=28.0,
        places=("water",),
    ),
    drawn(
        "canoe",
        "rowboat, rowing boat, kayak, gondola, raft, fishing boat",
        (0, 0, 260, 100),
        _canoe,
        height=1.0,
        places=("water",),
    ),
    drawn(
        "submarine",
        "u boat, bathyscaphe",
        (2, 3, 190, 100),
        _submarine,
        height=6.0,
        places=("underwater", "water"),
    ),
)
