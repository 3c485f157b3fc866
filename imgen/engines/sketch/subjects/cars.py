"""What rolls on a road: car, bus, truck, bicycle and motorbike."""

from __future__ import annotations

import math

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.pen import Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, oval, poly, ring

TYRE, STEEL, GLASS, LAMP = (40, 40, 46), (196, 202, 210), (120, 164, 190), (255, 236, 180)


def wheel(pen: Pen, x: float, y: float, r: float, hub: RGB = STEEL) -> None:
    """A tyre with a spoked rim."""
    pen.form(oval(x, y, r), TYRE, shade=r * 0.12)
    pen.form(oval(x, y, r * 0.62), hub, shade=r * 0.1)
    if pen.detail > 0.2:
        spokes = "".join(
            f"M{x:.1f},{y:.1f}L{x + r * 0.54 * math.cos(a):.1f},{y + r * 0.54 * math.sin(a):.1f}"
            for a in (0.3 + i * math.tau / 5 for i in range(5))
        )
        pen.stroke(spokes, lift(hub, -0.24), r * 0.13)
    pen.flat(oval(x, y, r * 0.17), lift(hub, -0.3))


def _car(pen: Pen) -> None:
    paint = pen.main((196, 54, 50), (58, 110, 160), (240, 196, 84), (86, 140, 118), (234, 230, 220))
    old = pen.has("vintage", "old", "classic", "retro") or pen.chance(0.35)
    dark = lift(paint, -0.18)
    if old:
        roof = (
            "52,34 66,10 84,2 116,2 136,10 156,33 184,37 205,44 212,56 213,74! 8,76! 5,60 8,46 "
            "24,37"
        )
        glass = ("63,33! 74,13 86,9 104,8! 104,33!", "110,33! 110,8 120,9 132,14 146,33!")
    else:
        roof = "34,38 64,12 84,4 112,3 132,9 160,34 190,39 208,46 214,58 214,74! 6,76! 3,60 8,44"
        glass = ("52,36! 72,14 86,10 103,9! 103,36!", "110,36! 110,9 118,10 130,14 151,36!")
    body = blob(roof)
    pen.flat(box(20, 70, 182, 9, 4), (34, 32, 38))
    pen.form(body, paint, shade=8)
    with pen.within(body):
        pen.fill(blob("0,58 60,54 150,54 220,58 220,82 0,82"), dark, 0.5)
        pen.flat(box(0, 70, 220, 8), lift(paint, -0.28))
        pen.fade(blob("4,41 40,40 170,40 212,48 170,45 40,45"), (255, 255, 255), (0.5, 0.0))
    for pane in glass:
        pen.form(blob(pane), GLASS if not pen.night else (64, 80, 104), shade=2)
        with pen.within(blob(pane)):
            pen.fade(poly("60,40 82,0 96,0 72,40"), (255, 255, 255), (0.5, 0.1))
            pen.fade(poly("114,40 128,0 136,0 124,40"), (255, 255, 255), (0.4, 0.1))
    if pen.detail > 0.2:
        pen.stroke("M106.5,9V68M56,38Q52,60 58,70M156,37Q160,50 154,70", dark, 1, 0.8)
        pen.stroke("M90,45h9M140,45h9", STEEL, 1.8)
        pen.stroke("M70,60H142", lift(paint, 0.1), 1, 0.7)
    pen.form(blob("202,44 210,47 212,55 204,56 200,50"), LAMP, shade=1)
    pen.flat(blob("4,48 10,46 11,56 4,58"), (206, 48, 46))
    if pen.night:
        pen.glow(208, 50, 16, LAMP, 0.9)
        pen.emit(oval(207, 50, 4), (255, 246, 214))
        pen.glow(6, 52, 9, (255, 70, 60), 0.7)
    pen.form(box(0, 66, 20, 6, 3), STEEL, shade=1.4)
    pen.form(box(196, 66, 21, 6, 3), STEEL, shade=1.4)
    for x in (46, 168):
        pen.flat(oval(x, 76, 22.6), (34, 32, 38))
        wheel(pen, x, 80, 19)


