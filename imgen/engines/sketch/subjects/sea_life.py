"""What lives in the sea: fish, whale, turtle, dolphin, octopus, jellyfish and shark."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval

WHITE, INK = (250, 248, 244), (30, 28, 38)


def _fish(pen: Pen) -> None:
    scale = pen.main((242, 140, 56), (72, 140, 190), (236, 196, 74), (206, 84, 110), (90, 170, 150))
    fin = turn(lift(scale, -0.06), -14)
    marks = pen.pick(("bands", "bands", "plain", "stripe"))
    if pen.has("striped", "clownfish"):
        marks = "bands"
    sway = pen.vary(-3, 3)
    pen.form(blob(f"30,50 16,{34 + sway} 0,20! 5,40 7,50 4,62 0,{82 + sway}! 16,68"), fin, shade=3)
    pen.form(blob("38,26 52,2! 74,4 92,14 100,26! 84,30 60,32"), fin, shade=3)
    pen.form(blob("52,74 58,96! 72,92 80,76"), fin, shade=2)
    body = blob("26,50 38,33 58,22 82,19 106,26 122,40 128,51 122,62 106,76 82,82 58,78 38,67")
    pen.form(body, scale, shade=7)
    with pen.within(body):
        pen.fill(blob("24,62 60,70 100,68 130,56 130,90 40,90"), mix(scale, WHITE, 0.55), 0.75)
        if marks == "bands":
            for x, w in ((46, 5), (74, 7), (99, 5)):
                pen.fill(
                    blob(
                        f"{x - w},10 {x + w},10 {x + w + 4},50 {x + w},92 {x - w},92 {x - w + 4},50"
                    ),
                    WHITE,
                )
        if marks == "stripe":
            pen.fill(blob("20,48 60,42 100,42 130,50 100,52 60,54"), lift(scale, -0.2), 0.8)
        if pen.detail > 0.35:
            rows = "".join(
                f"M{x + (row % 2) * 4.5},{30 + row * 7}q-5,3.5 0,7"
                for row in range(7)
                for x in range(42, 98, 9)
            )
            pen.stroke(rows, lift(scale, -0.12), 0.8, 0.55)
    pen.stroke(line("103,30 98,44 99,58 104,70"), lift(scale, -0.16), 1.1, 0.8)
    pen.form(blob("86,54 76,50 64,54 58,66! 72,70 84,64"), fin, shade=2)
    for part in ("M56,8L62,28M68,8L72,26M82,12L84,24", "M8,30L24,46M8,70L24,54M10,50H24"):
        pen.stroke(part, lift(fin, -0.1), 0.7, 0.7 if pen.detail > 0.3 else 0)
    pen.flat(oval(112, 42, 5.6), WHITE)
    pen.eye(113, 42, 3.8)
    pen.stroke(line("127,54 121,57 117,56"), lift(scale, -0.2), 1.2)


def _whale(pen: Pen) -> None:
    skin = pen.main((72, 112, 152), (86, 100, 128), (60, 96, 124))
    spout = mix((214, 236, 246), skin, 0.1)
    pen.stroke("M122,30Q122,12 110,8M122,30Q122,12 134,7M122,28V10", spout, 3, 0.9)
    pen.form(blob("18,40 4,34 0,14! 14,18 20,28 26,16 42,12! 38,30 26,40"), skin, shade=3)
    body = blob(
        "18,36 28,36 36,50 52,54 74,38 104,29 134,31 156,44 163,62 156,82 132,95 98,99 62,95 36,82 "
        "22,62"
    )
    pen.form(body, skin, shade=8)
    belly = blob("166,68 140,72 108,80 76,86 48,84 34,80 60,104 140,106 170,80")
    with pen.within(body):
        pen.fill(belly, mix(skin, WHITE, 0.78))
        if pen.detail > 0.2:
            grooves = tuple(
                f"{158 - i * 6},{71 + i * 4.4} 110,{82 + i * 4} {60 + i * 5},{88 + i * 3.4}"
                for i in range(6)
            )
            pen.lines(grooves, lift(skin, -0.04), 0.9, 0.6)
        pen.hatch((70, 36, 140, 60), lift(skin, 0.1), 90, 2, count=30, width=1.1)
    pen.form(blob("108,76 116,82 112,94 96,100! 88,98 98,86"), lift(skin, -0.06), shade=2.4)
    pen.stroke(line("162,62 150,68 138,68 130,64"), lift(skin, -0.18), 1.3)
    pen.flat(oval(134, 57, 3.6), mix(skin, WHITE, 0.4))
    pen.eye(134.4, 57, 2.6)


def _shark(pen: Pen, skin: RGB, *, snout: bool) -> None:
    """A shark, or with a snout a dolphin, swimming."""
    pen.form(blob("72,34 70,14 60,2! 82,8 98,30"), lift(skin, -0.04), shade=2)
    pen.form(blob("24,50 12,36 0,20! 2,44 8,54 4,72! 16,66"), skin, shade=2)
    nose = "150,44 163,47 165,51 150,54" if snout else "148,42 160,50 152,58"
    body = blob(f"20,52 40,42 70,31 104,29 130,34 {nose} 134,66 108,73 74,70 42,62")
    pen.form(body, skin, shade=5)
    with pen.within(body):
        pen.fill(blob("166,53 140,55 110,60 70,62 30,58 60,84 150,84"), mix(skin, WHITE, 0.8))
    pen.form(blob("104,64 98,84 84,98! 106,94 122,66"), lift(skin, -0.05), shade=2)
    pen.form(blob("52,64 46,78! 58,74 66,67"), lift(skin, -0.05), shade=1)
    if not snout:
        pen.lines(
            ("116,42 112,50 114,58", "110,42 106,50 108,58", "104,43 100,50 102,58"),
            lift(skin, -0.2),
            1.1,
        )
    pen.stroke(
        line("158,53 146,58 134,57" if snout else "156,56 146,60 136,58"), lift(skin, -0.22), 1.1
    )
    pen.eye(136, 45, 2.3)


def _turtle(pen: Pen) -> None:
    shell = pen.main((108, 124, 66), (134, 98, 60), (78, 122, 92))
    skin = turn(mix(shell, (150, 176, 96), 0.55), 8)
    pen.form(blob("18,78 8,82 0,90! 10,90 22,86"), skin, shade=1)
    for x, far in ((46, True), (98, True), (34, False), (86, False)):
        own = lift(skin, -0.08 if far else 0)
        pen.form(
            blob(f"{x - 8},72 {x + 10},72 {x + 9},88 {x + 11},100! {x - 9},100! {x - 9},88"),
            own,
            shade=2.4,
        )
    pen.form(
        blob("106,74 118,66 124,52 130,42 142,39 153,44 156,54 150,62 140,66 132,78 118,88"),
        skin,
        shade=3,
    )
    dome = blob("12,76! 20,48 40,26 68,18 94,26 112,46 120,76! 100,84 66,87 32,84")
    pen.form(dome, shell, shade=7)
    with pen.within(dome):
        if pen.detail > 0.2:
            pen.stroke(
                "M50,36L82,36L94,56L80,74L52,74L38,56ZM50,36L40,22"
                "M82,36L92,22M94,56L120,56M38,56L12,56"
                "M52,74L46,92M80,74L88,92",
                lift(shell, -0.15),
                2,
            )
            pen.fill(blob("54,40 78,40 87,56 77,70 55,70 45,56"), lift(shell, 0.07), 0.6)
    pen.form(
        blob("8,74 30,80 66,83 102,80 124,73 122,81 100,88 66,91 32,88 10,81"),
        lift(shell, -0.05),
        shade=2,
    )
    pen.eye(145, 48, 2.6)
    pen.stroke(line("155,57 148,59 142,57"), lift(skin, -0.2), 1.2)


def _octopus(pen: Pen) -> None:
    skin = pen.main((206, 96, 92), (150, 96, 160), (226, 136, 80))
    for i, x in enumerate((8, 30, 72, 94, 18, 50, 84)):
        wave = pen.vary(-5, 5)
        arm = limb(
            (50 + (x - 50) * 0.4, 50, 12),
            (50 + (x - 50) * 0.8 + wave, 72, 9),
            (x - wave * 0.4, 88, 6),
            (x + (7 if x < 50 else -7), 98 - (i % 2) * 3, 3),
        )
        pen.form(arm, lift(skin, -0.06 if i < 4 else 0.01), shade=2, rim=0.5)
    pen.form(
        blob("50,1 68,5 80,18 82,34 76,48 70,60 50,65 30,60 24,48 18,34 20,18 32,5"), skin, shade=6
    )
    spots = "".join(
        oval(50 + pen.vary(-22, 22), pen.vary(8, 26), pen.vary(1, 2.6)) for _ in range(8)
    )
    pen.flat(spots, lift(skin, 0.1), 0.8)
    for x in (39, 63):
        pen.flat(oval(x, 43, 7, 8), WHITE)
        pen.eye(x + 1, 44, 4)
    pen.stroke(line("45,55 51,57.6 57,55"), lift(skin, -0.22), 1.4)


def _jellyfish(pen: Pen) -> None:
    skin = pen.main((230, 150, 200), (140, 170, 236), (246, 180, 140))
    if pen.night:
        pen.glow(40, 34, 42, skin, 0.5)
    for i in range(9):
        x, phase = 16 + i * 6, pen.vary(0, math.tau)
        points = " ".join(f"{x + 4 * math.sin(phase + k)},{44 + k * (6 + i % 3)}" for k in range(8))
        pen.stroke(line(points), lift(skin, 0.02), 1.6 if i % 2 else 3, 0.7)
    bell = blob(
        "40,1 58,5 72,18 79,38 77,48! 68,43 60,49! 50,43 40,50! 30,43 20,49! 12,43 3,48! 1,38 8,18 "
        "22,5"
    )
    pen.form(bell, skin, shade=6)
    pen.fade(oval(40, 24, 22, 16), WHITE, (0.6, 0.0))
    pen.lines(("40,8 40,40", "28,10 20,38", "52,10 60,38"), lift(skin, 0.1), 1, 0.7)


SUBJECTS = (
    drawn(
        "fish",
        "goldfish, koi, trout, salmon, clownfish, tuna, carp, betta, angelfish, guppy, "
        "tropical fish",
        (0, 1, 128, 97),
        _fish,
        height=0.2,
        places=("underwater", "water"),
    ),
    drawn(
        "whale",
        "humpback, orca, blue whale, narwhal, sperm whale",
        (0, 5, 163, 100),
        _whale,
        height=4.0,
        places=("water", "underwater"),
    ),
    drawn(
        "shark",
        "great white",
        (0, 1, 159, 99),
        lambda pen: _shark(pen, pen.main((112, 128, 142), (96, 116, 136)), snout=False),
        height=1.2,
        places=("underwater", "water"),
    ),
    drawn(
        "dolphin",
        "porpoise, orca whale",
        (0, 1, 166, 99),
        lambda pen: _shark(pen, pen.main((104, 140, 170), (120, 144, 164)), snout=True),
        height=0.9,
        places=("water", "underwater"),
    ),
    drawn(
        "turtle",
        "tortoise, sea turtle, terrapin",
        (0, 17, 156, 100),
        _turtle,
        height=0.4,
        places=("ground", "underwater"),
    ),
    drawn(
        "octopus",
        "squid, kraken",
        (2, 0, 100, 100),
        _octopus,
        height=0.6,
        places=("underwater", "water"),
    ),
    drawn("jellyfish", "medusa", (0, 0, 80, 102), _jellyfish, height=0.5, places=("underwater",)),
)
