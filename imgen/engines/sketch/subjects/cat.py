"""A cat, sitting, in one of several coats."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval

ORANGE, GREY, BLACK, CREAM, BROWN = (
    (226, 138, 62),
    (128, 134, 146),
    (52, 50, 60),
    (232, 208, 174),
    (134, 96, 68),
)
WHITE, PINK = (250, 244, 236), (232, 150, 146)
EYES = ((150, 196, 92), (232, 190, 70), (110, 180, 214))


def _paint(pen: Pen) -> None:
    coat = pen.main(ORANGE, GREY, BLACK, CREAM, BROWN)
    marking = pen.pick(("tabby", "bib", "plain", "points"))
    if pen.has("striped", "tabby", "tiger"):
        marking = "tabby"
    pale = mix(coat, WHITE, 0.85 if marking == "bib" else 0.42)
    stripe = lift(coat, -0.14)
    _tail(pen, coat if marking != "points" else lift(coat, -0.2), stripe, marking == "tabby")
    _body(pen, coat, pale, stripe, marking)
    lean = pen.vary(-7, 7)
    with pen.turned(lean, 56, 40):
        _head(pen, coat, pale, stripe, marking)


def _tail(pen: Pen, coat: RGB, stripe: RGB, rings: bool) -> None:
    if pen.chance(0.5):
        tail = limb((30, 90, 9), (14, 92, 8), (6, 80, 8), (7, 64, 8), (13, 52, 7), (11, 44, 6))
    else:
        tail = limb((30, 86, 9), (14, 84, 9), (6, 76, 9), (9, 62, 8), (17, 58, 7), (20, 63, 6))
    pen.form(tail, coat, shade=2)
    if rings:
        with pen.within(tail):
            pen.stroke("M0,74l16,-3M1,66l16,0M2,58l18,2M6,50l14,3M14,97l-3,-18", stripe, 2.2, 0.75)


def _body(pen: Pen, coat: RGB, pale: RGB, stripe: RGB, marking: str) -> None:
    body = blob("47,34 36,47 26,62 20,78 21,92 29,98.5 46,99 62,98 70,88 73,70 72,52 66,38 57,32")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        pen.fill(blob("60,36 52,48 54,66 60,76 68,74 74,60 76,40"), pale, 0.9)
        if marking == "tabby":
            pen.lines(
                (
                    "30,54 37,57 42,64",
                    "25,64 33,66 39,73",
                    "21,75 29,76 35,83",
                    "36,45 42,49 45,55",
                ),
                stripe,
                2.6,
                0.75,
            )
        pen.hatch((24, 50, 60, 96), lift(coat, 0.08), 215, 4, count=60, width=0.5, alpha=0.5)
        pen.hatch((56, 40, 72, 70), lift(pale, -0.08), 185, 4, count=40, width=0.5, alpha=0.5)
    haunch = blob("44,66 32,72 27,84 30,95 40,99.5 54,99.5 58,95 55,80 51,70")
    pen.form(haunch, coat, shade=3)
    sock = pale if marking == "bib" else coat
    pen.form(limb((65, 60, 12), (66, 76, 9), (66, 94, 8.5)), coat, shade=2.5)
    pen.form(limb((71, 58, 11), (73, 76, 9), (74, 94, 8.5)), coat, shade=2.5)
    for x, y, rx in ((50, 96.3, 9), (67.5, 96.3, 6.6), (77, 96.3, 6.6)):
        pen.form(oval(x, y, rx, 3.7), sock, shade=1.2, rim=0.6)
        if pen.detail > 0.4:
            pen.stroke(f"M{x + 1},{y - 0.6}v2.6M{x + 3.4},{y - 0.4}v2.4", stripe, 0.6, 0.7)


def _head(pen: Pen, coat: RGB, pale: RGB, stripe: RGB, marking: str) -> None:
    ear = lift(coat, -0.2) if marking == "points" else coat
    for x, tip in ((46.0, 41), (68.0, 73)):
        side = -1 if x < 57 else 1
        pen.form(
            blob(f"{x - 6 * side},11 {tip - 1 * side},0! {tip + 3 * side},12 {x + 6 * side},24"),
            ear,
            shade=1.6,
        )
        pen.fill(
            blob(f"{x - 3 * side},12 {tip - side},5! {tip + side},13 {x + 3 * side},20"), PINK, 0.7
        )
    head = blob("57,9.5 67,11 75,19 78,29 73,37 65,41.5 57,42.5 49,41.5 41,37 36,29 39,19 47,11")
    pen.form(head, coat, shade=3)
    with pen.within(head):
        if marking == "tabby":
            pen.lines(
                (
                    "57,9 57,18",
                    "51,9 52,17",
                    "63,9 62,17",
                    "36,26 43,27",
                    "36,31 43,31",
                    "78,26 71,27",
                    "78,31 71,31",
                ),
                stripe,
                1.9,
                0.8,
            )
        if marking == "points":
            pen.fill(oval(57, 34, 12, 12), lift(coat, -0.2), 0.55)
        pen.hatch((40, 12, 74, 24), lift(coat, 0.08), 0, 3, count=40, width=0.45, alpha=0.5)
    pen.fill(blob("57,30 62,32.5 65,37 61,41 57,41.5 53,41 49,37 52,32.5"), pale)
    asleep = pen.has("sleeping", "asleep", "sleepy")
    iris = pen.pick(EYES)
    for x in (48.5, 65.5):
        if asleep:
            pen.stroke(line(f"{x - 4},27 {x},29.2 {x + 4},27"), (40, 30, 34), 1.1)
            continue
        pen.flat(blob(f"{x - 4.6},27 {x},22.4 {x + 4.6},27 {x},30.6"), (34, 26, 30))
        pen.eye(x, 26.8, 3.5, iris)
    pen.flat(blob("54.4,32 59.6,32 57,35"), PINK)
    pen.stroke("M57,34.6v1.8M57,36.4q-2,2.4-4.4,.9M57,36.4q2,2.4 4.4,.9", (70, 46, 48), 0.8)
    if pen.detail > 0.3:
        pen.stroke("M50,35.5l-15,-2M50,37l-14,2.4M64,35.5l15,-2M64,37l14,2.4", WHITE, 0.45, 0.8)


SUBJECT = drawn(
    "cat",
    "kitten, kitty, tabby, feline, tomcat",
    (0, -1, 83, 100),
    _paint,
    height=0.45,
    places=("ground", "indoors"),
)
