"""Birds: a songbird perched or flying, an owl, a penguin, a duck, an eagle and a flamingo."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval, poly

WHITE, BEAK, INK = (250, 246, 238), (232, 158, 54), (34, 28, 34)


def _bird(pen: Pen) -> None:
    plumage = pen.main((66, 128, 190), (206, 84, 62), (226, 172, 62), (92, 148, 96), (120, 96, 150))
    breast = pen.pick((mix(plumage, WHITE, 0.75), (236, 170, 112), mix(plumage, WHITE, 0.5)))
    if pen.has("flying", "soaring", "gliding") or (
        pen.chance(0.4) and not pen.has("perched", "sitting")
    ):
        _flying(pen, plumage, breast)
    else:
        _perched(pen, plumage, breast)


def _perched(pen: Pen, plumage: RGB, breast: RGB) -> None:
    dark = lift(plumage, -0.14)
    pen.form(poly("26,62 2,88 6,94 14,93 36,74"), dark, shade=3)
    pen.lines(("26,66 8,90", "30,70 12,92"), lift(dark, -0.08), 0.8, 0.8)
    pen.stroke(
        "M50,84L48,97M48,97l-6,1.4M48,97l6,1.6M60,84L62,97M62,97l-5,1.4M62,97l7,1.4",
        (150, 100, 70),
        2,
    )
    body = blob(
        "64,6 76,8 85,17 86,29 82,38 83,52 79,68 69,81 54,87 40,83 28,72 26,64 36,48 46,32 50,16 "
        "56,9"
    )
    pen.form(body, plumage, shade=6)
    with pen.within(body):
        pen.fill(blob("84,30 76,34 68,44 62,60 52,74 46,86 62,92 92,76 92,40"), breast)
        pen.hatch((60, 50, 82, 80), lift(breast, -0.09), 200, 4, count=40)
        pen.hatch((52, 10, 80, 24), lift(plumage, 0.09), 250, 3, count=20)
    _folded_wing(pen, plumage, dark)
    pen.form(poly("84,19 99,24.5 84,28"), BEAK, shade=1.2)
    pen.stroke("M84,24L96,24.6", lift(BEAK, -0.16), 0.7)
    pen.fill(blob("70,17 76,14 84,18 84,24 77,26 71,23"), lift(plumage, -0.09), 0.8)
    pen.eye(76, 20, 3.1)


def _folded_wing(pen: Pen, plumage: RGB, dark: RGB) -> None:
    wing = blob("52,36 61,40 64,52 58,64 44,74 28,82 12,88! 22,72 32,54 42,41")
    pen.form(wing, lift(plumage, -0.05), shade=3.5)
    if pen.detail < 0.25:
        return
    with pen.within(wing):
        for i in range(4):
            x, y = 52 - i * 9, 60 + i * 5.6
            pen.form(
                blob(
                    f"{x + 10},{y - 10} {x + 8},{y} {x - 6},{y + 9} {x - 16},{y + 12}! "
                    f"{x - 4},{y - 2}"
                ),
                lift(dark, 0.02 * i),
                shade=1.6,
                rim=0.6,
            )
        pen.lines(("46,42 54,46 60,45", "42,48 50,53 60,52"), lift(plumage, 0.09), 0.9, 0.8)


def _flying(pen: Pen, plumage: RGB, breast: RGB) -> None:
    dark = lift(plumage, -0.15)
    up = pen.vary(0, 6)
    pen.form(blob(f"52,48 44,30 46,14 56,{up}! 60,16 66,28 72,44"), dark, shade=3)
    pen.form(poly("22,64 0,70 4,76 0,84 24,74"), dark, shade=2)
    body = blob("20,66 36,54 54,46 70,44 82,40 92,43 95,51 91,58 82,64 68,72 50,76 34,74")
    pen.form(body, plumage, shade=4)
    with pen.within(body):
        pen.fill(blob("94,52 80,58 60,64 36,68 22,72 50,84 96,66"), breast)
    pen.form(poly("93,47 100,51 93,54"), BEAK, shade=1)
    wing = blob(
        f"72,50 68,36 58,24 42,12 20,{up}! 24,12 17,13! 24,24 16,26! 26,36 21,39! 34,48 46,56 60,60"
    )
    pen.form(wing, lift(plumage, 0.02), shade=4)
    with pen.within(wing):
        pen.fill(blob("12,0 30,14 44,28 52,44 50,60 20,46 0,20"), dark, 0.7)
        pen.lines(
            ("24,10 44,30 56,46", "20,20 40,36 52,50", "22,32 40,44 50,54"),
            lift(plumage, 0.09),
            0.8,
            0.7,
        )
    pen.form(
        limb((50, 76, 3), (70, 86, 2.4), (80, 96, 1.6), (84, 99, 1.2)), (150, 100, 70), shade=0.5
    )
    pen.eye(86, 47.6, 2.3)


def _owl(pen: Pen) -> None:
    coat = pen.main((150, 110, 76), (122, 96, 84), (176, 146, 110), (120, 124, 138))
    pale, dark = mix(coat, WHITE, 0.66), lift(coat, -0.14)
    pen.form(blob("22,88 38,86 40,99! 28,100 20,96"), dark, shade=1.5)
    for side in (False, True):
        with pen.moved(36, 0, mirror=side):
            pen.form(blob("4,20 14,12 27,0! 29,14 31,28 20,30"), coat, shade=2)
    body = blob("36,10 50,13 62,24 66,42 66,62 60,82 50,94 36,97 22,94 12,82 6,62 6,42 10,24 22,13")
    pen.form(body, coat, shade=5)
    belly = blob("36,44 50,50 54,66 48,84 36,92 24,84 18,66 22,50")
    pen.fill(belly, pale)
    if pen.detail > 0.25:
        with pen.within(belly):
            rows = "".join(
                f"M{x + (row % 2) * 4},{52 + row * 7}q2.4,4.4 4.8,0"
                for row in range(6)
                for x in range(16, 54, 8)
            )
            pen.stroke(rows, dark, 1.2, 0.8)
    for side in (False, True):
        with pen.moved(36, 0, mirror=side):
            wing = blob("24,40 31,46 33,62 28,80 18,92! 18,72 20,54")
            pen.form(wing, lift(coat, -0.07), shade=2.6)
            with pen.within(wing):
                pen.lines(
                    ("20,60 26,64 32,60", "19,68 25,73 32,69", "19,77 24,81 30,78"), dark, 1.1, 0.8
                )
            pen.form(
                blob("14,31 0,27 2,36 6,44 14,47 24,43 28,33 25,24 17,19 8,21 0,27"), pale, shade=2
            )
            if pen.has("sleeping", "asleep"):
                pen.stroke(line("8,33 14,36 20,33"), INK, 1.4)
            else:
                pen.flat(oval(14, 33, 8.4), lift(coat, -0.2))
                pen.eye(14, 33, 7.4, (240, 178, 52))
            pen.form(blob("0,27 6,24 16,17 25,15! 18,23 6,29 0,33!"), dark, shade=1)
            pen.fill(limb((6, 95, 4), (7, 98, 3)) + limb((11, 95, 4), (13, 98, 3)), BEAK)
    pen.form(blob("33,36! 36,34 39,36! 36,44!"), BEAK, shade=1)


def _penguin(pen: Pen) -> None:
    coat = pen.main((52, 60, 80), (44, 50, 66))
    for x in (20, 40):
        pen.form(blob(f"{x - 8},98 {x},92 {x + 8},98! {x + 9},100! {x - 9},100!"), BEAK, shade=1)
    pen.form(blob("8,40 2,56 -2,72! 6,74 14,60"), lift(coat, -0.05), shade=1.6)
    body = blob(
        "30,2 42,6 48,17 48,28 54,44 56,66 52,86 42,96 30,97 18,96 9,86 5,66 7,44 13,28 13,15 19,6"
    )
    pen.form(body, coat, shade=5)
    with pen.within(body):
        pen.fill(blob("34,30 46,38 51,58 48,84 36,96 26,96 14,84 12,60 18,40"), WHITE)
        pen.fill(blob("34,18 44,12 52,18 50,28 40,32 30,31 22,26 24,15"), WHITE)
        pen.fill(blob("18,26 30,33 48,30 48,36 32,40 20,36"), (248, 196, 96), 0.8)
    pen.form(blob("52,38 60,50 65,68 62,75! 54,68 50,52"), lift(coat, 0.02), shade=1.6)
    pen.form(blob("41,20! 50,19 58,22.6! 48,26 41,25!"), BEAK, shade=1)
    pen.eye(37, 18.6, 2.3)


def _duck(pen: Pen) -> None:
    plumage = pen.main((246, 214, 92), (246, 240, 228), (150, 116, 86))
    pen.stroke("M44,80L44,97M44,97h9M58,80L58,97M58,97h9", BEAK, 3)
    pen.form(
        blob(
            "68,10 80,4 92,9 95,22 89,34 88,44 94,58 88,76 70,87 46,88 22,82 8,66 0,48! "
            "18,52 38,50 60,50 70,40 66,26"
        ),
        plumage,
        shade=6,
    )
    pen.form(blob("64,52 68,64 56,74 36,76 18,66! 34,60 48,50"), lift(plumage, -0.07), shade=3)
    pen.lines(("58,58 46,66 34,68", "62,63 52,71 42,73"), lift(plumage, -0.15), 0.9, 0.8)
    if pen.chance(0.5) and plumage[0] < 200:
        pen.fill(blob("66,20 80,6 96,16 90,32 70,30"), (48, 110, 84))
    pen.form(blob("92,17! 104,18 114,23 112,28 98,29 91,27!"), BEAK, shade=1.4)
    pen.stroke(line("92,23.6 102,25 112,25.4"), lift(BEAK, -0.16), 0.8)
    pen.eye(85, 17, 2.5)


def _eagle(pen: Pen) -> None:
    plumage = pen.main((104, 74, 56), (84, 62, 54))
    dark, tip = lift(plumage, -0.1), pen.vary(-3, 3)
    pen.form(poly("84,66 74,98 82,94 86,100 92,95 98,100 102,94 110,98 100,66"), WHITE, shade=2.4)
    for mirror in (True, False):
        with pen.moved(92, 0, mirror=mirror):
            wing = blob(
                f"2,50 18,34 38,24 62,{17 + tip} 80,{7 + tip} 95,{1 + tip}! "
                f"89,{12 + tip}! "
                f"94,{16 + tip}! 86,{23 + tip}! 90,{29 + tip}! "
                f"81,{35 + tip}! 84,{41 + tip}! 73,45! "
                "75,51! 62,54! 63,60! 48,61 24,68 4,72"
            )
            pen.form(wing, plumage, shade=4)
            with pen.within(wing):
                pen.lines(
                    ("10,58 34,44 60,38 84,24", "12,64 36,52 62,46 82,32", "20,48 46,34 70,26"),
                    dark,
                    1.4,
                    0.8,
                )
    pen.form(
        blob("92,26 101,36 103,56 98,74 92,80 86,74 81,56 83,36"), lift(plumage, -0.02), shade=3
    )
    pen.form(blob("84,32 86,18 94,12 101,18 101,30 96,39! 92,35 88,40!"), WHITE, shade=2)
    pen.form(blob("99,19! 107,21 109,28! 104,27 99,26!"), BEAK, shade=1)
    pen.eye(96.4, 20.6, 1.5)


def _flamingo(pen: Pen) -> None:
    plumage = pen.main((240, 142, 150), (246, 160, 146))
    leg = lift(plumage, -0.1)
    pen.stroke("M30,64L31,98M31,98h7", leg, 2)
    pen.stroke("M36,64L44,80L32,82", leg, 2)
    pen.form(
        limb((44, 56, 9), (54, 48, 7), (52, 36, 6), (42, 28, 5.6), (40, 16, 5.4), (46, 8, 6)),
        plumage,
        shade=2,
    )
    pen.form(blob("46,48 52,56 46,66 32,70 16,67 0,58! 14,50 30,44"), plumage, shade=4)
    pen.form(blob("40,52 42,60 30,65 12,62! 26,54"), lift(plumage, -0.07), shade=2)
    pen.form(blob("40,7 46,1 54,3 57,9 52,13 44,13"), plumage, shade=1.6)
    pen.form(blob("55,5! 62,8 63,15 58,21! 56,13 53,12!"), WHITE, shade=1)
    pen.flat(blob("62.4,12 62.6,16 58,21! 58.4,15"), INK)
    pen.eye(51, 6.4, 1.4)


SUBJECTS = (
    drawn(
        "bird",
        "robin, sparrow, songbird, finch, bluebird, parrot, hummingbird, swallow, kingfisher, "
        "dove, "
        "pigeon, raven, crow, jay, cardinal, canary, seagull, gull, magpie, toucan",
        (0, 0, 101, 100),
        _bird,
        height=0.2,
        places=("air", "ground"),
    ),
    drawn(
        "owl",
        "barn owl, snowy owl, owlet",
        (1, 0, 71, 100),
        _owl,
        height=0.4,
        places=("ground", "air"),
    ),
    drawn("penguin", "emperor penguin", (-3, 1, 66, 100), _penguin, height=0.8),
    drawn(
        "duck",
        "duckling, goose, swan, rubber duck, mallard",
        (0, 3, 115, 100),
        _duck,
        height=0.4,
        places=("water", "ground"),
    ),
    drawn(
        "eagle",
        "hawk, falcon, vulture, condor, phoenix, osprey, albatross",
        (0, 0, 184, 100),
        _eagle,
        height=0.7,
        places=("sky", "air"),
    ),
    drawn(
        "flamingo",
        "heron, stork, ibis, crane bird, egret",
        (0, 0, 64, 100),
        _flamingo,
        height=1.3,
        places=("water", "ground"),
    ),
)
