"""A skyline across the water, with a quay in the foreground."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display, exposed, mixed_rgb, varied
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.facade import CONCRETE, NEON, Dusk
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sky import sky
from imgen.engines.sketch.painting.street import blurred_glow, dusk_of
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.painting.water import lay_water
from imgen.engines.sketch.scene.scene import Scene

_LAYERS = ((2600.0, 0.62, 0.55), (1700.0, 0.80, 0.34), (1150.0, 0.88, 0.16), (820.0, 0.62, 0.05))
"""Distance in metres, height as a share of the tallest, haze."""


def paint_city(
    view: View, day: Daylight, scene: Scene, rng: np.random.Generator, detail: float
) -> Canvas:
    """Towers in four rows, their lights, and their mirror image."""
    canvas = Canvas.blank(view)
    canvas.image = exposed(sky(view, day, scene, detail))
    dusk = dusk_of(day, scene)
    waterline = view.horizon + 0.018 * view.height
    tallest = min(view.horizon * 0.80, 0.62 * view.focal)
    peak = float(rng.uniform(0.3, 0.7))
    haze = np.array(display(day.haze), np.float32)
    if dusk.neon:
        _light_the_smog(canvas, view)
    for away, share, veil in _LAYERS:
        fog = min(0.92, veil * (0.75 + 5.0 * min(day.thickness, 0.4)))
        _row(canvas, waterline, tallest * share, peak, away, haze, fog, dusk, rng, detail)
    if dusk.night:
        canvas.image += blurred_glow(canvas.image, 0.8, view.scale)
    _river(canvas, view, waterline, day, scene)
    _quay(canvas, view, dusk, scene)
    return canvas


def _light_the_smog(canvas: Canvas, view: View) -> None:
    """The city's own colours on the sky above it."""
    low = smoothstep(0.45, -0.02, view.rises)[:, None]
    across = np.linspace(0.0, 1.0, view.width, dtype=np.float32)[None, :]
    for channel, (left, right) in enumerate(((0.62, 0.06), (0.06, 0.34), (0.44, 0.52))):
        tint = np.float32(left) + across * np.float32(right - left)
        canvas.image[..., channel] += low * low * tint * np.float32(0.75)


def _row(
    canvas: Canvas, foot: float, tallest: float, peak: float, away: float, haze: Field,
    fog: float, dusk: Dusk, rng: np.random.Generator, detail: float,
) -> None:  # fmt: skip
    view = canvas.view
    x = -0.02 * view.width
    while x < view.width * 1.02:
        width = float(rng.uniform(0.038, 0.088)) * view.focal * (0.75 + 300.0 / away)
        centre = (x + width / 2) / view.width
        hump = 0.36 + 0.64 / (1.0 + ((centre - peak) * 3.4) ** 2)
        height = tallest * hump * float(rng.uniform(0.42, 1.0))
        _tower(canvas, x, width, foot, height, away, haze, fog, dusk, rng, detail)
        x += width * float(rng.uniform(0.86, 1.25))


def _tower(
    canvas: Canvas, x: float, width: float, foot: float, height: float, away: float, haze: Field,
    fog: float, dusk: Dusk, rng: np.random.Generator, detail: float,
) -> None:  # fmt: skip
    base = varied(CONCRETE[int(rng.integers(len(CONCRETE)))], rng, 0.05)
    parts = [(x, width, height)]
    if rng.random() < 0.45:
        inset = width * float(rng.uniform(0.12, 0.26))
        parts = [
            (x, width, height * float(rng.uniform(0.6, 0.85))),
            (x + inset, width - 2 * inset, height),
        ]
    for left, wide, tall in parts:
        _block(canvas, left, wide, foot, tall, away, base, haze, fog, dusk, rng, detail)
    if rng.random() < 0.3 and height > 0.25 * foot:
        mast = slice(max(0, int(foot - height - 0.11 * height)), max(0, int(foot - height)))
        column = int(x + width / 2)
        if 0 <= column < canvas.view.width - 2:
            thick = max(1, round(1.3 * canvas.view.scale))
            tone = np.array(dusk.wall((70, 76, 90)), np.float32) / 255.0
            canvas.image[mast, column : column + thick] = tone + (haze - tone) * np.float32(fog)


