"""Buildings seen from afar: castle, lighthouse, tower, windmill, temple, church, bridge."""

from __future__ import annotations

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import lift
from imgen.engines.sketch.subjects.masonry import battlements, casement, door, stones, tiles
from imgen.engines.sketch.subjects.pen import WINDOW, Pen, drawn
from imgen.engines.sketch.subjects.shapes import blob, box, oval, poly

GOLD, CREAM, DARK = (226, 184, 92), (246, 238, 222), (60, 52, 58)


def _slit(pen: Pen, x: float, y: float, size: float = 1.0) -> None:
    pen.window(
        blob(
            f"{x - 1.5 * size},{y} {x},{y - 2 * size} {x + 1.5 * size},{y} "
            f"{x + 1.5 * size},{y + 5 * size}! "
            f"{x - 1.5 * size},{y + 5 * size}!"
        ),
        DARK,
    )


def _turret(
    pen: Pen,
    x: float,
    top: float,
    half: float,
    bottom: float,
    colours: tuple[RGB, RGB],
    *,
    spire: float,
) -> None:
    """A round tower with a pointed roof and a flag."""
    wall, roof = colours
    shaft = box(x - half, top, 2 * half, bottom - top)
    pen.upright(shaft, wall)
    with pen.within(shaft):
        stones(pen, (x - half, top + 6, x + half, bottom), wall, size=half * 0.8, share=0.2)
    pen.upright(
        poly(
            f"{x - half},{top + 3} {x - half * 1.24},{top - 1} {x - half * 1.24},{top - 3} "
            f"{x + half * 1.24},{top - 3} {x + half * 1.24},{top - 1} {x + half},{top + 3}"
        ),
        lift(wall, -0.04),
    )
    pen.stroke(f"M{x},{top - 2 - spire}V{top - 8 - spire}", DARK, 0.6)
    pen.flat(
        blob(
            f"{x},{top - 8 - spire}! {x + 4},{top - 7 - spire} {x + 8},{top - 6.4 - spire}! "
            f"{x + 4},{top - 5 - spire} "
            f"{x},{top - 4.4 - spire}!"
        ),
        (206, 62, 58),
    )
    cone = blob(
        f"{x},{top - 3 - spire}! {x + half * 0.62},{top - 3 - spire * 0.42} "
        f"{x + half * 1.5},{top - 2}! {x},{top - 0.6} "
        f"{x - half * 1.5},{top - 2}! {x - half * 0.62},{top - 3 - spire * 0.42}"
    )
    pen.upright(cone, roof)
    with pen.within(cone):
        tiles(pen, (x - half * 1.6, top - spire, x + half * 1.6, top), roof, size=half * 0.62)
    _slit(pen, x, top + 8, half / 7)
    if bottom - top > 40:
        _slit(pen, x, top + 26, half / 7)


def _castle(pen: Pen) -> None:
    wall = pen.main((206, 194, 178), (178, 172, 176), (222, 206, 182))
    roof = pen.pick(((88, 104, 150), (160, 78, 66), (76, 122, 118), (120, 86, 136)))
    both = (wall, roof)
    back = (lift(wall, -0.05), lift(roof, -0.05))
    tall = pen.vary(-3, 3)
    _turret(pen, 40, 40 - tall, 6, 80, back, spire=20)
    _turret(pen, 84, 36 + tall, 6.4, 80, back, spire=20)
    _turret(pen, 62, 26, 9.6, 80, both, spire=19)
    keep = box(34, 50, 56, 50)
    pen.form(keep + battlements(34, 50, 56, 4.4, 7), lift(wall, -0.02), shade=2)
    with pen.within(keep):
        stones(pen, (34, 54, 90, 100), wall, size=7, share=0.2)
    for x in (46, 62, 78):
        _slit(pen, x, 58, 1.1)
    curtain = box(14, 68, 96, 32)
    pen.form(curtain + battlements(14, 68, 96, 4, 13), wall, shade=2)
    with pen.within(curtain):
        stones(pen, (14, 70, 110, 100), wall, size=7, share=0.24)
        pen.fade(box(14, 66, 96, 8), pen.tones(wall).deep, (0.0, 0.12), own=True)
    gate = blob("51,83! 53,76 62,72 71,76 73,83! 73,100! 51,100!")
    pen.flat(blob("48,84! 50,74 62,69 74,74 76,84! 76,100! 48,100!"), lift(wall, -0.1))
    pen.flat(gate, (64, 48, 46))
    with pen.within(gate):
        if pen.night:
            pen.glow(62, 92, 20, WINDOW, 0.8)
        pen.stroke(
            "M55,70V100M59,70V100M63,70V100M67,70V100M71,70V100M50,80H76M50,87H76M50,94H76",
            (34, 28, 30),
            1,
        )
    _turret(pen, 14, 58, 9, 100, both, spire=25)
    _turret(pen, 110, 56, 9.4, 100, both, spire=27)


