"""Rooms: a wall with a window on real weather, a floor in perspective, light that falls in."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting import furniture
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import mixed_rgb
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.facade import Dusk, hexed, rect
from imgen.engines.sketch.painting.filters import blurred, resized, widely_blurred
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sprite import rasterised
from imgen.engines.sketch.painting.street import blurred_glow, dusk_of
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.scene.scene import Scene

Outlook = Callable[[int, int], Field]
"""(width, height) → what lies outside the window, (height, width, 3)."""

_WALLS: tuple[RGB, ...] = (
    (222, 206, 182), (188, 200, 194), (206, 176, 152), (178, 186, 202), (214, 200, 170),
    (166, 178, 158),
)  # fmt: skip
_SKIRTING = 66.0
"""Where the wall meets the floor, in hundredths of the height."""


def paint_room(
    view: View, day: Daylight, scene: Scene, rng: np.random.Generator, outlook: Outlook
) -> Canvas:
    """A living room, a café or a library."""
    canvas = Canvas.blank(view)
    dusk = _indoor_dusk(day, scene)
    span = 100.0 * view.width / view.height
    left_window = bool(rng.random() < 0.5)
    window = _window_box(span, left_window, scene)
    wall = _WALLS[int(rng.integers(len(_WALLS)))]
    if scene.palette:
        wall = mixed_rgb(scene.palette[0], (226, 214, 196), 0.4)
    if scene.setting == "library":
        wall = (150, 116, 86)
    paint = dusk.wall(wall)
    body = _backdrop(span, paint, window, dusk) + _fittings(scene, span, window, dusk, rng)
    layer = _drawn(view, span, body)
    _floor(canvas, view, dusk, scene, rng)
    canvas.image = canvas.image * (1 - layer[..., 3:]) + layer[..., :3] * layer[..., 3:]
    _look_outside(canvas, view, window, outlook)
    _over(canvas.image, _drawn(view, span, _window_frame(window, dusk)))
    _model_the_walls(canvas, view, window, span, dusk)
    _let_light_in(canvas, view, window, span, day, dusk, left_window)
    if dusk.night or scene.setting == "cafe" or "fire" in scene.features:
        _warm_lamps(canvas, view, span, scene, window)
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    depth = np.float32(view.focal * 1.5) / np.maximum(rows - np.float32(view.horizon), 1.0)
    canvas.distance = (
        np.broadcast_to(np.minimum(depth, 8.0), canvas.distance.shape).astype(np.float32).copy()
    )
    return canvas


def paint_tabletop(
    view: View, day: Daylight, scene: Scene, rng: np.random.Generator, outlook: Outlook
) -> Canvas:
    """A wooden table with the room behind it out of focus."""
    small = View.of(max(64, view.width // 3), max(64, view.height // 3), horizon=0.42, eye=1.5)
    room = paint_room(small, day, scene, rng, outlook)
    canvas = Canvas.blank(view)
    soft = blurred(room.image, 7.5 * small.scale * 3.0)
    canvas.image = resized(soft, (view.width, view.height), crisp=True)
    _bokeh(canvas, view, rng, 0.35 if not day.night else 0.8)
    top = int(view.height * 0.60)
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    z = np.float32(view.focal * 0.42) / np.maximum(rows - np.float32(view.height * 0.34), 1.0)
    x = (
        (np.arange(view.width, dtype=np.float32)[None, :] - np.float32(view.width / 2))
        * z
        / np.float32(view.focal)
    )
    z = np.broadcast_to(z, x.shape).astype(np.float32)
    dusk = _indoor_dusk(day, scene)
    wood = _planks(
        x.astype(np.float32),
        z,
        scene.seed,
        dusk,
        ((150, 100, 64), (118, 78, 52), (186, 140, 96))[int(rng.integers(3))],
        0.16,
    )
    sheen = smoothstep(view.height * 1.02, view.height * 0.6, rows) * np.float32(0.30)
    mirror = blurred(canvas.image[max(0, 2 * top - view.height) : top][::-1], 9 * view.scale)
    mirror = resized(mirror, (view.width, view.height - top))
    canvas.image[top:] = wood + (mirror - wood) * sheen[..., None]
    canvas.image[top : top + max(1, int(0.004 * view.height))] *= 1.12
    canvas.distance[:top] = 8.0
    canvas.distance[top:] = z
    return canvas


def _indoor_dusk(day: Daylight, scene: Scene) -> Dusk:
    out = dusk_of(day, scene)
    warm = mixed_rgb(out.tint, (255, 214, 160), 0.75 if out.night else 0.45)
    return Dusk(out.night, warm, max(0.50, min(0.94, out.strength)), out.neon)


def _window_box(span: float, left: bool, scene: Scene) -> tuple[float, float, float, float]:
    wide = min(0.34 * span, 44.0) * (1.15 if "window" in scene.features else 1.0)
    x = span * 0.10 if left else span * 0.90 - wide
    return x, 12.0, wide, 38.0


def _backdrop(
    span: float, paint: RGB, window: tuple[float, float, float, float], dusk: Dusk
) -> str:
    del window
    low, skirting = mixed_rgb(paint, (40, 30, 30), 0.14), mixed_rgb(paint, (255, 250, 240), 0.5)
    parts = [rect(0, 0, span, _SKIRTING, paint)]
    parts.append(rect(0, 50, span, _SKIRTING - 50, low))
    parts.append(rect(0, 49.4, span, 0.9, mixed_rgb(skirting, paint, 0.3)))
    parts.append(rect(0, _SKIRTING - 2.6, span, 2.6, dusk.wall((226, 216, 202))))
    return "".join(parts)


def _fittings(
    scene: Scene, span: float, window: tuple[float, float, float, float], dusk: Dusk,
    rng: np.random.Generator,
) -> str:  # fmt: skip
    wx, _, ww, _ = window
    free_left = wx > span / 2
    start, end = (0.0, wx - 4) if free_left else (wx + ww + 4, span)
    room = end - start
    parts: list[str] = []
    if scene.setting == "library":
        for x in np.arange(start, end - 6, 25.0):
            parts.append(
                furniture.shelf(
                    float(x), 2.0, min(24.0, end - float(x)), _SKIRTING - 2.5, dusk, rng, 6
                )
            )
        side = (0.0, wx - 2.0) if not free_left else (wx + ww + 2.0, span)
        if side[1] - side[0] > 6:
            parts.append(
                furniture.shelf(side[0], 2.0, side[1] - side[0], _SKIRTING - 2.5, dusk, rng, 6)
            )
        return "".join(parts)
    if scene.setting == "cafe":
        parts.append(furniture.shelf(start + room * 0.12, 14, room * 0.76, 18, dusk, rng, 2))
        parts.append(
            furniture.counter(start + room * 0.06, _SKIRTING + 5, room * 0.88, 22, dusk, rng)
        )
        parts.append(furniture.round_table(wx + ww * 0.5, _SKIRTING + 15, 16, dusk))
        for share in (0.2, 0.5, 0.8):
            parts.append(furniture.pendant(start + room * share, 7.0, dusk))
        return "".join(parts)
    middle = start + room / 2
    for index, offset in enumerate((-0.22, 0.04, 0.26)):
        w = float(rng.uniform(9, 13))
        x = middle + offset * room
        if rng.random() < 0.75 and start < x < end - w:
            parts.append(
                furniture.frame(
                    x, 16 + 2.0 * (index % 2), w, w * float(rng.uniform(0.8, 1.2)), dusk, rng
                )
            )
    wide = min(room * 0.62, 52.0)
    parts.append(furniture.sofa(middle - wide / 2, _SKIRTING + 5.5, wide, dusk, rng))
    corner = end - 5.0 if free_left else start + 5.0
    parts.append(furniture.lamp(middle + wide * 0.62, _SKIRTING + 3, 42.0, dusk))
    parts.append(
        furniture.plant(corner if room > 60 else wx + ww + 4, _SKIRTING + 4, 30.0, dusk, rng)
    )
    return "".join(parts)


def _window_frame(window: tuple[float, float, float, float], dusk: Dusk) -> str:
    x, y, w, h = window
    wood = dusk.wall((236, 228, 214))
    shade = mixed_rgb(wood, (30, 26, 30), 0.4)
    parts = [
        f'<rect x="{x - 1:.1f}" y="{y - 1:.1f}" width="{w + 2:.1f}" height="{h + 2:.1f}" '
        f'fill="none" stroke="{hexed(wood)}" stroke-width="2.2"/>',
        rect(x + w / 2 - 0.6, y, 1.2, h, wood), rect(x, y + h * 0.36, w, 1.0, wood),
        rect(x - 3, y + h + 1.6, w + 6, 2.0, wood), rect(x - 3, y + h + 3.6, w + 6, 0.8, shade),
    ]  # fmt: skip
    cloth = mixed_rgb(dusk.wall((226, 206, 180)), dusk.wall((190, 120, 92)), 0.35)
    fold = mixed_rgb(cloth, (40, 30, 34), 0.22)
    for side in (-1, 1):
        edge = x - 4.5 if side < 0 else x + w + 4.5
        inner = edge - side * 7.5
        parts.append(
            f'<path d="M{edge:.1f},{y - 4:.1f}H{inner:.1f}'
            f"Q{inner + side * 1.0:.1f},{y + h * 0.6:.1f} "
            f'{inner + side * 3.2:.1f},{y + h + 9:.1f}H{edge:.1f}z" fill="{hexed(cloth)}"/>'
        )
        for offset in (1.6, 3.4, 5.2):
            at = edge - side * offset
            parts.append(
                f'<path d="M{at:.1f},{y - 4:.1f}q{-side * 0.5:.1f},{h * 0.6:.1f} '
                f'{side * 0.8:.1f},{h + 13:.1f}" '
                f'stroke="{hexed(fold)}" stroke-width="0.7" fill="none"/>'
            )
    parts.append(rect(x - 7, y - 5.2, w + 14, 1.2, dusk.wall((96, 72, 52))))
    return "".join(parts)


def _drawn(view: View, span: float, body: str) -> Field:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{view.width}" height="{view.height}" '
        f'viewBox="0 0 {span:.3f} 100">{body}</svg>'
    )
    return rasterised(svg).astype(np.float32) * np.float32(1 / 255)


def _over(image: Field, layer: Field) -> None:
    image += (layer[..., :3] - image) * layer[..., 3:]


def _pixels(view: View, window: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    unit = view.height / 100.0
    x, y, w, h = (part * unit for part in window)
    return (
        max(0, round(x)), max(0, round(y)),
        min(view.width, round(x + w)), min(view.height, round(y + h)),
    )  # fmt: skip


def _look_outside(
    canvas: Canvas, view: View, window: tuple[float, float, float, float], outlook: Outlook
) -> None:
    x0, y0, x1, y1 = _pixels(view, window)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return
    scene = outlook(x1 - x0, y1 - y0)
    canvas.image[y0:y1, x0:x1] = np.clip(scene * np.float32(1.10) + np.float32(0.03), 0, 1)


def _floor(canvas: Canvas, view: View, dusk: Dusk, scene: Scene, rng: np.random.Generator) -> None:
    top = int(view.height * (_SKIRTING - 1) / 100)
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    z = np.float32(view.focal * 1.5) / np.maximum(rows - np.float32(view.height * 0.40), 1.0)
    x = (
        (np.arange(view.width, dtype=np.float32)[None, :] - np.float32(view.width / 2))
        * z
        / np.float32(view.focal)
    )
    z = np.broadcast_to(z, x.shape).astype(np.float32)
    wood = ((168, 118, 78), (132, 92, 64), (196, 156, 114))[int(rng.integers(3))]
    canvas.image[top:] = _planks(x.astype(np.float32), z, scene.seed, dusk, wood, 0.24)
    cloth = ((150, 70, 60), (70, 96, 110), (190, 160, 116), (96, 110, 88))[int(rng.integers(4))]
    tone = np.array(dusk.wall(cloth), np.float32) / 255.0
    middle = np.float32(rng.uniform(-0.35, 0.35))
    away = np.sqrt(((x - middle) / 1.55) ** 2 + ((z - 2.75) / 0.72) ** 2)
    ring = smoothstep(0.80, 0.83, away) * smoothstep(0.90, 0.87, away)
    rug = (
        tone
        * (
            1.0
            + 0.35 * ring
            + 0.05 * Noise.seeded(scene.seed, 110).at(x.astype(np.float32), z, 0.03)
        )[..., None]
    )
    part = canvas.image[top:]
    part += (rug - part) * smoothstep(1.0, 0.985, away)[..., None]


def _planks(x: Field, z: Field, seed: int, dusk: Dusk, wood: RGB, width: float) -> Field:
    """Boards that run away from the viewer, each with its own tone and grain."""
    noise = Noise.seeded(seed, 111)
    board = np.floor(x / np.float32(width))
    across = x / np.float32(width) - board
    end = z + board * np.float32(0.83)
    piece = np.floor(end / np.float32(1.7))
    tone = noise.at(board * np.float32(1.37), piece * np.float32(2.11), 1.0)
    grain = noise.fbm(
        x * np.float32(9.0) + tone * 5, z * np.float32(0.55) + board * np.float32(3.1), 0.16, 3
    )
    gap = smoothstep(0.06, 0.0, np.minimum(across, 1 - across))
    shade = 1.0 + 0.14 * tone + 0.10 * grain - 0.38 * gap
    return np.asarray(np.array(dusk.wall(wood), np.float32) / 255.0 * shade[..., None], np.float32)


def _model_the_walls(
    canvas: Canvas, view: View, window: tuple[float, float, float, float], span: float, dusk: Dusk
) -> None:
    """Brighter towards the window, darker in the corners and under the ceiling."""
    cx = (window[0] + window[2] / 2) / span * view.width
    x = (np.arange(view.width, dtype=np.float32) - np.float32(cx))[None, :] / np.float32(view.width)
    y = (np.arange(view.height, dtype=np.float32)[:, None] / np.float32(view.height)) - np.float32(
        0.42
    )
    light = 1.0 / (1.0 + (x * x * 2.2 + y * y * 1.8))
    shade = np.float32(0.62) + np.float32(0.46) * light
    if dusk.night:
        shade = shade * 0 + np.float32(0.80)
    x0, y0, x1, y1 = _pixels(view, window)
    keep = canvas.image[y0:y1, x0:x1].copy()
    canvas.image *= shade[..., None]
    canvas.image[y0:y1, x0:x1] = keep


def _let_light_in(
    canvas: Canvas, view: View, window: tuple[float, float, float, float], span: float,
    day: Daylight, dusk: Dusk, left: bool,
) -> None:  # fmt: skip
    """The window's light on the floor, and a beam in the air."""
    power = float(np.clip(max(day.sun) / 2.4, 0.0, 1.0))
    if dusk.night or power < 0.25:
        return
    unit = view.height / 100.0
    x, y, w, _ = window
    drift = (1 if left else -1) * span * 0.20
    plane = np.zeros((view.height, view.width), np.float32)
    for first, last in ((0.0, 0.48), (0.52, 1.0)):
        corners = [
            (x + w * first + drift * 0.5, 71), (x + w * last + drift * 0.5, 71),
            (x + w * last * 1.1 + drift * 1.25, 93), (x + w * first * 1.1 + drift * 1.25 - 4, 93),
        ]  # fmt: skip
        points = np.array([[round(a * unit), round(b * unit)] for a, b in corners], np.int32)
        cv2.fillConvexPoly(plane, points, 0.55, cv2.LINE_AA)
    plane = blurred(plane, 2.2 * view.scale)
    beam = np.zeros_like(plane)
    points = np.array(
        [
            [round(a * unit), round(b * unit)]
            for a, b in (
                (x + w * 0.05, y + 3), (x + w * 0.95, y + 3),
                (x + w * 1.1 + drift * 1.3, 95), (x + drift * 1.2 - 4, 95),
            )
        ],
        np.int32,
    )  # fmt: skip
    cv2.fillConvexPoly(beam, points, 0.16, cv2.LINE_AA)
    beam = widely_blurred(beam, 20.0 * view.scale, 4)
    peak = max(day.sun)
    for channel in range(3):
        tint = np.float32((0.45 + 0.55 * day.sun[channel] / peak) * power)
        layer = canvas.image[..., channel]
        layer += plane * tint * (0.35 + layer) + beam * tint * (1.0 - layer)