def _bus(pen: Pen) -> None:
    paint = pen.main((208, 56, 52), (240, 178, 60), (60, 124, 170), (92, 150, 116))
    double = pen.has("double-decker", "london")
    pen.flat(box(10, 82, 182, 8, 3), (34, 32, 38))
    body = blob("8,8! 14,2 190,2! 199,6 203,40 204,66 203,86! 4,86! 4,40")
    pen.form(body, paint, shade=7)
    with pen.within(body):
        pen.flat(box(0, 52, 210, 4), (246, 238, 222))
        pen.flat(box(0, 78, 210, 10), lift(paint, -0.16))
        pen.fade(box(0, 2, 210, 7), (255, 255, 255), (0.35, 0.0))
    for i in range(5):
        pane = box(14 + i * 29, 16, 24, 28 if not double else 14, 3)
        pen.window(pane, GLASS)
        with pen.within(pane):
            pen.fade(
                poly(f"{18 + i * 29},48 {28 + i * 29},10 {34 + i * 29},10 {26 + i * 29},48"),
                (255, 255, 255),
                (0.4, 0.1),
            )
    pen.window(blob("164,16! 192,16! 197,20 199,46! 164,48!"), GLASS)
    if pen.detail > 0.2:
        pen.stroke("M160,14V80M145,14V80M152.5,16V80", lift(paint, -0.2), 1)
    pen.form(oval(198, 68, 4, 5), LAMP, shade=1)
    if pen.night:
        pen.glow(199, 68, 16, LAMP, 0.9)
    for x in (44, 160):
        pen.flat(oval(x, 84, 18), (34, 32, 38))
        wheel(pen, x, 85.5, 14.5)


def _truck(pen: Pen) -> None:
    paint = pen.main((64, 118, 168), (206, 70, 58), (236, 170, 66))
    pen.flat(box(6, 76, 186, 8, 2), (40, 38, 44))
    cargo = box(2, 4, 122, 74, 3)
    pen.form(cargo, mix(paint, (246, 242, 234), 0.85), shade=6)
    with pen.within(cargo):
        pen.flat(box(0, 40, 130, 10), paint)
        pen.stroke("".join(f"M{x},4V78" for x in range(18, 124, 16)), (190, 186, 180), 0.8, 0.6)
    cab = blob("128,22! 160,20 172,26 182,48 195,53 199,62 199,80! 128,80!")
    pen.form(cab, paint, shade=5)
    pen.window(blob("146,27! 160,27 167,31 175,49! 146,49!"), GLASS)
    pen.stroke("M142,26V78M148,58h7", lift(paint, -0.2), 1.2)
    pen.form(box(190, 60, 8, 9, 3), LAMP, shade=1)
    if pen.night:
        pen.glow(196, 64, 15, LAMP, 0.9)
    for x in (28, 62, 166):
        wheel(pen, x, 83.5, 16.5)


def _spokes(pen: Pen, x: float, y: float, r: float) -> None:
    pen.flat(ring(x, y, r, r - 2.8), TYRE)
    pen.flat(ring(x, y, r - 2.8, r - 4), STEEL)
    if pen.detail > 0.2:
        d = "".join(
            f"M{x},{y}L{x + (r - 4) * math.cos(a):.1f},{y + (r - 4) * math.sin(a):.1f}"
            for a in (i * math.tau / 14 for i in range(14))
        )
        pen.stroke(d, STEEL, 0.45, 0.9)
    pen.flat(oval(x, y, 2.6), (110, 114, 122))