def _lighthouse(pen: Pen) -> None:
    paint = pen.main((206, 62, 56), (52, 92, 140), (60, 62, 72))
    white = (246, 242, 232)
    rock = (128, 120, 122)
    shaft = blob("19,30! 33,30! 37,60 41,92! 11,92! 15,60")
    pen.upright(shaft, white)
    with pen.within(shaft):
        for y in (38, 60, 82):
            pen.upright(
                blob(f"8,{y}! 26,{y + 1.6} 44,{y}! 44,{y + 11}! 26,{y + 12.6} 8,{y + 11}!"), paint
            )
    for x, y in ((26, 53), (27, 75)):
        _slit(pen, x, y, 1.0)
    door(pen, 22.6, 7, 11, lift(paint, -0.1), ground=92, arched=True)
    pen.upright(poly("14,30 38,30 36,33.6 16,33.6"), (92, 92, 102))
    lamp = box(19.4, 15, 13.2, 12.4)
    pen.flat(lamp, (150, 190, 206) if not pen.night else (255, 236, 170))
    if pen.night:
        pen.fade(poly("26,20 52,12 52,28"), (255, 240, 190), (0.75, 0.0), 90, own=True)
        pen.fade(poly("26,20 0,12 0,28"), (255, 240, 190), (0.75, 0.0), 270, own=True)
        pen.glow(26, 20, 20, (255, 236, 170), 0.9)
    pen.emit(oval(26, 20.6, 3.4), (255, 244, 200))
    pen.stroke("M19.4,15V28M23.8,15V28M28.2,15V28M32.6,15V28", (70, 70, 80), 0.9)
    pen.stroke("M14.6,30V25.4H37.4V30M20,25.4V30M26,25.4V30M32,25.4V30", (70, 70, 80), 0.8)
    pen.upright(blob("26,3.4! 30,7 35,15! 17,15! 22,7"), paint)
    pen.stroke("M26,4V0.6", (70, 70, 80), 0.9)
    pen.ball(26, 3.6, 1.6, GOLD)
    pen.form(blob("0,100! 3,93 10,90 22,91 34,89 44,92 50,95 52,100!"), rock, shade=2.4)
    pen.form(blob("6,100! 9,94 16,93 21,100!"), lift(rock, 0.05), shade=1.4)
    pen.form(blob("30,100! 34,94 42,95 47,100!"), lift(rock, -0.05), shade=1.4)


def _tower(pen: Pen) -> None:
    wall = pen.main((186, 174, 160), (166, 160, 164), (196, 170, 140))
    shaft = blob("14,30! 38,30! 39,70 42,100! 10,100! 13,70")
    pen.upright(shaft, wall)
    with pen.within(shaft):
        stones(pen, (10, 34, 42, 100), wall, size=6, share=0.3)
    crown = poly("10,14 42,14 42,27 38,32 14,32 10,27")
    pen.upright(crown + battlements(10, 14, 32, 5, 4), lift(wall, 0.02))
    with pen.within(crown):
        stones(pen, (10, 14, 42, 32), wall, size=5, share=0.3)
    for x, y in ((26, 42), (24, 62)):
        _slit(pen, x, y, 1.4)
    for x in (18, 34):
        _slit(pen, x, 20, 0.9)
    pen.stroke("M26,14V1", DARK, 0.9)
    pen.form(blob("26,1! 33,2.4 42,1! 38,5 42,9! 33,8 26,9!"), (198, 60, 56), shade=1)
    door(pen, 20, 12, 17, (116, 76, 52), arched=True)