def _warm_lamps(
    canvas: Canvas, view: View, span: float, scene: Scene, window: tuple[float, float, float, float]
) -> None:
    """Pools of lamplight."""
    free_left = window[0] > span / 2
    start, end = (0.0, window[0] - 4) if free_left else (window[0] + window[2] + 4, span)
    room = end - start
    spots = [(start + room / 2 + min(room * 0.62, 52.0) * 0.62, 32.0, 1.0)]
    if scene.setting == "cafe":
        spots = [(start + room * share, 13.0, 0.62) for share in (0.2, 0.5, 0.8)]
    if scene.setting == "library":
        spots = [(span * 0.5, 24.0, 1.1)]
    unit = view.height / 100.0
    y = np.arange(view.height, dtype=np.float32)[:, None] / np.float32(unit)
    x = np.arange(view.width, dtype=np.float32)[None, :] / np.float32(unit)
    light = np.zeros((view.height, view.width), np.float32)
    for cx, cy, power in spots:
        away = (x - np.float32(cx)) ** 2 + (y - np.float32(cy)) ** 2
        light += np.float32(power) / (1.0 + away * np.float32(0.0042))
    for channel, tint in enumerate((0.52, 0.30, 0.10)):
        layer = canvas.image[..., channel]
        layer += light * np.float32(tint) * (0.25 + layer) * np.float32(0.8)
    canvas.image += blurred_glow(canvas.image, 0.35, view.scale)


def _bokeh(canvas: Canvas, view: View, rng: np.random.Generator, power: float) -> None:
    plane = np.zeros((view.height, view.width), np.float32)
    for _ in range(int(rng.integers(10, 18))):
        centre = (int(rng.uniform(0, view.width)), int(rng.uniform(0.04, 0.52) * view.height))
        radius = round(float(rng.uniform(9, 26)) * view.scale)
        disc = np.zeros_like(plane)
        cv2.circle(disc, centre, radius, float(rng.uniform(0.10, 0.30)), -1, cv2.LINE_AA)
        plane += disc
    plane = blurred(plane, 1.2 * view.scale)
    for channel, tint in enumerate((1.0, 0.82, 0.55)):
        canvas.image[..., channel] += plane * np.float32(tint * power)
