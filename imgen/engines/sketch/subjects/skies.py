"""What hangs in the sky: moon, sun, planet, star, cloud, rainbow, snowflake and comet."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix, turn
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, oval, ring, star

WHITE = (255, 252, 244)


def _radiant(pen: Pen, d: str, rgb: RGB) -> None:
    """A form that shines: its gradient does not take the light's shade."""
    pen.emit(d, rgb)
    pen.fade(d, lift(rgb, 0.1), (0.9, 0.0), 160, own=True)


def _moon(pen: Pen) -> None:
    glow = pen.main((244, 236, 208), (236, 232, 222), (250, 226, 180))
    crescent = pen.has("crescent", "half", "new") or (pen.chance(0.35) and not pen.has("full"))
    if crescent:
        shape = "M55.5,1.3A49,49 0 1 0 92.3,74.8A42,42 0 1 1 55.5,1.3Z"
        _radiant(pen, shape, glow)
    else:
        shape = oval(50, 50, 49)
        _radiant(pen, shape, glow)
    with pen.within(shape):
        shade = lift(glow, -0.07)
        seas = (
            blob("22,30 34,20 46,24 44,38 32,46 22,42"),
            blob("52,26 64,22 72,32 66,42 56,40"),
            blob("30,58 44,52 54,62 48,76 34,74"),
            blob("64,58 76,54 82,64 74,74 64,70"),
        )
        pen.emit("".join(seas), shade, 0.7)
        if pen.detail > 0.3:
            for x, y, r in (
                (26, 68, 4),
                (70, 84, 5),
                (80, 44, 4),
                (48, 12, 3.4),
                (14, 48, 3.6),
                (58, 48, 3),
            ):
                pen.emit(oval(x, y, r), lift(glow, -0.1), 0.6)
                pen.emit(oval(x + 0.8, y + 0.8, r * 0.76), lift(glow, -0.03), 0.9)
        pen.fade(oval(66, 60, 60), lift(glow, -0.2), (0.0, 0.34), 130, own=True)


def _sun(pen: Pen) -> None:
    glow = pen.main((255, 202, 76), (255, 186, 66), (255, 216, 110))
    rays = pen.pick((12, 16))
    pen.emit(star(50, 50, 50, 34, rays, turn=pen.vary(0, 20)), lift(glow, 0.02), 0.85)
    pen.emit(star(50, 50, 45, 33, rays, turn=pen.vary(0, 20) + 180 / rays), lift(glow, 0.07), 0.8)
    pen.emit(oval(50, 50, 33), lift(glow, -0.04))
    pen.emit(oval(50, 50, 31), glow)
    pen.fade(oval(50, 50, 31), lift(glow, 0.12), (0.95, 0.0), 150, own=True)


def _planet(pen: Pen) -> None:
    body = pen.main((214, 150, 96), (96, 150, 190), (184, 120, 170), (120, 170, 140))
    rings = not pen.has("earth", "mars", "blue", "ringless")
    scale = 0.72
    band, r = lift(turn(body, 20), 0.09), 49 * scale
    tilt = pen.vary(-22, -12)
    if rings:
        with pen.turned(tilt, 50, 50):
            _half_ring(pen, band, behind=True)
    pen.round(oval(50, 50, r), body)
    with pen.within(oval(50, 50, r)), pen.turned(tilt, 50, 50):
        for level, thick, tone in (
            (-30, 8, 0.06),
            (-14, 5, -0.06),
            (2, 11, 0.05),
            (20, 6, -0.08),
            (32, 8, 0.04),
        ):
            wave = pen.vary(-3, 3)
            y, h = 50 + level * scale, thick * scale
            pen.fill(
                blob(
                    f"-10,{y} 25,{y + wave} 60,{y - wave} 110,{y}! 110,{y + h} "
                    f"60,{y + h + wave} 25,{y + h - wave} -10,{y + h}!"
                ),
                lift(turn(body, tone * 200), tone),
                0.6,
            )
        pen.fill(oval(62, 58, 8 * scale, 5 * scale), turn(lift(body, -0.06), -30), 0.8)
    lx, ly = pen.towards
    dark_side = math.degrees(math.atan2(-lx, ly))
    pen.fade(oval(50, 50, r), (10, 8, 26), (0.0, 0.7), dark_side, own=True)
    if rings:
        with pen.turned(tilt, 50, 50):
            _half_ring(pen, band, behind=False)


def _half_ring(pen: Pen, rgb: RGB, *, behind: bool) -> None:
    half = f"M-5,{20 if behind else 50}H105v30H-5Z"
    with pen.within(half):
        for outer, inner, tone, alpha in ((51.5, 46.5, 0.04, 0.9), (45.6, 40, -0.03, 0.85)):
            pen.flat(ring(50, 50, outer, inner, 0.26), lift(rgb, tone), alpha)


def _star(pen: Pen) -> None:
    gold = pen.main((250, 204, 84), (246, 222, 140), (255, 190, 70))
    shape = star(50, 53, 52, 22, 5)
    if pen.night:
        pen.glow(50, 52, 52, gold, 0.5)
    pen.emit(shape, gold)
    for i in range(5):
        with pen.turned(i * 72, 50, 53):
            pen.emit("M50,53L50,1L62.9,35.2Z", lift(gold, -0.09))
            pen.emit("M50,53L50,1L37.1,35.2Z", lift(gold, 0.05))