def _block(
    canvas: Canvas, left: float, wide: float, foot: float, tall: float, away: float, base: RGB,
    haze: Field, fog: float, dusk: Dusk, rng: np.random.Generator, detail: float,
) -> None:  # fmt: skip
    x0, x1 = max(0, round(left)), min(canvas.view.width, round(left + wide))
    y0, y1 = max(0, round(foot - tall)), min(canvas.view.height, round(foot))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    wall = np.array(dusk.wall(base), np.float32) / 255.0
    rows, columns = y1 - y0, x1 - x0
    across = np.linspace(1.10, 0.82, columns, dtype=np.float32)[None, :]
    down = np.linspace(1.04, 0.90, rows, dtype=np.float32)[:, None]
    face = wall * (across * down)[..., None]
    scale = canvas.view.scale * (0.55 + 620.0 / away)
    pitch_x, pitch_y = max(3.4, 6.0 * scale), max(4.2, 8.4 * scale)
    u = (np.arange(columns, dtype=np.float32) - np.float32(left - x0)) / np.float32(pitch_x)
    v = np.arange(rows, dtype=np.float32) / np.float32(pitch_y)
    cell_u, cell_v = u.astype(np.int32), v.astype(np.int32)
    pane = ((u - cell_u) > 0.3)[None, :] & ((v - cell_v) > 0.36)[:, None]
    table = rng.random((int(cell_v[-1]) + 1, int(cell_u[-1]) + 1), dtype=np.float32)
    chance = table[cell_v][:, cell_u]
    if dusk.night:
        share = float(rng.uniform(0.05, 0.30)) * (1.0 - 0.6 * fog)
        lamp = np.array((1.0, 0.80, 0.48), np.float32)
        tones = (
            lamp,
            np.array((1.0, 0.90, 0.68), np.float32),
            np.array((0.66, 0.82, 1.0), np.float32),
        )
        for index, tone in enumerate(tones):
            low = 1.0 - share + share * (0.0, 0.5, 0.85)[index]
            on = pane & (chance > low) & (chance <= low + share * (0.5, 0.35, 0.15)[index])
            face[on] = tone * (0.72 + 0.4 * chance[on])[:, None]
        if dusk.neon and rng.random() < 0.5:
            glow = np.array(NEON[int(rng.integers(len(NEON)))], np.float32) / 255.0
            face[:, : max(1, int(2 * canvas.view.scale))] = glow
    elif detail > 0.2:
        glass = mixed_rgb(base, (150, 186, 216), 0.55)
        tone = np.array(dusk.wall(glass), np.float32) / 255.0
        face[pane] += (tone * (0.75 + 0.5 * chance[pane])[:, None] - face[pane]) * np.float32(0.6)
    face += (haze - face) * np.float32(fog)
    canvas.image[y0:y1, x0:x1] = face
    canvas.distance[y0:y1, x0:x1] = np.float32(away)


def _river(canvas: Canvas, view: View, waterline: float, day: Daylight, scene: Scene) -> None:
    top = int(waterline)
    rows = np.arange(top, view.height, dtype=np.float32)
    away = np.float32(view.focal * view.eye) / np.maximum(rows - np.float32(view.horizon), 1.0)
    canvas.distance[top:] = away[:, None]
    canvas.water[top:] = 1.0
    lay_water(canvas, day, scene.seed, rough=0.14)


def _quay(canvas: Canvas, view: View, dusk: Dusk, scene: Scene) -> None:
    """Stone slabs to stand on, with an edge."""
    edge = int(view.height * 0.885)
    rows = np.arange(edge, view.height, dtype=np.float32)[:, None]
    z = np.float32(view.focal * 1.7) / np.maximum(rows - np.float32(view.horizon), 4.0)
    x = np.arange(view.width, dtype=np.float32)[None, :] - np.float32(view.width / 2)
    x = (x * z / np.float32(view.focal)).astype(np.float32)
    z = np.broadcast_to(z, x.shape).astype(np.float32)
    noise = Noise.seeded(scene.seed, 105)
    stone = np.array(dusk.wall((150, 142, 134)), np.float32) / 255.0
    joint = np.maximum(
        smoothstep(0.47, 0.5, np.abs((x % 1.6) / 1.6 - 0.5)),
        smoothstep(0.46, 0.5, np.abs((z % 0.9) / 0.9 - 0.5)),
    )
    tone = 0.92 + 0.12 * noise.fbm(x, z, 0.9, 3) - 0.20 * joint
    canvas.image[edge:] = stone * tone[..., None]
    lip = max(2, int(0.012 * view.height))
    canvas.image[edge - lip : edge] = stone * 0.5
    canvas.image[edge : edge + max(1, lip // 3)] = stone * 1.2
    canvas.water[edge - lip :] = 0.0
    canvas.distance[edge - lip :] = np.minimum(canvas.distance[edge - lip :], 12.0)