def _windmill(pen: Pen) -> None:
    wall = pen.main((240, 232, 214), (196, 120, 90), (214, 204, 186))
    body = blob("40,46! 60,46! 66,74 70,100! 30,100! 34,74")
    pen.upright(body, wall)
    with pen.within(body):
        stones(pen, (28, 48, 72, 100), wall, size=6, share=0.22)
        pen.fade(box(28, 44, 46, 10), pen.tones(wall).deep, (0.55, 0.0), own=True)
    pen.upright(blob("36,47! 39,36 50,29 61,36 64,47! 50,49"), (128, 78, 62))
    casement(pen, 46, 60, 8, 9, frame=(110, 78, 58))
    door(pen, 44, 12, 17, (92, 112, 120), arched=True)
    with pen.turned(pen.vary(32, 58), 50, 38):
        for quarter in range(4):
            with pen.turned(quarter * 90, 50, 38):
                pen.flat(box(49.2, 1, 1.6, 37), (110, 76, 54))
                pen.form(box(50.8, 3, 9, 27), CREAM, shade=0.8, rim=0.4)
                pen.stroke("M50.8,8h9M50.8,13h9M50.8,18h9M50.8,23h9M55.3,3v27", (150, 112, 78), 0.6)
    pen.ball(50, 38, 2.8, (110, 76, 54))


def _temple(pen: Pen) -> None:
    """A tiered pagoda."""
    lacquer = pen.main((188, 62, 50), (160, 70, 54), (120, 84, 60))
    roof = pen.pick(((66, 82, 92), (74, 108, 98), (90, 74, 80)))
    pen.stroke("M50,12V0", GOLD, 1.4)
    pen.stroke("M46,8h8M47,5h6", GOLD, 1)
    tiers = ((26, 14, 26), (48, 18, 36), (72, 24, 48))
    pen.upright(box(12, 94, 76, 6), (180, 172, 164))
    pen.upright(box(18, 90, 64, 5), lift((180, 172, 164), 0.05))
    for y, half, _ in tiers:
        room = box(50 - half, y, 2 * half, 19)
        pen.fill(room, CREAM)
        posts = 4 if y < 60 else 6
        for i in range(posts):
            x = 50 - half + i * (2 * half - 2.4) / (posts - 1)
            pen.upright(box(x, y, 2.4, 19), lacquer)
        for i in range(posts - 1):
            x = 50 - half + (i + 0.5) * (2 * half - 2.4) / (posts - 1)
            pen.window(box(x - 1.4, y + 6, 5, 7, 0.5), (96, 70, 62))
        pen.flat(box(50 - half - 1, y + 14.6, 2 * half + 2, 1.8), lacquer)
    for y, half, eave in reversed(tiers):
        eaves = blob(
            f"{50 - half * 0.62},{y - 11}! {50 + half * 0.62},{y - 11}! {50 + half},{y - 3} "
            f"{50 + eave},{y - 3.4}! "
            f"{50 + half},{y + 3.4} 50,{y + 4} {50 - half},{y + 3.4} {50 - eave},{y - 3.4}! "
            f"{50 - half},{y - 3}"
        )
        pen.form(eaves, roof, shade=2)
        with pen.within(eaves):
            tiles(pen, (50 - eave, y - 11, 50 + eave, y + 5), roof, size=3)
        pen.stroke(f"M{50 - half * 0.62},{y - 11}H{50 + half * 0.62}", GOLD, 1.2)
    pen.form(blob("38,16! 50,8 62,16!"), roof, shade=1)
    pen.flat(box(44, 81, 12, 10), (74, 48, 44))