def _cloud(pen: Pen) -> None:
    mist = pen.main((246, 248, 252), (236, 240, 246), (250, 244, 240))
    if pen.has("dark", "stormy", "storm", "rain", "grey", "gray"):
        mist = mix(mist, (96, 106, 126), 0.7)
    w = [pen.vary(0.88, 1.08) for _ in range(6)]
    puffs = (
        (34, 62, 24 * w[0]),
        (66, 40, 34 * w[1]),
        (106, 36, 36 * w[2]),
        (140, 56, 27 * w[3]),
        (88, 62, 32),
        (22, 76, 20 * w[4]),
        (158, 74, 20 * w[5]),
        (56, 76, 24),
        (122, 76, 24),
    )
    whole = "".join(oval(x, y, r) for x, y, r in puffs) + "M20,98H160V70H20Z"
    floor = "M-10,-10H200V97H-10Z"
    with pen.within(floor):
        pen.form(whole, mist, shade=6, rim=0)
        with pen.within(whole):
            x, y = pen.towards
            for px, py, r in puffs[1:5]:
                pen.fade(
                    oval(px + x * r * 0.12, py + y * r * 0.12, r * 0.86),
                    lift(mist, 0.05),
                    (0.95, 0.0),
                    180,
                )
            pen.fade("M-10,50H200V100H-10Z", pen.tones(mist).dark, (0.0, 0.75), own=True)


def _rainbow(pen: Pen) -> None:
    bands = (
        (228, 82, 78),
        (240, 148, 70),
        (248, 208, 88),
        (112, 178, 106),
        (84, 144, 206),
        (134, 106, 188),
    )
    tint = pen.look.colour
    for i, own in enumerate(bands):
        r = 98 - i * 7
        d = (
            f"M{100 - r},100A{r},{r} 0 0 1 {100 + r},100H{100 + r - 7}A{r - 7},{r - 7} 0 0 0 "
            f"{100 - r + 7},100Z"
        )
        pen.emit(d, mix(own, tint, 0.6) if tint else turn(own, pen.vary(-4, 4)), 0.85)


def _snowflake(pen: Pen) -> None:
    ice = pen.main((226, 240, 250), (200, 226, 246))
    twig, fork = pen.vary(12, 18), pen.vary(22, 32)
    d = ""
    for i in range(6):
        a = i * math.pi / 3 - math.pi / 2
        d += f"M50,50L{50 + 47 * math.cos(a):.1f},{50 + 47 * math.sin(a):.1f}"
        for at, reach in ((fork, twig), (fork + 12, twig * 0.55)):
            x, y = 50 + at * math.cos(a), 50 + at * math.sin(a)
            for s in (-0.9, 0.9):
                d += (
                    f"M{x:.1f},{y:.1f}"
                    f"L{x + reach * math.cos(a + s):.1f},{y + reach * math.sin(a + s):.1f}"
                )
    pen.stroke(d, lift(ice, -0.14), 4.6)
    pen.stroke(d, ice, 3)
    pen.fill(star(50, 50, 14, 12, 6), ice)


def _comet(pen: Pen) -> None:
    tail = pen.main((150, 200, 250), (250, 200, 130))
    for spread, alpha in ((22, 0.35), (14, 0.5), (7, 0.8)):
        pen.fade(
            blob(
                f"0,{4 + spread * 0.2}! 60,{50 - spread * 0.8} 118,{74 - spread * 0.3} "
                f"122,{84 + spread * 0.3} 108,{92 + spread * 0.25} 56,{56 + spread * 0.4}"
            ),
            tail,
            (0.02, alpha),
            110,
            own=True,
        )
    pen.glow(116, 83, 17, lift(tail, 0.1), 0.9)
    pen.emit(oval(116, 83, 10), mix(tail, WHITE, 0.8))
    pen.emit(ring(116, 83, 10, 8.4), tail, 0.8)


SUBJECTS = (
    drawn(
        "moon",
        "crescent moon, full moon, crescent",
        (0, 0, 100, 100),
        _moon,
        height=60.0,
        places=("sky",),
    ),
    drawn("sun", "sunshine, sunburst", (0, 0, 100, 100), _sun, height=60.0, places=("sky",)),
    drawn(
        "planet",
        "saturn, jupiter, mars, earth, globe, venus, neptune",
        (-2, 14, 102, 86),
        _planet,
        height=80.0,
        places=("sky",),
    ),
    drawn("star", "gold star", (0, 1, 100, 97), _star, height=6.0, places=("sky",)),
    drawn(
        "cloud",
        "raincloud, cumulus, thundercloud",
        (0, -1, 180, 97),
        _cloud,
        height=30.0,
        places=("sky",),
    ),
    drawn("rainbow", "", (2, 2, 198, 100), _rainbow, height=90.0, places=("sky",)),
    drawn(
        "snowflake", "ice crystal", (2, -1, 98, 101), _snowflake, height=0.1, places=("air", "sky")
    ),
    drawn(
        "comet",
        "meteor, shooting star, asteroid",
        (19, 19, 127, 98),
        _comet,
        height=20.0,
        places=("sky",),
    ),
)
