"""A street in one-point perspective: fronts on both sides, a road, lamps at night."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display, exposed, mix, rgb, scaled
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.facade import Dusk, house_fronts
from imgen.engines.sketch.painting.filters import blurred, sampled, widely_blurred
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sky import sky
from imgen.engines.sketch.painting.sprite import rasterised
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.scene.scene import Scene

_HALF = 7.0
"""Metres from the middle of the road to the walls."""
_KERB = 4.3
_WALL_M = 15.0
"""Metres that 100 units of a front stand for."""
_LENGTH_M = 110.0


def dusk_of(day: Daylight, scene: Scene) -> Dusk:
    """How fronts and windows are to look at this hour."""
    power = max(day.sun) * 0.8 + max(day.ambient) * 1.6
    tint = mix(day.sun, scaled(day.ambient, 2.0), 0.5)
    peak = max(*tint, 1e-6)
    return Dusk(
        night=day.night or scene.weather in ("storm",), tint=rgb(scaled(tint, 1.6 / peak)),
        strength=float(np.clip((power / 2.9) ** 0.62, 0.16, 1.0)), neon="neon" in scene.features,
    )  # fmt: skip


def paint_street(
    view: View, day: Daylight, scene: Scene, rng: np.random.Generator, detail: float
) -> Canvas:
    """Sky, walls, road."""
    canvas = Canvas.blank(view)
    canvas.image = exposed(sky(view, day, scene, detail))
    dusk = dusk_of(day, scene)
    vanish = 0.5 * view.width + float(rng.uniform(-0.08, 0.08)) * view.width
    _road(canvas, view, vanish, dusk, scene, rng)
    for side in (-1, 1):
        _wall(canvas, view, vanish, side, dusk, rng, detail, day)
    _far_haze(canvas, day)
    if dusk.night:
        _lamps(canvas, view, vanish)
    if scene.weather in ("rain", "storm") or dusk.neon:
        _wet(canvas, view, scene.seed)
    return canvas


def _at(view: View, vanish: float, x: float, height: float, z: float) -> tuple[float, float]:
    return vanish + view.focal * x / z, view.row(z, height)


def _wall(
    canvas: Canvas, view: View, vanish: float, side: int, dusk: Dusk, rng: np.random.Generator,
    detail: float, day: Daylight,
) -> None:  # fmt: skip
    units = _LENGTH_M / _WALL_M * 100.0
    wide, tall = 1600, 260
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" '
        f'viewBox="0 -14 {units:.0f} 114" preserveAspectRatio="none">'
        f"{house_fronts(units, dusk, rng, detail)}</svg>"
    )
    strip = rasterised(svg).astype(np.float32) / np.float32(255)
    near, far = 2.6, 2.6 + _LENGTH_M
    x = side * _HALF
    top_m = _WALL_M * 1.14
    corners = [
        _at(view, vanish, x, top_m, near), _at(view, vanish, x, top_m, far),
        _at(view, vanish, x, 0.0, far), _at(view, vanish, x, 0.0, near),
    ]  # fmt: skip
    source = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    strip[..., :3] *= strip[..., 3:]
    laid = cv2.warpPerspective(strip, matrix, (view.width, view.height), flags=cv2.INTER_AREA)
    sunny = 1.08 if (day.side > 0) != (side > 0) else 0.74
    alpha = laid[..., 3:]
    canvas.image *= 1.0 - alpha
    canvas.image += laid[..., :3] * np.float32(sunny)
    columns = (np.arange(view.width, dtype=np.float32) - np.float32(vanish)) * np.float32(side)
    away = np.float32(view.focal * _HALF) / np.maximum(columns, 1.0)
    solid = alpha[..., 0] > 0.5
    np.copyto(canvas.distance, np.broadcast_to(away[None, :], solid.shape), where=solid)


def _road(
    canvas: Canvas, view: View, vanish: float, dusk: Dusk, scene: Scene, rng: np.random.Generator
) -> None:
    top = int(np.ceil(view.horizon)) + 1
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    z = np.float32(view.focal * view.eye) / np.maximum(rows - np.float32(view.horizon), 0.5)
    x = (
        (np.arange(view.width, dtype=np.float32)[None, :] - np.float32(vanish))
        * z
        / np.float32(view.focal)
    )
    z = np.broadcast_to(z, x.shape).astype(np.float32)
    noise = Noise.seeded(scene.seed, 101)
    cobbled = bool(rng.random() < 0.6)
    base = np.array(dusk.wall((118, 112, 108) if cobbled else (84, 86, 92)), np.float32) / 255.0
    tone = 1.0 + 0.10 * noise.fbm(x, z, 2.5, 3)
    if cobbled:
        row = np.floor(z / np.float32(0.30))
        gap_z = np.abs(z / np.float32(0.30) - row - 0.5)
        along = x / np.float32(0.42) + row * np.float32(0.5)
        gap_x = np.abs(along - np.floor(along) - 0.5)
        joint = np.maximum(smoothstep(0.36, 0.48, gap_z), smoothstep(0.38, 0.48, gap_x))
        stone = noise.at(np.floor(along) * np.float32(3.3), row * np.float32(5.7), 1.0)
        tone = tone * (1.0 + (0.16 * stone - 0.34 * joint) * smoothstep(38, 9, z))
    else:
        dash = (np.abs(x) < 0.09) & ((z % 6.0) < 3.0)
        tone = np.where(dash, np.float32(1.9), tone)
    walk = smoothstep(_KERB, _KERB + 0.04, np.abs(x))
    paving = np.array(dusk.wall((170, 160, 148)), np.float32) / 255.0
    kerb = smoothstep(_KERB - 0.2, _KERB - 0.14, np.abs(x)) * (1 - walk)
    colour = base * tone[..., None]
    slab = np.maximum(
        smoothstep(0.46, 0.5, np.abs((x % 1.2) / 1.2 - 0.5)),
        smoothstep(0.46, 0.5, np.abs((z % 1.2) / 1.2 - 0.5)),
    ) * smoothstep(30, 8, z)
    paved = paving * (1.0 + 0.06 * noise.fbm(x, z, 1.4, 2) - 0.14 * slab)[..., None]
    colour = colour + (paved - colour) * walk[..., None]
    colour = colour + (paving * 1.15 - colour) * kerb[..., None]
    beside = smoothstep(_HALF - 1.6, _HALF, np.abs(x))
    colour = colour * (1.0 - 0.45 * beside)[..., None]
    canvas.image[top:] = colour
    canvas.distance[top:] = z


def _far_haze(canvas: Canvas, day: Daylight) -> None:
    haze = np.array(display(day.haze), np.float32)
    veil = 1.0 - np.exp(
        -np.minimum(canvas.distance, 300.0) * np.float32(0.0016 + 0.02 * min(day.thickness, 1.5))
    )
    veil = np.where(canvas.distance > 1000, 0.0, veil).astype(np.float32)
    canvas.image += (haze - canvas.image) * veil[..., None]


def _lamps(canvas: Canvas, view: View, vanish: float) -> None:
    """Posts along the kerb, and the pools of light below them."""
    glow = np.zeros((view.height, view.width), np.float32)
    for z in (46.0, 33.0, 23.0, 15.5, 10.0, 6.6):
        for side in (-1, 1):
            foot = _at(view, vanish, side * (_KERB + 0.35), 0.0, z)
            head = _at(view, vanish, side * (_KERB - 0.15), 4.3, z)
            thick = max(1, round(0.10 * view.focal / z))
            top = (round(foot[0]), round(head[1]))
            cv2.line(
                canvas.image,
                (round(foot[0]), round(foot[1])),
                top,
                (0.05, 0.05, 0.07),
                thick,
                cv2.LINE_AA,
            )
            cv2.line(
                canvas.image,
                top,
                (round(head[0]), round(head[1])),
                (0.05, 0.05, 0.07),
                thick,
                cv2.LINE_AA,
            )
            radius = 0.17 * view.focal / z
            lamp = (round(head[0]), round(head[1] + radius))
            cv2.circle(
                canvas.image, lamp, max(1, round(radius)), (1.0, 0.93, 0.74), -1, cv2.LINE_AA
            )
            cv2.circle(glow, lamp, max(1, round(radius * 2.6)), 1.0, -1, cv2.LINE_AA)
            pool = (round(foot[0]), round(foot[1]))
            axes = (max(1, round(2.4 * view.focal / z)), max(1, round(0.34 * view.focal / z)))
            cv2.ellipse(glow, pool, axes, 0, 0, 360, 0.35, -1, cv2.LINE_AA)
    soft = widely_blurred(glow, 28.0 * view.scale, 4)
    for channel, tint in enumerate((1.0, 0.72, 0.38)):
        canvas.image[..., channel] += soft * np.float32(0.72 * tint)


def _wet(canvas: Canvas, view: View, seed: int) -> None:
    """A road that mirrors the lights above it."""
    top = int(np.ceil(view.horizon)) + 2
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    columns = np.arange(view.width, dtype=np.float32)[None, :]
    z = canvas.distance[top:]
    x = z * view.columns[None, :]
    noise = Noise.seeded(seed, 103)
    wave = noise.fbm(x.astype(np.float32), z, 0.5, 3)
    source = np.maximum(2 * np.float32(view.horizon) - rows + wave * np.float32(9 * view.scale), 0)
    smear = blurred(canvas.image, 1.2, 7 * view.scale)
    mirror = sampled(smear, columns + wave * np.float32(5 * view.scale), source)
    puddle = 0.30 + 0.45 * smoothstep(-0.05, 0.3, noise.fbm(x.astype(np.float32), z, 3.2, 3))
    near = (np.abs(x) < _HALF).astype(np.float32)
    part = canvas.image[top:]
    part *= (1.0 - 0.35 * near)[..., None]
    part += (mirror - part * 0.4) * (puddle * near)[..., None]


def blurred_glow(image: Field, amount: float, scale: float) -> Field:
    """Light that spills from bright places, for lamps and neon."""
    bright = np.clip(image - np.float32(0.62), 0.0, 1.0)
    return widely_blurred(bright, 20.0 * scale, 4) * np.float32(amount)
