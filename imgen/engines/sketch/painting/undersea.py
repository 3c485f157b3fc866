"""Under water: light from above in shafts, a sandy floor with caustics, weed, coral and bubbles."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import Tone, exposed, rgb, scaled
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import blurred, sampled
from imgen.engines.sketch.painting.land import Plot
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.view import View, cast, distances
from imgen.engines.sketch.scene.scene import Scene

_CORALS = (
    (0.72, 0.16, 0.20), (0.80, 0.36, 0.10), (0.52, 0.14, 0.48), (0.82, 0.58, 0.16),
    (0.16, 0.46, 0.42),
)  # fmt: skip


def paint_undersea(
    view: View, day: Daylight, scene: Scene, rng: np.random.Generator, detail: float
) -> Canvas:
    """A floor, rocks and growth in deepening blue."""
    canvas = Canvas.blank(view)
    power = float(np.clip(max(day.sun) / 2.4, 0.10, 1.0)) ** 0.7
    deep: Tone = scaled((0.006, 0.075, 0.20), power)
    shallow: Tone = scaled((0.10, 0.55, 0.72), power)
    radiance = _water_column(view, deep, shallow)
    _light_from_above(radiance, view, scene, power, rng)
    z = distances(1.1, 90.0, 300)
    ahead = np.repeat(z[:, None], view.width, axis=1)
    across = (ahead * view.columns[None, :]).astype(np.float32)
    noises = (Noise.seeded(scene.seed, 1), Noise.seeded(scene.seed, 2), Noise.seeded(scene.seed, 3))
    plot = Plot(across, ahead, noises, rng, scene, 5)
    height, coral, hue = _floor(plot)
    lit = _lit_floor(plot, z, height, coral, hue, power, rng)
    veil = (1.0 - np.exp(-z * np.float32(0.062)))[:, None, None]
    water = np.array(scaled((0.035, 0.26, 0.42), power), np.float32)
    lit = lit + (water - lit) * veil.astype(np.float32)
    seen = cast(view, z, height)
    column = np.broadcast_to(np.arange(view.width, dtype=np.float32), seen.sample.shape)
    ground = sampled(lit.astype(np.float32), column, seen.sample)
    away = sampled(ahead, column, seen.sample)
    # The far end of the floor melts into the water.
    melt = smoothstep(30.0, 80.0, away)[..., None]
    land = ~seen.sky
    radiance[land] = (ground + (radiance - ground) * melt)[land]
    canvas.distance = np.where(seen.sky, np.float32(90.0), away).astype(np.float32)
    _motes(radiance, view, rng)
    canvas.image = exposed(radiance)
    canvas.floating = True
    canvas.veil = (rgb(scaled((0.05, 0.36, 0.52), power)), 0.20 + 0.25 * (1.0 - power))
    return canvas


def _water_column(view: View, deep: Tone, shallow: Tone) -> Field:
    t = smoothstep(-0.45, 0.52, view.rises)
    radiance = np.empty((view.height, view.width, 3), np.float32)
    for channel in range(3):
        column = np.float32(deep[channel]) + t * t * np.float32(shallow[channel] - deep[channel])
        radiance[..., channel] = column[:, None]
    return radiance


def _light_from_above(
    radiance: Field, view: View, scene: Scene, power: float, rng: np.random.Generator
) -> None:
    """Shafts that fan out from a bright place at the surface."""
    sx = np.float32(rng.uniform(-0.35, 0.35))
    top = np.float32(view.rises[0] + 0.28)
    x, y = view.columns[None, :], view.rises[:, None]
    angle = ((x - sx) / (top - y)).astype(np.float32)
    noise = Noise.seeded(scene.seed, 95)
    shafts = (
        noise.at(angle, angle * 0 + 1.0, 0.10) * 0.6 + noise.at(angle, angle * 0 + 9.0, 0.035) * 0.4
    )
    shafts = smoothstep(0.0, 0.75, shafts)
    fall = smoothstep(-0.30, 0.55, y) * (1.0 / (1.0 + angle * angle * np.float32(1.6)))
    light = shafts * fall * np.float32(0.30 * power)
    away = (x - sx) ** 2 + (top - y - 0.2) ** 2 * np.float32(1.6)
    glow = np.float32(0.75 * power) / (1.0 + away * np.float32(26.0))
    for channel, tint in enumerate((0.55, 0.95, 0.92)):
        radiance[..., channel] += (light + glow) * np.float32(tint)


def _floor(plot: Plot) -> tuple[Field, Field, Field]:
    """Heights; where coral grows; and which coral."""
    height = np.float32(0.5) * plot.rolling(7.0, 3) * smoothstep(1.5, 6.0, plot.z)
    height = height + np.float32(2.2) * smoothstep(8.0, 40.0, plot.z) * plot.rolling(26.0, 3)
    open_middle = smoothstep(0.05, 0.40, np.abs(plot.angle)) * 0.8 + 0.2
    reef = smoothstep(0.10, 0.45, plot.noise[1].fbm(plot.x, plot.z, 5.5, 3)) * open_middle
    reef = reef * smoothstep(1.6, 3.5, plot.z)
    knobs = np.abs(plot.noise[2].at(plot.x, plot.z, 0.62))
    lumps = plot.noise[0].fbm(plot.x, plot.z, 1.7, 3)
    height = height + reef * (
        np.float32(0.75) + np.float32(0.75) * lumps + np.float32(0.42) * (1 - knobs * 1.6)
    )
    hue = plot.noise[0].at(plot.x, plot.z, 1.1)
    # Weed: thin tall spikes, bent together by the swell.
    slices = np.broadcast_to(
        (np.arange(plot.z.shape[0], dtype=np.float32) * 2.9)[:, None], plot.x.shape
    )
    blade = np.clip(1.0 - np.abs(plot.noise[1].at(plot.x, slices, 0.07)) * 2.4, 0.0, 1.0)
    bed = smoothstep(0.12, 0.40, plot.noise[2].fbm(plot.x + 40.0, plot.z, 4.0, 2)) * open_middle
    bed = bed * smoothstep(2.4, 4.0, plot.z) * (1 - reef)
    weed = blade * blade * bed * (0.6 + 0.9 * np.abs(lumps))
    return (
        (height + weed * np.float32(1.5)).astype(np.float32),
        reef,
        np.where(weed > 0.06, 2.0, hue).astype(np.float32),
    )


def _lit_floor(
    plot: Plot, z: Field, height: Field, coral: Field, hue: Field, power: float,
    rng: np.random.Generator,
) -> Field:  # fmt: skip
    sand = np.array((0.34, 0.31, 0.21), np.float32)
    surface = np.empty((*height.shape, 3), np.float32)
    surface[:] = sand * (1.0 + 0.18 * plot.noise[2].fbm(plot.x, plot.z, 0.5, 3))[..., None]
    order = rng.permutation(len(_CORALS))
    for index, low in enumerate((-1.0, -0.30, -0.05, 0.20, 0.42)):
        share = coral * smoothstep(low - 0.03, low + 0.03, hue) * (hue < 1.5)
        tone = np.array(_CORALS[int(order[index])], np.float32)
        surface += (tone - surface) * share[..., None]
    weed = (hue > 1.5).astype(np.float32)
    surface += (np.array((0.05, 0.20, 0.07), np.float32) - surface) * weed[..., None]
    rise = np.empty_like(height)
    rise[:-1] = (height[1:] - height[:-1]) / (z[1:] - z[:-1])[:, None]
    rise[-1] = 0
    shade = np.clip(0.85 - rise * np.float32(0.38), 0.25, 1.35)
    net = np.abs(plot.noise[0].fbm(plot.x, plot.z, 0.95, 2)) + np.abs(
        plot.noise[1].at(plot.x, plot.z, 0.8)
    )
    caustic = smoothstep(0.34, 0.02, net)
    light = shade * (np.float32(0.72) + np.float32(1.25) * caustic) * np.float32(power)
    tint = np.array((0.55, 0.92, 1.0), np.float32)
    return np.asarray(surface * light[..., None] * tint, np.float32)


def _motes(radiance: Field, view: View, rng: np.random.Generator) -> None:
    """Drifting specks, and a few strings of bubbles."""
    count = int(view.width * view.height / (view.scale**2) / 2600)
    plane = np.zeros((view.height, view.width), np.float32)
    plane[rng.integers(0, view.height, count), rng.integers(0, view.width, count)] = rng.random(
        count, dtype=np.float32
    )
    plane = blurred(plane, 0.9 * view.scale) * np.float32(1.3 * view.scale**2)
    rings = np.zeros_like(plane)
    for _ in range(int(rng.integers(3, 6))):
        x, y = rng.uniform(0.06, 0.94) * view.width, rng.uniform(0.5, 0.9) * view.height
        for _ in range(int(rng.integers(5, 12))):
            radius = float(rng.uniform(2.0, 7.5)) * view.scale
            centre = (round(x + rng.normal(0, 9 * view.scale)), round(y))
            cv2.circle(
                rings, centre, round(radius), 0.34, max(1, round(1.2 * view.scale)), cv2.LINE_AA
            )
            spot = (round(centre[0] - radius * 0.35), round(centre[1] - radius * 0.4))
            cv2.circle(rings, spot, max(1, round(radius * 0.2)), 0.7, -1, cv2.LINE_AA)
            y -= rng.uniform(16, 52) * view.scale
    for channel, tint in enumerate((0.7, 0.95, 1.0)):
        radiance[..., channel] += (plane * np.float32(0.5) + rings) * np.float32(tint)
