"""Smaller plants and grounds: bush, mushroom, cactus, potted plant, leaf, mountain and wave."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.flowers import leaf, petals
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, lumps, oval, poly, star

SNOW, CREAM, TERRACOTTA = (246, 250, 254), (246, 236, 216), (196, 110, 76)


def _bush(pen: Pen) -> None:
    green = pen.main((84, 136, 72), (104, 150, 74), (66, 120, 84))
    flowering = pen.has("flowering", "blooming") or pen.chance(0.3)
    for x, y, r in (
        (36, 54, 34),
        (104, 56, 32),
        (70, 36, 35),
        (24, 76, 24),
        (118, 76, 22),
        (52, 70, 30),
        (88, 70, 30),
    ):
        facing = ((x - 70) * pen.towards[0] + (y - 56) * pen.towards[1]) / 60
        own = lift(green, 0.05 * facing)
        clump = lumps(x + pen.vary(-3, 3), y, r, r * 0.82, count=max(7, r // 2), depth=0.12)
        pen.form(clump, own, shade=r * 0.26)
        with pen.within(clump):
            dots = "".join(
                oval(x + pen.vary(-r, r), y + pen.vary(-r, r) * 0.8, 1.6, 1.1)
                for _ in range(int(18 * pen.detail))
            )
            if dots:
                pen.flat(dots, lift(own, pen.pick((0.08, -0.07))), 0.8)
    if flowering:
        bloom = pen.pick(((236, 120, 150), (250, 244, 240), (244, 196, 90)))
        for _ in range(9):
            spot_x, spot_y = pen.vary(16, 124), pen.vary(16, 86)
            pen.fill(star(spot_x, spot_y, 5, 3, 5, turn=pen.vary(0, 60)), bloom)
            pen.flat(oval(spot_x, spot_y, 1.4), (250, 214, 110))


def _mushroom(pen: Pen) -> None:
    cap = pen.main((206, 58, 52), (176, 122, 80), (226, 150, 70))
    size = pen.vary(0.4, 0.48)
    with pen.moved(63, 100 - 100 * size, size):
        _one_mushroom(pen, cap)
    _one_mushroom(pen, cap)


def _one_mushroom(pen: Pen, cap: RGB) -> None:
    pen.form(blob("34,50! 56,50! 55,72 60,96 56,100! 34,100! 30,96 35,72"), CREAM, shade=4)
    pen.form(blob("8,46 45,56 82,46 66,57 45,60 24,57"), lift(CREAM, -0.1), shade=1)
    if pen.detail > 0.3:
        pen.lines(
            tuple(f"{45 + k * 9},{58 - abs(k) * 0.7} {45 + k * 5},52" for k in range(-3, 4)),
            lift(CREAM, -0.22),
            0.7,
        )
    pen.form(blob("31,62 45,66 59,62 61,68 52,70 45,73 38,70 29,68"), lift(CREAM, -0.04), shade=1)
    dome = blob("45,2 66,8 82,26 88,44 84,50 66,53 45,54 24,53 6,50 2,44 8,26 24,8")
    pen.form(dome, cap, shade=7)
    with pen.within(dome):
        for x, y, r in (
            (32, 20, 6),
            (56, 14, 5),
            (66, 32, 7),
            (44, 36, 6),
            (18, 38, 6),
            (80, 44, 5),
            (24, 8, 3),
            (54, 48, 4),
        ):
            pen.form(oval(x + pen.vary(-2, 2), y, r, r * 0.85), CREAM, shade=1, rim=0.3)


def _cactus(pen: Pen) -> None:
    green = pen.main((86, 144, 92), (104, 150, 84), (78, 130, 104))
    left, right = pen.vary(44, 58), pen.vary(34, 48)
    arms = (
        limb((36, left + 12, 12), (22, left + 12, 12), (14, left + 2, 12), (13, left - 16, 11)),
        limb((36, right + 20, 12), (52, right + 18, 12), (60, right + 6, 12), (61, right - 12, 11)),
    )
    for arm in arms:
        pen.form(arm, green, shade=3)
    trunk = limb((36, 106, 20), (36, 70, 21), (36, 30, 20), (36, 12, 17))
    with pen.within(poly("0,-5 80,-5 80,100 0,100")):
        pen.form(trunk, green, shade=4.5)
    if pen.detail > 0.2:
        pen.stroke("M30,12V99M36,6V99M42,12V99", lift(green, -0.1), 0.9, 0.8)
        spines = "".join(
            f"M{x},{y}l-1.6,-1.8M{x},{y}l1.6,-1.8" for y in range(14, 98, 8) for x in (30, 36, 42)
        )
        pen.stroke(spines, CREAM, 0.5, 0.9)
    for x, y in ((36, 5), (13, left - 21), (61, right - 17)):
        if pen.chance(0.6):
            petals(pen, (x, y), 7, (6, 5), (238, 110, 140))
            pen.round(oval(x, y, 1.8), (250, 206, 96))


def _potted(pen: Pen) -> None:
    pot = pen.main(TERRACOTTA, (222, 210, 196), (90, 120, 130))
    green = pen.pick(((84, 140, 82), (66, 124, 92), (112, 152, 78)))
    for angle in (-66, 66, -44, 42, -22, 24, 2):
        leaf(
            pen,
            38,
            66,
            62 - abs(angle) * 0.28 + pen.vary(-4, 4),
            angle,
            lift(green, pen.vary(-0.05, 0.05)),
        )
    pen.form(poly("18,68 58,68 53,99.6 23,99.6"), pot, shade=4)
    pen.form(poly("14,61 62,61 60,71 16,71"), lift(pot, 0.03), shade=2)


def _leaf_emblem(pen: Pen) -> None:
    green = pen.main((88, 150, 82), (66, 140, 104), (214, 124, 56))
    blade = blob("6,62 10,36 30,14 60,3 92,1! 95,34 84,64 62,84 36,90 16,80")
    pen.stroke(line("2,99 12,86 30,66"), lift(green, -0.1), 4)
    pen.form(blade, green, shade=6)
    with pen.within(blade):
        pen.fill(blob("14,84 40,56 92,1! 110,60 60,100"), lift(green, -0.06), 0.8)
        pen.stroke(line("12,86 44,52 91,3"), lift(green, 0.13), 2.2)
        veins = (
            "M28,68Q31,52 25,36M44,52Q48,36 43,20M62,34Q66,22 64,8"
            "M28,68Q44,68 56,80M44,52Q62,54 74,66M62,34Q78,36 88,46"
        )
        pen.stroke(veins, lift(green, 0.1), 1.2, 0.9)


def _mountain(pen: Pen) -> None:
    rock = pen.main((98, 112, 138), (112, 104, 116), (86, 118, 128))
    for d, ridge, tone in (
        ("22,100 66,34 82,52 90,44 130,100", "66,34 70,60 60,74 72,100", 0.06),
        ("0,100 34,50 60,100", "34,50 36,70 30,100", 0.02),
    ):
        _peak(pen, d, ridge, lift(rock, tone))
    _peak(pen, "40,100 104,0 128,34 136,28 180,100", "104,0 108,34 96,56 112,78 104,100", rock)


def _peak(pen: Pen, outline: str, ridge: str, rock: RGB) -> None:
    """A peak, split along its ridge into a lit and a shaded face, with snow on top."""
    d = poly(outline)
    pen.fill(d, rock)
    top_x, top_y = (
        float(v)
        for v in max((p for p in outline.split()), key=lambda p: -float(p.split(",")[1])).split(",")
    )
    far = "200,100 200,-10" if pen.towards[0] < 0 else "-10,100 -10,-10"
    with pen.within(d):
        pen.flat(poly(f"{ridge} {far} {top_x},-10"), lift(rock, -0.11))
        h = (100 - top_y) * 0.3
        snow = poly(
            f"{top_x},{top_y - 4} {top_x + h * 1.1},{top_y + h} "
            f"{top_x + h * 0.5},{top_y + h * 0.8} {top_x + h * 0.3},"
            f"{top_y + h * 1.3} {top_x},{top_y + h * 0.8} "
            f"{top_x - h * 0.3},{top_y + h * 1.2} {top_x - h * 0.5},"
            f"{top_y + h * 0.8} {top_x - h * 1.1},{top_y + h * 1.1}"
        )
        pen.flat(snow, SNOW)
        with pen.within(snow):
            pen.flat(poly(f"{ridge} {far} {top_x},-10"), mix(SNOW, (130, 150, 190), 0.45))


def _wave(pen: Pen) -> None:
    sea = pen.main((44, 110, 156), (56, 140, 156), (60, 92, 150))
    pen.form(
        blob(
            "0,100! 0,74 22,66 40,44 62,18 92,3 120,6 138,22 142,40! 132,28 116,26 104,36 "
            "102,52 112,66 132,74 160,76! 160,100!"
        ),
        sea,
        shade=6,
    )
    body = blob(
        "0,100! 0,74 22,66 40,44 62,18 92,3 120,6 138,22 142,40! 132,28 116,26 104,36 102,52 "
        "112,66 132,74 160,76! 160,100!"
    )
    with pen.within(body):
        for i, width in enumerate((5, 4, 3, 2.4)):
            k = 8 + i * 9
            pen.stroke(
                line(
                    f"{-4 + k},{104} {26 + k},{66 + i} {46 + k * 0.8},{44 + i * 2} "
                    f"{66 + k * 0.6},{24 + i * 4} 96,{12 + i * 5}"
                ),
                lift(sea, 0.1),
                width,
                0.7,
            )
        pen.fill(blob("60,100 100,74 130,80 160,78 160,104 60,104"), lift(sea, -0.08), 0.8)
    _foam(pen)


def _foam(pen: Pen) -> None:
    """The breaking crest of a wave, and its spray."""
    foam = (246, 250, 250)
    curl = "".join(
        oval(x, y, r)
        for x, y, r in (
            (88, 6, 5),
            (98, 4, 6),
            (109, 5, 7),
            (120, 9, 7.4),
            (130, 16, 7.6),
            (137, 26, 7),
            (141, 36, 6),
            (139, 46, 4.6),
            (133, 38, 4),
        )
    )
    pen.fill(curl, foam)
    pen.fill(
        "".join(
            oval(x, y, r)
            for x, y, r in (
                (152, 18, 2.4),
                (148, 8, 1.8),
                (156, 34, 1.6),
                (128, 54, 2.2),
                (138, 60, 1.6),
            )
        ),
        foam,
    )
    crest = "".join(oval(x, 76 + (i % 2) * 2, 5) for i, x in enumerate(range(118, 160, 8)))
    pen.fill(crest, foam, 0.95)


SUBJECTS = (
    drawn(
        "bush",
        "shrub, hedge, fern, bramble, grass tuft, berry bush",
        (0, 5, 140, 99),
        _bush,
        height=1.2,
    ),
    drawn("mushroom", "toadstool, fungus", (1, 1, 102, 100), _mushroom, height=0.15),
    drawn("cactus", "saguaro, succulent, agave, aloe", (6, -1, 68, 100), _cactus, height=2.0),
    drawn(
        "plant",
        "houseplant, potted plant, monstera, seedling, sprout, herb, pot plant",
        (-3, 1, 79, 100),
        _potted,
        height=0.5,
        places=("indoors", "ground"),
    ),
    drawn(
        "leaf",
        "maple leaf",
        (0, 0, 96, 101),
        _leaf_emblem,
        height=0.1,
        places=("air", "ground"),
    ),
    drawn("mountain", "peak, summit, volcano, alp", (0, 0, 180, 100), _mountain, height=900.0),
    drawn(
        "wave", "surf, ocean wave, tsunami", (0, -1, 160, 100), _wave, height=3.0, places=("water",)
    ),
)