def _church(pen: Pen) -> None:
    wall = pen.main((236, 226, 206), (200, 186, 170), (246, 242, 234))
    roof = pen.pick(((110, 78, 72), (84, 92, 110)))
    nave = box(40, 58, 84, 42)
    pen.form(nave, lift(wall, -0.03), shade=2)
    with pen.within(nave):
        stones(pen, (40, 58, 124, 100), wall, size=7, share=0.2)
    top = poly("42,32 112,32 130,60 36,60")
    pen.form(top, roof, shade=2)
    with pen.within(top):
        tiles(pen, (34, 33, 130, 60), roof)
    for x in (56, 76, 96):
        casement(pen, x + 2, 68, 10, 20, arched=True, frame=lift(wall, 0.06))
    steeple = box(12, 36, 32, 64)
    pen.upright(steeple, wall)
    with pen.within(steeple):
        stones(pen, (12, 38, 44, 100), wall, size=7, share=0.22)
    pen.upright(poly("28,5 48,38 8,38"), roof)
    pen.stroke("M28,7V0M25.4,2.6h5.2", GOLD, 1)
    casement(pen, 23, 44, 10, 15, arched=True, frame=lift(wall, 0.06))
    pen.form(oval(28, 68, 5.4), CREAM, shade=0.8)
    pen.stroke("M28,68V64.6M28,68L30.4,69.4", DARK, 0.8)
    door(pen, 21, 14, 23, (120, 76, 54), arched=True)


def _bridge(pen: Pen) -> None:
    stone = pen.main((176, 166, 156), (192, 164, 136), (150, 148, 156))
    deck = "0,46! 50,32 110,27 170,32 220,46!"
    piers = blob(
        f"{deck} 220,100! 206,100! 206,84 200,68 184,60 168,68 162,84 162,100! 142,100! "
        f"142,84 132,58 110,46 "
        f"88,58 78,84 78,100! 58,100! 58,84 52,68 36,60 20,68 14,84 14,100! 0,100!"
    )
    pen.form(piers, stone, shade=4)
    with pen.within(piers):
        stones(pen, (0, 34, 220, 100), stone, size=9, share=0.3)
    pen.form(
        blob("0,40! 50,26 110,21 170,26 220,40! 220,47! 170,33 110,28 50,33 0,47!"),
        lift(stone, 0.05),
        shade=1.4,
    )
    posts = "".join(
        box(x - 2, 36 - 13 * (1 - ((x - 110) / 110) ** 2), 4, 8, 1) for x in range(10, 220, 25)
    )
    pen.fill(posts, lift(stone, 0.08))
    for x in (68, 152):
        pen.stroke(f"M{x},27V10", DARK, 1.2)
        if pen.night:
            pen.glow(x, 9, 12, WINDOW, 0.9)
        pen.emit(oval(x, 8.4, 2.6), (255, 232, 170))


def _pyramid(pen: Pen) -> None:
    stone = pen.main((222, 188, 132), (206, 172, 124))
    lit_left = pen.towards[0] < 0
    for d, bright in (("80,0 96,100 0,100", lit_left), ("80,0 160,100 96,100", not lit_left)):
        face = poly(d)
        tone = lift(stone, 0.04 if bright else -0.11)
        pen.fill(face, tone)
        with pen.within(face):
            pen.stroke(
                "".join(f"M0,{y}H160" for y in range(6, 100, 6)), lift(tone, -0.06), 0.6, 0.8
            )
            stones(pen, (0, 6, 160, 100), tone, size=12, share=0.24)


SUBJECTS = (
    drawn(
        "castle",
        "fortress, palace, fort, citadel, chateau, stronghold",
        (0, 0, 124, 100),
        _castle,
        height=35.0,
    ),
    drawn("lighthouse", "beacon, light house", (0, 0, 52, 100), _lighthouse, height=22.0),
    drawn(
        "tower",
        "watchtower, wizard tower, clock tower, bell tower, eiffel tower",
        (9, 0, 43, 100),
        _tower,
        height=25.0,
    ),
    drawn("windmill", "mill, wind turbine", (15, 4, 85, 100), _windmill, height=16.0),
    drawn(
        "temple",
        "pagoda, shrine, torii, monastery, japanese temple",
        (1, 0, 99, 100),
        _temple,
        height=22.0,
    ),
    drawn("church", "chapel, cathedral, abbey, basilica", (7, 0, 131, 100), _church, height=18.0),
    drawn(
        "bridge",
        "stone bridge, aqueduct, viaduct, footbridge",
        (0, 5, 220, 100),
        _bridge,
        height=12.0,
        places=("ground", "water"),
    ),
    drawn("pyramid", "ziggurat, sphinx", (0, 0, 160, 100), _pyramid, height=120.0),
)
