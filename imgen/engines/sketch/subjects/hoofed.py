"""Hoofed animals on long legs: horse, unicorn, zebra, deer, cow and sheep."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, lumps, oval, poly

HOOF, WHITE, INK = (62, 50, 48), (250, 246, 240), (34, 28, 32)
Stations = tuple[tuple[float, float, float], ...]


def _leg(pen: Pen, coat: RGB, stations: Stations, sock: RGB | None = None) -> None:
    d = limb(*stations)
    pen.form(d, coat, shade=2, rim=0.35)
    x, y, w = stations[-1]
    if sock:
        with pen.within(d):
            pen.fill(oval(x, y, w * 1.4, 9), sock)
    pen.form(
        poly(f"{x - w * 0.55},{y} {x + w * 0.6},{y} {x + w * 0.9},{y + 5} {x - w * 0.7},{y + 5}"),
        HOOF,
        shade=1,
    )


def _legs(pen: Pen, coat: RGB, step: float, *, near: bool, sock: RGB | None = None) -> None:
    """The far pair in a darker tone, or the near pair; `step` > 0 strides."""
    if near:
        _leg(
            pen,
            coat,
            ((30, 58, 17), (27 - step * 0.4, 71, 8), (22 - step, 80, 5.6), (24 - step, 95, 5)),
            sock,
        )
        _leg(
            pen,
            coat,
            ((72, 58, 13), (73 + step * 0.5, 74, 7), (72 + step * 0.8, 84, 5), (73 + step, 95, 5)),
            sock,
        )
    else:
        far = lift(coat, -0.09)
        _leg(
            pen,
            far,
            ((36, 58, 14), (37 + step * 0.4, 72, 7), (34 + step, 81, 5), (37 + step, 94, 4.6)),
        )
        _leg(
            pen,
            far,
            ((79, 56, 11), (80 - step * 0.3, 73, 6), (81 - step, 82, 4.8), (79 - step, 94, 4.6)),
        )


def _horse(pen: Pen, coat: RGB, mane: RGB, *, striped: bool = False, horn: bool = False) -> None:
    step = pen.pick((0.0, 4.0, 7.0))
    sock = WHITE if pen.chance(0.4) and not striped else None
    tail = blob("22,42 12,44 5,54 3,68 6,80 10,86 13,76 15,64 21,54")
    _legs(pen, coat, step, near=False)
    pen.form(tail, mane, shade=3)
    body = blob("19,48 25,39 38,38 54,41 70,37 82,40 86,50 82,62 70,66 52,65 38,65 26,66 19,58")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        pen.hatch((24, 42, 74, 60), lift(coat, 0.07), 100, 5, count=24, alpha=0.3)
        if striped:
            _stripes(pen, mane)
    _legs(pen, coat, step, near=True, sock=sock)
    neck = blob("68,40 74,30 81,18 88,10 96,12 97,20 93,32 89,46 84,56 74,52")
    pen.form(neck, coat, shade=4)
    if striped:
        with pen.within(neck):
            pen.lines(("78,20 88,27 96,28", "74,28 84,36 93,38", "70,36 80,45 90,48"), mane, 2.6)
    with pen.turned(pen.vary(-5, 6), 92, 14):
        _horse_head(pen, coat, mane, blaze=pen.chance(0.5) and not striped, horn=horn)
    pen.form(
        blob("93,6 88,4 80,9 74,19 66,30 63,41 70,44 74,36 79,33 79,27 85,24 85,18 91,14"),
        mane,
        shade=2.4,
    )
    pen.lines(("88,8 80,18 72,32", "91,8 85,16 78,28"), lift(mane, 0.1), 0.7, 0.6)


def _stripes(pen: Pen, dark: RGB) -> None:
    for x in range(24, 84, 8):
        pen.fill(blob(f"{x - 2},34! {x + 2},34! {x + 3},48 {x - 1},62! {x - 1},48"), dark)


def _horse_head(pen: Pen, coat: RGB, mane: RGB, *, blaze: bool, horn: bool) -> None:
    if horn:
        pen.form(poly("97,9 101,9.5 108,-11"), (248, 222, 150), shade=1)
        pen.stroke("M98.6,5l4.4,.2M100.4,0l4,.3M103,-5l2.6,.3", (214, 170, 90), 0.7)
    pen.form(blob("91,9 92.4,-1! 96.6,4 97,10"), coat, shade=1)
    skull = blob(
        "88,13 92,7.4 99,8 105,14 111,22 116.6,27 117,32 113,35.4 107,34 101,29 95,28 89,24"
    )
    pen.form(skull, coat, shade=3)
    with pen.within(skull):
        if blaze:
            pen.fill(blob("99,6 104,9 116,22 119,28 113,27 104,17"), WHITE)
        pen.fill(blob("108,28 114,22 120,28 118,38 108,38"), mix(coat, (60, 48, 50), 0.45), 0.8)
    pen.eye(100, 15.6, 1.9, (36, 24, 24))
    pen.flat(oval(113.8, 27.6, 1, 1.3), INK)
    pen.stroke(line("114,33 110,31.6 107.4,31.4"), mix(coat, INK, 0.6), 0.7)
    pen.form(blob("91,5 97,3 101,8 100,14 96,11 93,14"), mane, shade=1)


def _plain_horse(pen: Pen) -> None:
    coat = pen.main((140, 84, 52), (96, 62, 48), (66, 58, 62), (222, 206, 184), (184, 126, 74))
    dark = mix(coat, (40, 30, 32), 0.68)
    _horse(pen, coat, dark if pen.chance(0.75) else mix(coat, (240, 220, 180), 0.75))


def _unicorn(pen: Pen) -> None:
    coat = pen.main((246, 240, 246), (238, 232, 248))
    _horse(pen, coat, pen.pick(((224, 140, 190), (150, 130, 220), (120, 180, 220))), horn=True)


def _zebra(pen: Pen) -> None:
    _horse(pen, pen.main((244, 240, 232)), (46, 42, 48), striped=True)


def _deer(pen: Pen) -> None:
    coat = pen.main((176, 116, 68), (160, 102, 62), (190, 132, 82))
    pale, step = mix(coat, WHITE, 0.75), pen.pick((0.0, 4.0))
    with pen.moved(2, 22, 0.78):
        _legs(pen, coat, step, near=False)
        pen.form(blob("21,42 15,42 12,50 16,54 22,50"), pale, shade=1)
        body = blob("19,48 26,41 40,41 56,43 72,40 82,42 85,52 80,61 68,64 52,61 38,62 26,65 19,58")
        pen.form(body, coat, shade=4.5)
        with pen.within(body):
            pen.fill(blob("30,64 50,58 72,62 84,56 84,70 30,70"), pale, 0.85)
            spots = "".join(
                oval(28 + i * 7 + pen.vary(-1, 1), 46 + (i % 3) * 4, 1.3, 1) for i in range(7)
            )
            pen.flat(spots, pale, 0.9)
        _legs(pen, coat, step, near=True)
        neck = blob("70,44 78,34 84,20 88,12 96,14 95,26 90,44 84,56 74,54")
        pen.form(neck, coat, shade=3.4)
    antlers = not pen.has("fawn", "doe", "female")
    with pen.turned(pen.vary(-4, 4), 73, 32):
        if antlers:
            _antlers(pen)
        _deer_head(pen, coat, pale)


def _antlers(pen: Pen) -> None:
    bone = (206, 178, 140)
    for dx, tone in ((4.5, lift(bone, -0.1)), (0.0, bone)):
        beam = limb((74 + dx, 29, 2.4), (68 + dx, 19, 2.1), (67 + dx, 9, 1.8), (73 + dx, 1.4, 1))
        tines = "".join(
            limb(
                (x + dx, y, 1.7), (x + ex * 0.6 + dx, y + ey * 0.4, 1.5), (x + ex + dx, y + ey, 0.7)
            )
            for x, y, ex, ey in ((70, 23, 7, -7), (67.4, 15, 8, -6), (67, 9.4, -6, -7))
        )
        pen.fill(beam + tines, tone)


def _deer_head(pen: Pen, coat: RGB, pale: RGB) -> None:
    pen.form(blob("71,32 62,27 59,22! 67,23.4 74,28"), coat, shade=1)
    skull = blob("70,32 74,28 80,29 85,34 91,39 92,43 88,45.6 82,44 76,42.6 71,39")
    pen.form(skull, coat, shade=2.4)
    with pen.within(skull):
        pen.fill(blob("80,42 88,38 95,42 90,48 80,48"), pale)
    pen.round(oval(91, 40.6, 2, 1.8), INK)
    pen.eye(79.4, 34.8, 1.8, (36, 24, 22))


def _cow(pen: Pen) -> None:
    coat = pen.main((246, 242, 236), (150, 92, 58), (238, 226, 206))
    patch = mix(coat, (44, 38, 42), 0.86)
    _legs(pen, coat, 0, near=False)
    pen.stroke(line("20,42 12,50 11,64 12,74"), coat, 2.2)
    pen.form(blob("10,72 14,72 15,82 9,83"), patch, shade=1)
    body = blob("18,50 22,37 38,35 56,38 74,34 86,38 90,50 86,66 72,71 52,72 36,70 22,68 17,60")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        for x, y, r in ((32, 46, 10), (56, 60, 9), (76, 44, 10)):
            pen.fill(lumps(x + pen.vary(-4, 4), y, r, r * 0.8, count=6, depth=0.1), patch)
    pen.form(oval(40, 71, 7, 4), (238, 170, 160), shade=1.4)
    _legs(pen, coat, 0, near=True)
    pen.form(blob("78,40 84,26 95,26 98,40 92,54 82,54"), coat, shade=3)
    for side_x, mirrored in ((84.0, True), (104.0, False)):
        s = -1 if mirrored else 1
        pen.form(
            blob(f"{side_x},19 {side_x + 3 * s},12 {side_x + 2 * s},6! {side_x - 2 * s},13"),
            (226, 206, 170),
            shade=0.8,
        )
        pen.form(
            blob(f"{side_x},24 {side_x + 9 * s},20 {side_x + 11 * s},25 {side_x + 5 * s},29"),
            patch,
            shade=1,
        )
    face = blob("84,20 94,16 104,20 105,32 103,44 94,47 86,44 83,32")
    pen.form(face, coat, shade=3)
    with pen.within(face):
        pen.fill(blob("80,16 90,18 90,34 80,36"), patch)
        pen.fill(blob("82,40 94,36 107,40 107,50 82,50"), (240, 176, 164))
    for eye_x in (88.6, 100.0):
        pen.eye(eye_x, 29, 1.9, (36, 24, 24))
    pen.flat(oval(90.6, 42, 1.3, 1) + oval(98, 42, 1.3, 1), (150, 84, 84))


def _sheep(pen: Pen) -> None:
    wool = pen.main((246, 240, 226), (236, 228, 214))
    dark = mix(wool, (58, 48, 52), 0.85)
    for x, far in ((40, True), (76, True), (34, False), (70, False)):
        _leg(pen, lift(dark, -0.04 if far else 0.03), ((x, 72, 8), (x, 84, 6), (x, 95, 5)))
    pen.form(lumps(54, 54, 35, 25, count=15, depth=0.12), wool, shade=6)
    pen.form(lumps(42, 48, 17, 12, count=9, depth=0.12), lift(wool, 0.02), shade=3)
    pen.form(lumps(64, 60, 15, 11, count=8, depth=0.12), lift(wool, 0.01), shade=3)
    pen.form(blob("80,32 74,38 72,45! 82,42"), dark, shade=1)
    pen.form(blob("83,30 92,27 101,33 106,43 104,51 97,54 89,49 83,41"), dark, shade=2.6)
    pen.form(lumps(86, 30, 9, 7, count=7, depth=0.14), wool, shade=2)
    pen.eye(94.6, 38.6, 2.1, (240, 220, 160))
    pen.flat(oval(103, 46, 1.1, 0.8), INK)


SUBJECTS = (
    drawn(
        "horse",
        "pony, stallion, mare, foal, mustang, donkey",
        (1, -3, 119, 100),
        _plain_horse,
        height=1.7,
    ),
    drawn("unicorn", "pegasus", (1, -12, 119, 100), _unicorn, height=1.9),
    drawn("zebra", "", (1, -3, 119, 100), _zebra, height=1.5),
    drawn(
        "deer",
        "stag, doe, fawn, reindeer, elk, moose, antelope, gazelle, buck, caribou",
        (11, 0, 94, 100),
        _deer,
        height=1.6,
    ),
    drawn("cow", "bull, ox, cattle, calf, buffalo, bison", (8, 5, 117, 100), _cow, height=1.5),
    drawn("sheep", "lamb, ram, goat, ewe", (17, 21, 107, 100), _sheep, height=0.9),
)
