"""The sky of an hour and a weather: gradient, sun or moon, clouds, stars, and its rarer lights."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.painting.colour import Tone, mix, scaled
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import blurred, resized, shrunk
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.scene.scene import Scene

_STOPS = (0.0, 0.09, 0.36, 0.85)
"""Tangents of elevation at which the four sky colours hold."""


def sun_at(view: View, day: Daylight) -> tuple[float, float]:
    """Column and row of the sun or moon."""
    x = view.width * (0.5 + 0.42 * day.side)
    lift = min(day.elevation * view.focal, view.horizon * 0.76)
    return x, view.horizon - lift


def sky(view: View, day: Daylight, scene: Scene, detail: float) -> Field:
    """Linear radiance of the whole picture as if nothing stood before the sky."""
    seed, features = scene.seed, scene.features
    radiance = _gradient(view, day)
    _add_glow(radiance, view, day)
    if day.stars > 0.02:
        _add_stars(radiance, view, day, seed, "milky_way" in features)
    if "aurora" in features:
        _add_aurora(radiance, view, seed)
    if day.facing and day.cover < 0.9:
        if (
            day.night
            and "moon" not in scene.excluded
            and (scene.time == "night" or "moon" in features)
        ):
            _add_moon(radiance, view, day, seed)
        elif not day.night and "sun" not in scene.excluded:
            _add_sun(radiance, view, day)
    if day.cover > 0.03:
        _lay_clouds(radiance, view, day, seed, detail)
    if "rainbow" in features:
        _add_rainbow(radiance, view, day)
    return radiance


def _gradient(view: View, day: Daylight) -> Field:
    rises = np.maximum(view.rises, 0.0)
    rows = np.stack(
        [np.interp(rises, _STOPS, [tone[c] for tone in day.sky]) for c in range(3)], axis=-1
    ).astype(np.float32)
    return np.repeat(rows[:, None, :], view.width, axis=1)


def _from(view: View, x: float, y: float, stretch: float = 1.0) -> Field:
    """Squared distance from a point in focal lengths, (height, width)."""
    dx = (np.arange(view.width, dtype=np.float32) - np.float32(x)) / np.float32(
        view.focal * stretch
    )
    dy = (np.arange(view.height, dtype=np.float32) - np.float32(y)) / np.float32(view.focal)
    return np.asarray((dx * dx)[None, :] + (dy * dy)[:, None], np.float32)


def _add_glow(radiance: Field, view: View, day: Daylight) -> None:
    if not day.facing:
        return
    x, y = sun_at(view, day)
    wide = 1.0 / (1.0 + _from(view, x, y, 1.6) * np.float32(14.0))
    close = 1.0 / (1.0 + _from(view, x, y) * np.float32(260.0))
    halo = wide * wide * np.float32(0.30) + close * np.float32(0.62)
    for channel in range(3):
        radiance[..., channel] += halo * np.float32(day.glow[channel])


def _add_sun(radiance: Field, view: View, day: Daylight) -> None:
    x, y = sun_at(view, day)
    away = np.sqrt(_from(view, x, y)) * np.float32(view.focal)
    radius = 0.017 * view.focal
    disc = smoothstep(radius * 1.5, radius * 0.75, away)
    disc = disc + np.float32(0.30) / (1.0 + (away / np.float32(radius * 2.2)) ** 2) ** 2
    strength = max(day.sun)
    for channel in range(3):
        light = np.float32(1.6 + 2.6 * day.sun[channel])
        radiance[..., channel] += disc * light * np.float32(min(1.0, strength))


def _add_moon(radiance: Field, view: View, day: Daylight, seed: int) -> None:
    x, y = sun_at(view, day)
    radius = 0.030 * view.focal
    left, top = int(x - radius - 3), int(y - radius - 3)
    side = int(2 * radius + 7)
    rows = slice(max(0, top), min(view.height, top + side))
    columns = slice(max(0, left), min(view.width, left + side))
    dy = (np.arange(rows.start, rows.stop, dtype=np.float32) - np.float32(y))[:, None]
    dx = (np.arange(columns.start, columns.stop, dtype=np.float32) - np.float32(x))[None, :]
    disc = np.clip(radius + 0.5 - np.sqrt(dx * dx + dy * dy), 0.0, 1.0)
    maria = Noise.seeded(seed, 71).fbm(dx + 0 * dy, dy + 0 * dx, radius * 0.7, 4)
    tone = 1.5 - 0.5 * smoothstep(0.05, 0.5, maria) + 0.12 * maria
    for channel, tint in enumerate((0.95, 0.96, 0.90)):
        part = radiance[rows, columns, channel]
        part += disc * (tone * np.float32(tint) - part)


def _add_stars(radiance: Field, view: View, day: Daylight, seed: int, band: bool) -> None:
    rng = np.random.default_rng([seed, 31])
    count = int(view.width * view.horizon / (700 * view.scale * view.scale) * day.stars) + 12
    x = rng.integers(0, view.width, count)
    y = (rng.random(count) * view.horizon).astype(np.int64).clip(0, view.height - 1)
    power = (0.05 / (0.02 + rng.random(count)) ** 0.9).clip(0.06, 2.2) * day.stars
    plane = np.zeros((view.height, view.width), np.float32)
    np.add.at(plane, (y, x), power.astype(np.float32))
    sigma = 0.55 * max(1.0, view.scale)
    plane = blurred(plane, sigma) * np.float32(5.0 * sigma * sigma)
    if band or day.stars > 0.9:
        _add_milky_way(radiance, view, seed, 1.0 if band else 0.32)
    fade = smoothstep(0.0, 0.12, view.rises)[:, None]
    for channel, tint in enumerate((0.92, 0.96, 1.05)):
        radiance[..., channel] += plane * fade * np.float32(tint)


def _add_milky_way(radiance: Field, view: View, seed: int, strength: float) -> None:
    rng = np.random.default_rng([seed, 33])
    slope, offset = rng.uniform(0.5, 1.1) * rng.choice([-1, 1]), rng.uniform(-0.15, 0.15)
    x = np.broadcast_to(view.columns[None, :], (view.height, view.width))
    y = np.broadcast_to(view.rises[:, None], (view.height, view.width))
    noise = Noise.seeded(seed, 34)
    cloud = noise.fbm(x, y, 0.30, 5, 0.58)
    across = (y - 0.33 - offset - x * np.float32(slope)) / np.float32(1 + slope * slope)
    across = across + cloud * np.float32(0.05)
    band = 1.0 / (1.0 + (across * across) * np.float32(70.0))
    dust = smoothstep(-0.1, 0.55, noise.fbm(x + 3.0, y, 0.16, 5, 0.6)) * band
    light = band * band * (0.65 + cloud) * np.float32(0.17 * strength)
    light *= 1.0 - 0.7 * dust
    light *= smoothstep(0.0, 0.2, view.rises)[:, None]
    for channel, tint in enumerate((0.85, 0.72, 1.05)):
        radiance[..., channel] += np.maximum(light, 0.0) * np.float32(tint)


def _lay_clouds(radiance: Field, view: View, day: Daylight, seed: int, detail: float) -> None:
    """Clouds on a level sheet, so that they close up towards the horizon."""
    rows = int(min(view.height, view.horizon + 2))
    if rows < 4:
        return
    small = (max(8, view.width // 2), max(4, rows // 2))
    rise = np.maximum(shrunk(view.rises[:rows, None], (1, small[1])), 0.0)
    column = shrunk(view.columns[None, :], (small[0], 1))
    far = 1.0 / (rise + np.float32(0.16))
    u = (column * far).astype(np.float32)
    v = np.broadcast_to(far * np.float32(1.05), u.shape).astype(np.float32)
    noise = Noise.seeded(seed, 41)
    octaves = 4 + round(2 * detail)
    body = noise.fbm(u, v, 1.25, octaves, 0.52)
    ahead = noise.fbm(u + np.float32(0.22 * day.side), v - np.float32(0.12), 1.25, 3, 0.52)
    closed = smoothstep(0.85, 1.0, np.array([day.cover], np.float32))[0]
    threshold = 0.62 - 1.0 * day.cover
    density = smoothstep(threshold, threshold + 0.42, body)
    density = density * (1 - closed) + closed * (0.72 + 0.28 * density)
    lit = np.clip(0.55 + (body - ahead) * 1.35 - 0.28 * smoothstep(0.2, 0.9, body), 0.0, 1.0)
    lit = lit * (1 - 0.45 * closed)
    fade = smoothstep(0.0, 0.11, rise) if closed < 0.5 else np.ones_like(rise)
    density = density * (0.12 + 0.88 * fade)
    size = (view.width, rows)
    density = resized(density.astype(np.float32), size)
    lit = resized(lit.astype(np.float32), size)
    bright, dark = _cloud_tones(day)
    x, y = sun_at(view, day)
    near_sun = np.zeros((rows, 1), np.float32)
    if day.facing:
        near_sun = 1.0 / (1.0 + _from(view, x, y, 1.3)[:rows] * np.float32(18.0))
    for channel in range(3):
        tone = np.float32(dark[channel]) + lit * np.float32(bright[channel] - dark[channel])
        tone = tone * (1.0 + near_sun * (1.0 - 0.5 * density) * np.float32(0.9))
        layer = radiance[:rows, :, channel]
        layer += density * np.float32(0.94) * (tone - layer)


def _cloud_tones(day: Daylight) -> tuple[Tone, Tone]:
    """Sunlit and shaded cloud."""
    bright = mix(scaled(day.sun, 0.40), scaled(day.ambient, 1.5), 0.25)
    bright = mix(bright, scaled(day.sky[0], 1.0), 0.18)
    dark = mix(scaled(day.ambient, 1.1), scaled(day.sky[1], 0.9), 0.45)
    if day.night:
        dark = scaled(day.sky[2], 1.1)
    return bright, dark


def _add_aurora(radiance: Field, view: View, seed: int) -> None:
    rng = np.random.default_rng([seed, 51])
    x = view.columns
    noise = Noise.seeded(seed, 52)
    rise = view.rises[:, None]
    for index in range(4):
        line = np.full_like(x, 7.3 * index)
        sway = noise.fbm(x, line, 0.42, 3)
        base = np.float32(0.10 + 0.075 * index + rng.uniform(-0.02, 0.02)) + 0.10 * sway
        rays = 0.45 + 0.55 * noise.fbm(x + 0.25 * sway, line + 3, 0.035, 3)
        gaps = smoothstep(-0.35, 0.45, noise.at(x, line + 5, 0.5))
        up = rise - base[None, :]
        height = np.float32(0.20 + 0.05 * index) * (0.7 + 0.6 * rays[None, :])
        curtain = smoothstep(-0.012, 0.02, up) * np.clip(1.0 - up / height, 0.0, 1.0) ** 2
        curtain = curtain * (rays * gaps)[None, :] * np.float32(0.62)
        violet = np.clip(up / height * 1.3 - 0.15, 0.0, 1.0)
        radiance[..., 0] += curtain * (0.04 + 0.50 * violet)
        radiance[..., 1] += curtain * (0.95 - 0.72 * violet)
        radiance[..., 2] += curtain * (0.42 + 0.30 * violet)


def _add_rainbow(radiance: Field, view: View, day: Daylight) -> None:
    x = view.width * (0.5 - 0.30 * day.side)
    away = np.sqrt(_from(view, x, view.horizon + 0.10 * view.focal))
    strength = smoothstep(-0.02, 0.10, view.rises)[:, None] * np.float32(0.30)
    for channel, (centre, width) in enumerate(((0.520, 0.020), (0.500, 0.020), (0.480, 0.020))):
        ring = (away - np.float32(centre)) / np.float32(width)
        radiance[..., channel] += strength / (1.0 + ring * ring * ring * ring)
    inside = smoothstep(0.50, 0.44, away) * strength * np.float32(0.18)
    radiance += inside[..., None]


def cloud_sea(radiance: Field, distance: Field, view: View, day: Daylight, seed: int) -> None:
    """Below the horizon, a rolling floor of clouds, lit on the sun's side."""
    top = int(view.horizon) + 1
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    z = np.float32(view.focal) / np.maximum(rows - np.float32(view.horizon), 1.0)
    x = (z * view.columns[None, :]).astype(np.float32)
    z = np.broadcast_to(z, x.shape).astype(np.float32)
    noise = Noise.seeded(seed, 47)
    body = noise.fbm(x, z, 1.7, 6, 0.52)
    ahead = noise.fbm(x + np.float32(0.30 * day.side), z + np.float32(0.16), 1.7, 4, 0.52)
    lit = np.clip(0.46 + (body - ahead) * 2.6 + body * 0.45, 0.0, 1.0)
    bright, dark = _cloud_tones(day)
    far = smoothstep(5.0, 60.0, z)
    for channel in range(3):
        tone = np.float32(dark[channel]) + lit * np.float32(bright[channel] - dark[channel])
        radiance[top:, :, channel] = tone + (np.float32(day.sky[0][channel]) - tone) * far
    distance[top:] = np.minimum(z * 40.0, 30_000.0)
