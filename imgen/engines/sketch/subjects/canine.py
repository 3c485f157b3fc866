"""Dogs, foxes and wolves: one build, standing, with their own coats."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, limb, line, oval

WHITE, NOSE, TONGUE = (250, 246, 238), (38, 32, 36), (226, 112, 116)


def _dog(pen: Pen) -> None:
    coat = pen.main((206, 150, 88), (120, 78, 50), (62, 56, 60), (236, 220, 190), (176, 104, 54))
    pale = mix(coat, WHITE, 0.55)
    patch = lift(coat, -0.2)
    kind = pen.pick(("plain", "saddle", "patched"))
    wag = pen.vary(-4, 4)
    tail = limb((24, 47, 8), (13, 38, 7), (9 + wag, 26, 6), (13 + wag, 17, 3.5))
    pen.form(tail, coat, shade=2)
    _leg(pen, lift(coat, -0.08), ((74, 62, 11), (76, 78, 7), (75, 95, 6.5)))
    _leg(pen, lift(coat, -0.08), ((38, 62, 13), (40, 77, 7), (36, 85, 6), (38, 95, 6.5)))
    body = blob("20,48 30,40 50,40 68,38 80,42 83,54 79,66 68,71 54,68 40,67 28,70 19,62")
    pen.form(body, coat, shade=5)
    with pen.within(body):
        if kind == "saddle":
            pen.fill(blob("18,36 72,34 70,48 54,56 36,57 22,54"), patch)
        if kind == "patched":
            pen.fill(oval(42, 48, 13, 10), patch)
        pen.fill(blob("72,50 86,40 90,66 76,74 66,70"), pale, 0.9)
        pen.hatch((24, 42, 70, 64), lift(coat, 0.09), 110, 5, count=60)
    _leg(pen, coat, ((27, 56, 18), (24, 72, 9), (20, 83, 6.5), (23, 95, 7)))
    _leg(pen, coat, ((67, 56, 15), (67, 76, 8), (66, 95, 7)))
    pen.form(limb((74, 52, 21), (80, 36, 18), (83, 27, 16)), coat, shade=4)
    if pen.has("collar", "happy") or pen.chance(0.5):
        pen.form(limb((71, 37, 4), (80, 41, 4.4), (90, 38, 4)), (196, 58, 58), shade=1)
        pen.ball(85, 43, 2.3, (240, 196, 82))
    with pen.turned(pen.vary(-6, 5), 84, 26):
        _dog_head(pen, coat, pale, patch if kind != "plain" else lift(coat, -0.1))


def _dog_head(pen: Pen, coat: RGB, pale: RGB, ear: RGB) -> None:
    happy = pen.look.mood == "happy" or pen.has("happy", "smiling") or pen.chance(0.5)
    if happy:
        pen.form(blob("91,32 98,33 100,40 97,44 93,41"), TONGUE, shade=1.2)
    skull = blob("70,24 72,13 81,8 91,9.5 97,16 104,20 109,23 109,29 103,34 92,36 80,36 72,33")
    pen.form(skull, coat, shade=3.5)
    with pen.within(skull):
        pen.fill(blob("92,22 104,18 112,24 108,36 92,38 87,31"), pale)
        pen.fill(blob("93,4 97,4 98,20 94,20"), pale, 0.9)
    pen.round(oval(107.5, 22.6, 3.3, 2.6), NOSE)
    pen.stroke(line("107,26 103,31 94,32"), mix(NOSE, coat, 0.2), 0.9)
    if pen.has("sleeping", "asleep"):
        pen.stroke(line("88,19.5 91,21 94,19.5"), NOSE, 1.1)
    else:
        pen.eye(91, 18.5, 2.3, (46, 30, 26))
        pen.stroke(line("87.6,14.6 91,13 94,14.4"), lift(coat, -0.16), 0.9, 0.8)
    if pen.chance(0.35):
        pen.form(blob("72,16 69,1! 80,6 84,14"), ear, shade=2)
    else:
        pen.form(blob("74,12 81,10 84,18 82,32 76,39 70,35 69,22"), ear, shade=2.4)


def _leg(
    pen: Pen, coat: RGB, stations: tuple[tuple[float, float, float], ...], paw: float = 5.6
) -> None:
    x, y, _ = stations[-1]
    pen.form(limb(*stations), coat, shade=2.2, rim=0.35)
    pen.form(
        blob(
            f"{x - 4},{y + 1} {x + 1},{y - 2} {x + paw},{y + 1.4} {x + paw + 0.6},{y + 4.8}! "
            f"{x - 4},{y + 4.8}!"
        ),
        coat,
        shade=1.2,
        rim=0.5,
    )


def _wild(pen: Pen, coat: RGB, *, socks: RGB, belly: RGB, tip: RGB) -> None:
    """A bushy-tailed hunter with pricked ears: fox or wolf."""
    back = lift(coat, -0.07)
    brush = blob("26,52 16,54 6,62 0,74 3,86 12,92 19,86 24,74 30,64")
    pen.form(brush, coat, shade=4)
    with pen.within(brush):
        pen.fill(blob("-2,78 6,81 12,78 22,86 12,96 -2,94"), tip)
        pen.hatch((2, 58, 26, 90), lift(coat, 0.08), 200, 5, count=40)
    for far in (
        ((72, 60, 10), (74, 78, 6), (73, 96, 5)),
        ((38, 62, 12), (40, 76, 6.4), (36, 85, 5), (38, 96, 5)),
    ):
        _fox_leg(pen, back, socks, far)
    body = blob("22,54 30,45 46,44 64,42 78,42 83,52 80,64 70,70 54,67 40,66 28,69 21,63")
    pen.form(body, coat, shade=4.5)
    with pen.within(body):
        pen.fill(blob("70,52 88,38 90,66 76,76 60,71 64,64"), belly)
        pen.hatch((24, 46, 70, 62), lift(coat, 0.09), 105, 5, count=60)
    _fox_leg(pen, coat, socks, ((29, 58, 16), (26, 73, 8), (21, 84, 5.4), (24, 96, 5.4)))
    _fox_leg(pen, coat, socks, ((68, 58, 13), (68, 77, 7), (67, 96, 5.4)))
    chest = blob("68,46 74,34 84,30 93,34 90,46 86,58 78,64 72,58")
    pen.form(chest, coat, shade=3)
    with pen.within(chest):
        ruff = blob("82,36 94,32 96,48 87,64 78,68 80,58 77,56 80,48!")
        pen.fill(ruff, belly)
        pen.hatch((80, 40, 90, 58), lift(belly, -0.1), 190, 5, count=20)
    with pen.turned(pen.vary(-6, 6), 84, 30):
        _wild_head(pen, coat, socks, belly)


def _fox_leg(
    pen: Pen, coat: RGB, sock: RGB, stations: tuple[tuple[float, float, float], ...]
) -> None:
    leg = limb(*stations)
    pen.form(leg, coat, shade=2, rim=0.35)
    x, y, _ = stations[-1]
    with pen.within(leg):
        pen.fill(
            blob(f"{x - 9},{y - 9} {x},{y - 15} {x + 9},{y - 10} {x + 9},{y + 6} {x - 9},{y + 6}"),
            sock,
        )
    pen.form(
        blob(f"{x - 3},{y} {x + 1},{y - 2} {x + 5},{y + 1} {x + 5.6},{y + 4}! {x - 3},{y + 4}!"),
        sock,
        shade=1,
    )


def _wild_head(pen: Pen, coat: RGB, dark: RGB, pale: RGB) -> None:
    for x, tip, y in ((89, 93, 3), (76, 74, 1)):
        pen.form(blob(f"{x - 6},22 {tip},{y}! {x + 7},18 {x},24"), coat, shade=1.5)
        pen.fill(
            blob(f"{x - 2.6},18 {tip + 0.4},{y + 4}! {x + 4},16 {x},20"), mix(dark, pale, 0.25)
        )
        pen.fill(blob(f"{tip - 2.4},{y + 6} {tip},{y}! {tip + 2.6},{y + 6}"), dark)
    face = blob("70,27 73,18 82,14 91,16 97,23 104,28.5 110,32! 104,36 95,39 84,41 75,38")
    pen.form(face, coat, shade=2.6)
    with pen.within(face):
        pen.fill(blob("68,30 78,31 86,35 93,32.5 100,29.4 112,32 104,42 84,46 70,40"), pale)
    pen.round(oval(109, 31.6, 2.6, 2.1), NOSE)
    if pen.has("sleeping", "asleep"):
        pen.stroke(line("88,26 91.4,27.6 94.6,26.6"), NOSE, 1.1)
    else:
        pen.flat(blob("88,26.6 91,23.4 95.6,26.6! 91.6,28.6"), NOSE)
        pen.eye(91.6, 26, 1.9, (222, 164, 62))
    pen.stroke(line("106,34.4 101,36.2 96,36.4"), NOSE, 0.8, 0.8)


def _fox(pen: Pen) -> None:
    coat = pen.main((222, 112, 48), (206, 96, 44), (232, 130, 62))
    _wild(pen, coat, socks=(70, 48, 48), belly=WHITE, tip=WHITE)


def _wolf(pen: Pen) -> None:
    coat = pen.main((122, 126, 138), (96, 100, 112), (150, 146, 144))
    pale = mix(coat, WHITE, 0.7)
    _wild(pen, coat, socks=lift(coat, -0.16), belly=pale, tip=lift(coat, -0.2))


SUBJECTS = (
    drawn(
        "dog",
        "puppy, hound, corgi, labrador, retriever, golden retriever, terrier, beagle, husky, "
        "poodle, "
        "bulldog, dachshund, collie, shepherd dog, spaniel, doggo, canine",
        (4, 1, 113, 100),
        _dog,
        height=0.6,
        places=("ground", "indoors"),
    ),
    drawn("fox", "vixen, red fox", (-1, 0, 113, 100), _fox, height=0.55),
    drawn("wolf", "coyote, jackal, werewolf", (-1, 0, 113, 100), _wolf, height=0.85),
)
