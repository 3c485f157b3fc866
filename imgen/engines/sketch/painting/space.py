"""Outer space: stars in two sizes, a nebula, and a world or two."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import exposed, linear
from imgen.engines.sketch.painting.filters import blurred
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.scene.scene import Scene

_NEBULAE = (
    ((0.10, 0.22, 0.75), (0.80, 0.16, 0.46), (1.0, 0.62, 0.30)),
    ((0.06, 0.40, 0.55), (0.16, 0.16, 0.62), (0.95, 0.45, 0.65)),
    ((0.38, 0.10, 0.62), (0.08, 0.30, 0.72), (1.0, 0.80, 0.55)),
    ((0.50, 0.14, 0.06), (0.70, 0.40, 0.12), (0.30, 0.55, 0.80)),
)
_WORLDS = (
    ((0.62, 0.42, 0.24), (0.80, 0.66, 0.46), 9.0), ((0.10, 0.24, 0.48), (0.55, 0.66, 0.72), 2.2),
    ((0.44, 0.14, 0.07), (0.62, 0.32, 0.18), 1.6), ((0.30, 0.36, 0.46), (0.62, 0.66, 0.72), 4.0),
)  # fmt: skip


def paint_space(view: View, scene: Scene, rng: np.random.Generator, detail: float) -> Canvas:
    """A canvas that is all sky; everything floats."""
    canvas = Canvas.blank(view)
    x = np.broadcast_to(view.columns[None, :], (view.height, view.width))
    y = np.broadcast_to(view.rises[:, None], (view.height, view.width))
    radiance = _nebula(x, y, scene, rng, detail)
    _stars(radiance, view, rng)
    if "planet" not in scene.excluded and not scene.has("planet"):
        _world(radiance, view, rng, scene)
    canvas.image = exposed(radiance)
    canvas.floating = True
    return canvas


def _nebula(x: Field, y: Field, scene: Scene, rng: np.random.Generator, detail: float) -> Field:
    noise, other = Noise.seeded(scene.seed, 91), Noise.seeded(scene.seed, 92)
    octaves = 4 + round(2 * detail)
    wind = noise.fbm(x, y, 0.55, 3)
    a = smoothstep(
        -0.15,
        0.85,
        noise.fbm(x + wind * np.float32(0.22), y - wind * np.float32(0.2), 0.5, octaves, 0.55),
    )
    b = smoothstep(
        -0.1,
        0.9,
        other.fbm(x - wind * np.float32(0.2), y + wind * np.float32(0.24), 0.42, octaves, 0.55),
    )
    dust = smoothstep(0.0, 0.7, other.fbm(x + 3, y + wind * np.float32(0.3), 0.28, octaves, 0.6))
    turn, slope = rng.uniform(-0.1, 0.1), rng.uniform(-0.7, 0.7)
    across = y - np.float32(turn) - x * np.float32(slope)
    band = 1.0 / (1.0 + across * across * np.float32(14.0))
    colours = [linear(c) for c in scene.palette[:3]] or list(
        _NEBULAE[int(rng.integers(len(_NEBULAE)))]
    )
    while len(colours) < 3:
        colours.append((0.9, 0.7, 0.6))
    radiance = np.empty((*x.shape, 3), np.float32)
    heart = a * b * band
    for channel in range(3):
        radiance[..., channel] = (
            np.float32((0.004, 0.005, 0.014)[channel])
            + (a * band) * np.float32(0.62 * colours[0][channel])
            + (b * b * band) * np.float32(0.62 * colours[1][channel])
            + heart * heart * np.float32(1.5 * colours[2][channel])
        ) * (1.0 - 0.75 * dust * band)
    return radiance


def _stars(radiance: Field, view: View, rng: np.random.Generator) -> None:
    area = view.width * view.height / (view.scale * view.scale)
    plane = np.zeros((view.height, view.width), np.float32)
    count = int(area / 520)
    power = (0.035 / (0.012 + rng.random(count)) ** 0.95).clip(0.05, 2.6).astype(np.float32)
    np.add.at(
        plane, (rng.integers(0, view.height, count), rng.integers(0, view.width, count)), power
    )
    sigma = 0.55 * max(1.0, view.scale)
    plane = blurred(plane, sigma) * np.float32(5.5 * sigma * sigma)
    bright = np.zeros_like(plane)
    spots = max(6, int(area / 60_000))
    bright[rng.integers(0, view.height, spots), rng.integers(0, view.width, spots)] = 1.0
    glow = blurred(bright, 5.0 * view.scale) * np.float32(90 * view.scale**2)
    core = blurred(bright, 1.1 * view.scale) * np.float32(22 * view.scale**2)
    for channel, tint in enumerate((0.9, 0.95, 1.1)):
        radiance[..., channel] += plane + core + glow * np.float32(0.22 * tint)


def _world(radiance: Field, view: View, rng: np.random.Generator, scene: Scene) -> None:
    """A sphere lit from one side, banded or mottled, with a rim of air."""
    side = 1 if rng.random() < 0.5 else -1
    radius = view.focal * float(rng.uniform(0.16, 0.34))
    cx = view.width * (0.5 + side * float(rng.uniform(0.22, 0.40)))
    cy = view.height * float(rng.uniform(0.22, 0.80))
    if "planets" in scene.features:
        radius *= 1.15
    dx = ((np.arange(view.width, dtype=np.float32) - np.float32(cx)) / np.float32(radius))[None, :]
    dy = ((np.arange(view.height, dtype=np.float32) - np.float32(cy)) / np.float32(radius))[:, None]
    r2 = dx * dx + dy * dy
    rows = np.nonzero(np.abs(dy[:, 0]) < 1.25)[0]
    if not len(rows):
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    dy, r2 = dy[part], r2[part]
    z = np.sqrt(np.maximum(1.0 - r2, 0.0))
    dark, pale, stretch = _WORLDS[int(rng.integers(len(_WORLDS)))]
    noise = Noise.seeded(scene.seed, 93)
    tilt = np.float32(rng.uniform(-0.4, 0.4))
    u, v = dx + dy * tilt, dy - dx * tilt
    u = u * (1.25 - 0.25 * z)
    skin = noise.fbm(
        u * np.float32(1.0 / stretch), (v * (1.25 - 0.25 * z)).astype(np.float32), 0.42, 5, 0.55
    )
    skin = smoothstep(-0.5, 0.5, skin)
    lamp = np.array((-side * 0.78, -0.42, 0.46), np.float32)
    day = np.clip(dx * lamp[0] + dy * lamp[1] + z * lamp[2], 0.0, 1.0)
    disc = np.clip((1.0 - np.sqrt(r2)) * np.float32(radius) + 0.5, 0.0, 1.0)
    air = smoothstep(1.16, 1.0, np.sqrt(r2)) * smoothstep(-0.5, 0.7, dx * lamp[0] + dy * lamp[1])
    rim = (1.0 - z) ** 3 * day
    for channel in range(3):
        tone = np.float32(dark[channel]) + skin * np.float32(pale[channel] - dark[channel])
        lit = tone * (day * np.float32(1.9) + np.float32(0.012)) + rim * np.float32(
            (0.35, 0.55, 0.9)[channel]
        )
        layer = radiance[part, :, channel]
        layer += air * np.float32((0.10, 0.20, 0.42)[channel]) * (1.0 - disc)
        layer += disc * (lit - layer)