def _bicycle(pen: Pen) -> None:
    paint = pen.main((52, 132, 140), (206, 74, 60), (236, 170, 66), (70, 84, 120))
    _spokes(pen, 30, 69, 30)
    _spokes(pen, 134, 69, 30)
    pen.stroke("M30,69L72,71M30,69L62,27", paint, 3)
    pen.stroke("M72,71L60,22", paint, 3.6)
    pen.stroke("M63,32L116,27L72,71", paint, 3.6)
    pen.stroke("M113,14L119,34L134,69", paint, 3.6)
    pen.stroke("M64,30L115,25", lift(paint, 0.12), 0.9, 0.9)
    pen.stroke(line("113,14 112,8 124,5 128,10"), STEEL, 2.6)
    pen.stroke("M112,8L124,5", (80, 54, 44), 4)
    pen.form(blob("46,20 60,16 74,18 72,22 60,24 50,25"), (84, 56, 44), shade=1.4)
    pen.flat(ring(72, 71, 9, 6.6), (90, 92, 100))
    pen.stroke("M72,71L80,86M72,71L64,57M76,87h9M60,56h8", (70, 70, 78), 2.4)
    pen.stroke("M30,66L72,63M30,72L72,79", (70, 70, 78), 0.8)
    if pen.chance(0.5) or pen.has("basket"):
        pen.form(poly("120,12 146,12 142,32 124,32"), (196, 150, 96), shade=2)
        pen.stroke(
            "M121,17h24M122,22h22M123,27h20M128,12l1,20M134,12v20M140,12l-1,20", (150, 108, 66), 0.9
        )
    else:
        pen.ball(124, 18, 4, LAMP)
    if pen.night:
        pen.glow(140, 18, 16, LAMP, 0.7)


def _motorbike(pen: Pen) -> None:
    paint = pen.main((196, 54, 50), (54, 58, 66), (60, 110, 160))
    wheel(pen, 28, 73, 27)
    wheel(pen, 142, 73, 27)
    pen.stroke("M142,73L116,18M28,73L70,70", STEEL, 4.4)
    pen.stroke(line("116,18 108,11 98,12"), (60, 60, 66), 3.4)
    pen.form(blob("6,50 28,40 50,44 46,50 28,48 10,60"), paint, shade=2)
    pen.form(blob("54,54! 96,54! 100,76 88,84 60,84 52,74"), (112, 116, 126), shade=3)
    pen.stroke("M58,60h38M58,65h40M58,70h40", (70, 72, 80), 1.2)
    pen.form(blob("34,40 50,33 70,36 80,44 66,49 44,48"), (60, 46, 42), shade=2)
    pen.form(blob("70,42 78,28 98,24 114,30 112,44 94,50 78,50"), paint, shade=3)
    pen.form(blob("116,40 140,38 162,50 150,48 136,46 120,50"), paint, shade=1.6)
    pen.form(oval(122, 27, 7.6), LAMP, shade=1.6)
    pen.stroke("M70,84Q50,92 14,84", STEEL, 5)
    if pen.night:
        pen.glow(126, 27, 20, LAMP, 0.9)


SUBJECTS = (
    drawn(
        "car",
        "automobile, sedan, sports car, taxi, cab, convertible, racing car, race car, "
        "vehicle, suv, "
        "hatchback, jeep, limousine, coupe, roadster, beetle car, classic car",
        (0, 1, 217, 99),
        _car,
        height=1.5,
    ),
    drawn(
        "bus",
        "coach, school bus, tram, streetcar, trolley, camper van, camper, minibus",
        (3, 1, 205, 100),
        _bus,
        height=3.0,
    ),
    drawn(
        "truck",
        "lorry, pickup, van, fire truck, delivery van, tractor",
        (1, 3, 200, 100),
        _truck,
        height=3.2,
    ),
    drawn("bicycle", "bike, cycle, tandem", (-1, 2, 165, 100), _bicycle, height=1.1),
    drawn(
        "motorbike", "motorcycle, scooter, moped, vespa", (0, 6, 170, 100), _motorbike, height=1.1
    ),
)
