"""Where people live and work: house, cottage, barn, skyscraper, tent, hut and shop."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift, mix
from imgen.engines.sketch.subjects.masonry import (
    bushy,
    casement,
    chimney,
    door,
    planks,
    stones,
    tiles,
    trim,
)
from imgen.engines.sketch.subjects.pen import WINDOW, Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, line, oval, poly

SNOW, OAK = (246, 250, 254), (122, 80, 54)
SNOWY = ("snowy", "snow-covered", "winter", "snow")


def _house(pen: Pen) -> None:
    wall = pen.main(
        (238, 226, 200), (206, 120, 96), (132, 164, 178), (226, 188, 120), (156, 174, 144)
    )
    roof = pen.pick(((150, 74, 60), (86, 92, 108), (120, 84, 66)))
    chimney(pen, 88, 8, 10, 26)
    side = poly("62,40 122,40 122,100 62,100")
    pen.fill(side, lift(wall, -0.045))
    with pen.within(side):
        planks(pen, (62, 40, 122, 100), lift(wall, -0.045), step=4)
    top = blob("38,8! 104,8! 128,42! 62,42!")
    pen.form(top, roof, shade=2)
    with pen.within(top):
        tiles(pen, (36, 10, 130, 43), roof)
        if pen.has(*SNOWY):
            pen.form(blob("36,4 106,4 120,26 104,30 92,27 80,32 66,28 56,30"), SNOW, shade=2)
    front = poly("8,100 8,44 37,12 66,44 66,100")
    pen.form(front, wall, shade=2, rim=0.6)
    with pen.within(front):
        planks(pen, (6, 14, 66, 100), wall, step=4)
        pen.fade(
            poly("0,48 37,10 74,48 74,56 37,18 0,56"), pen.tones(wall).deep, (0.55, 0.25), own=True
        )
    pen.stroke("M3,48L37,10.4L71,48", trim(wall), 3.4)
    casement(pen, 30, 30, 14, 15, arched=True)
    casement(pen, 14, 57, 14, 17)
    for x in (74, 98):
        casement(pen, x, 54, 15, 18)
    colour = pen.pick(((54, 104, 118), (160, 62, 54), (92, 110, 70)))
    for shutter in (10, 28.6, 70.6, 89.6, 94.6, 113.6):
        y, h = (57, 17) if shutter < 60 else (54, 18)
        pen.form(box(shutter, y, 3.4, h), colour, shade=0.5, rim=0.3)
    door(pen, 42, 15, 30, colour)
    pen.flat(box(39, 97, 21, 3), lift(trim(wall), -0.14))
    bushy(pen, 76, 95, 7)
    bushy(pen, 104, 96, 6)
    bushy(pen, 14, 96, 5.6)


def _cottage(pen: Pen) -> None:
    wall = pen.main((240, 230, 206), (222, 206, 178), (206, 176, 150))
    thatch = pen.pick(((176, 138, 84), (150, 116, 82), (132, 92, 72)))
    chimney(pen, 96, 6, 13, 34, brick=(150, 138, 128))
    front = box(12, 50, 116, 50)
    pen.form(front, wall, shade=2)
    with pen.within(front):
        stones(pen, (12, 50, 128, 100), wall, size=9, share=0.26)
    roof = blob(
        "2,58 14,36 26,16 40,8 96,8 114,18 128,38 138,58 126,63 104,58 84,62 60,57 36,62 14,63"
    )
    pen.form(roof, thatch, shade=5)
    with pen.within(roof):
        pen.hatch((4, 12, 136, 54), lift(thatch, -0.12), 186, 9, count=130, width=0.7)
        pen.hatch((10, 12, 120, 40), lift(thatch, 0.1), 186, 8, count=70, width=0.6)
        pen.stroke(line("20,26 60,20 120,26"), lift(thatch, -0.1), 1, 0.7)
        if pen.has(*SNOWY):
            pen.form(
                blob("10,40 26,10 60,4 110,8 130,40 112,34 96,40 74,34 52,40 34,34"), SNOW, shade=3
            )
    for x in (22, 96):
        casement(pen, x, 68, 20, 18, frame=(110, 78, 58))
        pen.form(box(x - 1, 88, 22, 5, 1), OAK, shade=1)
        dots = "".join(oval(x + 2 + i * 3.6, 87 - (i % 2) * 1.4, 1.9) for i in range(6))
        pen.flat(dots, pen.pick(((222, 90, 100), (240, 190, 80), (200, 120, 190))))
    door(pen, 58, 21, 36, pen.pick(((74, 118, 98), (158, 72, 58), (70, 100, 140))), arched=True)
    for x in (50, 86):
        bushy(pen, x, 95, 6.4)
    bushy(pen, 14, 94, 8)
    bushy(pen, 124, 94, 8)


def _barn(pen: Pen) -> None:
    wall = pen.main((172, 60, 50), (150, 66, 52))
    white = (244, 238, 226)
    pen.fill(poly("76,44 132,44 132,100 76,100"), lift(wall, -0.06))
    with pen.within(box(76, 44, 56, 56)):
        planks(pen, (76, 40, 132, 100), lift(wall, -0.06), step=4, upright=True)
    roof = poly("42,2 98,2 118,16 136,46 82,46 64,16")
    pen.form(roof, (104, 100, 106), shade=2)
    front = poly("6,100 6,46 20,18 42,5 64,18 78,46 78,100")
    pen.form(front, wall, shade=2.4)
    with pen.within(front):
        planks(pen, (6, 4, 78, 100), wall, step=4, upright=True)
    pen.stroke("M3,48L19,17L42,3.6L65,17L81,48", white, 3.2)
    doors = box(22, 58, 40, 42)
    pen.form(doors, lift(wall, -0.05), shade=1)
    pen.stroke(
        "M22,100V58H62V100M42,58V100M22,59L42,99M42,59L22,99M42,59L62,99M62,59L42,99", white, 1.8
    )
    pen.window(box(35, 24, 14, 15), (70, 52, 50))
    pen.stroke("M34,23h16v17h-16z", white, 2)
    for x in (92, 112):
        casement(pen, x, 62, 11, 13)


def _skyscraper(pen: Pen) -> None:
    glass = pen.main((92, 128, 156), (120, 140, 150), (70, 104, 130), (150, 130, 116))
    stepped = pen.chance(0.5)
    pen.stroke("M22,0V14", lift(glass, -0.1), 0.9)
    levels = ((15, 10, 29), (9, 22, 35), (3, 42, 41)) if stepped else ((5, 9, 39),)
    for left, top, right in levels:
        pen.upright(box(left, top, right - left, 100 - top), glass)
        pen.flat(box(left - 0.5, top, right - left + 1, 1.4), lift(glass, 0.1))
        _panes(pen, left, top + 3, right, 96 if (left, top, right) == levels[-1] else 44, glass)
    pen.flat(box(2, 96, 40, 4), lift(glass, -0.16))
    pen.window(box(17, 94, 10, 6), (60, 80, 96))


def _panes(pen: Pen, left: float, top: float, right: float, bottom: float, glass: RGB) -> None:
    dark, bright, y = "", "", top
    step = 3.4 if pen.detail > 0.3 else 6.8
    while y < bottom - 2:
        x = left + 1.6
        while x < right - 2.4:
            pane = box(x, y, 2, step * 0.62)
            if pen.chance(0.42 if pen.night else 0.18):
                bright += pane
            else:
                dark += pane
            x += 3.2
        y += step
    if dark:
        pen.flat(dark, lift(glass, -0.15), 0.9)
    if bright and pen.night:
        pen.emit(bright, WINDOW)
    elif bright:
        pen.flat(bright, lift(glass, 0.16))


def _tent(pen: Pen) -> None:
    cloth = pen.main((226, 136, 62), (84, 136, 112), (196, 84, 66), (92, 130, 176))
    if pen.night:
        pen.glow(62, 66, 56, (255, 190, 100), 0.35)
    pen.form(poly("60,6 106,12 144,100 84,100"), lift(cloth, -0.08), shade=3)
    pen.lines(("76,12 116,100", "92,12 132,100"), lift(cloth, -0.16), 0.7)
    pen.form(blob("60,4! 78,54 92,100! 4,100! 34,52"), cloth, shade=4)
    pen.window(blob("59,22! 70,62 76,100! 34,100! 48,62"), (74, 60, 58))
    pen.form(blob("59,22! 50,58 40,78 26,100! 40,100! 54,60"), lift(cloth, 0.04), shade=1)
    pen.form(blob("59,22! 66,60 74,82 86,100! 72,100! 64,62"), lift(cloth, -0.02), shade=1)
    pen.stroke("M60,6L60,0M60,5L2,99M144,99L106,12", (90, 66, 50), 0.9)


def _hut(pen: Pen) -> None:
    logs = pen.main((150, 102, 66), (128, 86, 60))
    chimney(pen, 88, 14, 11, 26, brick=(132, 128, 126))
    wall = box(16, 46, 96, 54)
    pen.form(wall, logs, shade=2)
    for y in range(46, 100, 9):
        pen.form(box(12, y, 104, 9, 4.5), lift(logs, pen.vary(-0.03, 0.03)), shade=2.2, rim=0.5)
        for x in (14, 114):
            pen.flat(oval(x, y + 4.5, 3.4), lift(logs, 0.14))
    roof = poly("64,4 128,50 116,54 64,18 12,54 0,50")
    gable = poly("64,10 116,50 12,50")
    pen.form(gable, lift(logs, -0.06), shade=2)
    with pen.within(gable):
        planks(pen, (12, 10, 116, 52), lift(logs, -0.06), step=6, upright=True)
    pen.form(roof, SNOW if pen.has(*SNOWY) else (96, 72, 62), shade=2)
    casement(pen, 56, 26, 16, 15, frame=lift(logs, 0.16))
    casement(pen, 24, 62, 20, 18, frame=lift(logs, 0.16))
    casement(pen, 88, 62, 18, 18, frame=lift(logs, 0.16))
    door(pen, 54, 21, 38, mix(logs, (150, 50, 44), 0.5))


def _shop(pen: Pen) -> None:
    wall = pen.main((206, 150, 110), (120, 150, 160), (190, 100, 90), (222, 206, 170))
    awning = mix(wall, (196, 60, 56), 0.7)
    pen.form(box(6, 6, 108, 94), wall, shade=3)
    with pen.within(box(6, 6, 108, 94)):
        stones(pen, (6, 8, 114, 50), wall, size=6, share=0.3)
    pen.flat(box(2, 2, 116, 6, 1), trim(wall))
    for x in (14, 50, 86):
        casement(pen, x, 13, 18, 22)
    pen.form(box(8, 40, 104, 10, 1.5), lift(wall, -0.18), shade=1)
    pen.window(box(12, 58, 60, 32), (92, 120, 138))
    pen.stroke("M12,58h60v32h-60zM32,58v32M52,58v32", trim(wall), 2)
    door(pen, 82, 22, 42, lift(awning, -0.1))
    pen.window(box(86, 63, 14, 18, 1), (92, 120, 138))
    for i in range(8):
        x = 4 + i * 14
        pen.form(
            blob(f"{x},49! {x + 14},49! {x + 15},60! {x + 8},64 {x - 0.6},60!"),
            awning if i % 2 else (248, 242, 230),
            shade=1.4,
        )


SUBJECTS = (
    drawn(
        "house",
        "home, villa, mansion, building, farmhouse, townhouse, residence",
        (1, 5, 129, 100),
        _house,
        height=8.0,
    ),
    drawn(
        "cottage",
        "farm, inn, fairytale house, hobbit house, thatched cottage",
        (1, 4, 139, 100),
        _cottage,
        height=5.5,
    ),
    drawn("barn", "shed, granary", (1, 1, 137, 100), _barn, height=9.0),
    drawn(
        "skyscraper",
        "high rise, office building, apartment building, office tower, apartment block",
        (2, 0, 42, 100),
        _skyscraper,
        height=150.0,
    ),
    drawn("tent", "tipi, teepee, yurt", (1, 0, 145, 100), _tent, height=2.2),
    drawn("cabin", "hut, log cabin, chalet, lodge, shack", (0, 3, 128, 100), _hut, height=5.0),
    drawn(
        "shop",
        "cafe, store, bakery, bookshop, restaurant, pub, coffee shop, storefront",
        (2, 1, 118, 100),
        _shop,
        height=8.0,
    ),
)
