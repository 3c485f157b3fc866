"""Land under light: from heights and covers to lit, shadowed and hazy pixels."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import exposed
from imgen.engines.sketch.painting.filters import sampled
from imgen.engines.sketch.painting.ground import albedo, overgrown, snowed_in
from imgen.engines.sketch.painting.noise import Field, smoothstep
from imgen.engines.sketch.painting.sky import sky
from imgen.engines.sketch.painting.survey import Terrain
from imgen.engines.sketch.painting.view import Cast, cast


def paint_terrain(terrain: Terrain, canvas: Canvas, seed: int, detail: float) -> None:
    """Sky and land, without water's mirror (`canvas.water` says where that belongs)."""
    view, day, land = terrain.view, terrain.day, terrain.land
    radiance = sky(view, day, terrain.plot.scene, detail)
    height = land.height
    if land.level is not None:
        height = np.maximum(height, np.float32(land.level))
    wood = np.asarray(land.wood, np.float32)
    if wood.ndim:
        bumps = terrain.plot.noise[1].fbm(terrain.plot.x, terrain.plot.z, 26, 3)
        height = height + wood * (np.float32(5) + np.float32(7) * bumps)
    lit = _lit(terrain, height)
    height = overgrown(terrain, height, lit)
    across = np.broadcast_to(terrain.columns, (len(terrain.z), view.width))
    rows = np.broadcast_to(np.arange(len(terrain.z), dtype=np.float32)[:, None], across.shape)
    seen = cast(view, terrain.z, sampled(height, across, rows))
    lit = _hazed(terrain, lit, height)
    column = np.broadcast_to(terrain.columns, seen.sample.shape)
    ground = sampled(lit, column, seen.sample)
    away = np.interp(
        seen.sample.ravel(), np.arange(len(terrain.z), dtype=np.float32), terrain.z
    ).reshape(seen.sample.shape).astype(np.float32)  # fmt: skip
    if land.level is not None:
        under = sampled(np.float32(land.level) - land.height, column, seen.sample)
        mask = np.clip(0.5 + under * np.float32(30.0), 0.0, 1.0)
        canvas.water = np.where(seen.sky, np.float32(0), mask).astype(np.float32)
        _wet_the_shore(ground, under)
        canvas.shallow = (smoothstep(1.6, 0.0, under) * canvas.water).astype(np.float32)
    _add_texture(ground, terrain, away, seen, detail, canvas.water)
    np.copyto(radiance, ground, where=~seen.sky[..., None])
    _soften_crests(radiance, seen)
    canvas.image = exposed(radiance)
    canvas.distance = np.where(seen.sky, canvas.distance, away)


def _wet_the_shore(ground: Field, under: Field) -> None:
    """A dark damp line where the water ends."""
    damp = smoothstep(-0.35, -0.02, under)
    ground *= (1.0 - 0.42 * damp)[..., None]


def _soften_crests(radiance: Field, seen: Cast) -> None:
    rows, columns = seen.edges
    share = seen.cover[:, None]
    radiance[rows, columns] += share * (radiance[rows + 1, columns] - radiance[rows, columns])


def _normals(terrain: Terrain, height: Field) -> tuple[Field, Field]:
    """Slope of the land to the right and ahead."""
    x, z = terrain.plot.x, terrain.z[:, None]
    pitch = terrain.spacing
    right = np.empty_like(height)
    right[:, 1:-1] = (height[:, 2:] - height[:, :-2]) / (2 * pitch)
    right[:, 0], right[:, -1] = right[:, 1], right[:, -2]
    ahead = np.empty_like(height)
    ahead[1:-1] = (height[2:] - height[:-2]) / (z[2:] - z[:-2])
    ahead[0], ahead[-1] = ahead[1], ahead[-2]
    return right, ahead - right * (x / z)


def _shadow(terrain: Terrain, height: Field) -> Field:
    """0 in cast shadow, 1 in the sun: a sweep along each row, away from the sun."""
    side = 1.0 if terrain.day.side > 0 else -1.0
    x = terrain.plot.x * np.float32(side)
    slope = np.float32(max(0.10, terrain.day.elevation))
    line = height - x * slope
    # Towards the sun is towards growing side * x: sweep from there.
    ordered = line if side < 0 else line[:, ::-1]
    ceiling = np.maximum.accumulate(ordered, axis=1)
    if side > 0:
        ceiling = ceiling[:, ::-1]
    soft = np.maximum(terrain.z[:, None] * np.float32(0.006), 0.4)
    return np.asarray(np.clip(1.0 - (ceiling - line) / soft, 0.0, 1.0), np.float32)


def _lit(terrain: Terrain, height: Field) -> Field:
    """Radiance of the land before haze."""
    day = terrain.day
    right, ahead = _normals(terrain, height)
    slope = np.sqrt(right * right + ahead * ahead)
    up = 1.0 / np.sqrt(1.0 + slope * slope)
    # A low sun in the picture stands before us; land is lit a little from the side all the same.
    toward = np.array(
        (0.85 if day.side > 0 else -0.85, max(day.elevation, 0.42), -0.35), np.float32
    )
    toward /= np.float32(np.sqrt((toward * toward).sum()))
    facing = np.clip((toward[1] - right * toward[0] - ahead * toward[2]) * up, 0.0, 1.0)
    sunlit = facing * (0.12 + 0.88 * _shadow(terrain, height))
    if not isinstance(terrain.land.wood, float):
        facing_gain = 1.0 + 0.5 * terrain.land.wood
        sunlit = sunlit * facing_gain
    open_sky = 0.45 + 0.55 * up
    surface = albedo(terrain, slope)
    light = np.empty_like(surface)
    for channel in range(3):
        light[..., channel] = sunlit * np.float32(day.sun[channel]) + open_sky * np.float32(
            day.ambient[channel] + 0.05 * day.sun[channel]
        )
    return np.asarray(surface * light, np.float32)


def _hazed(terrain: Terrain, lit: Field, height: Field) -> Field:
    """Distance, and mist in the hollows, take the colours away."""
    day = terrain.day
    km = terrain.z[:, None] * np.float32(0.001)
    veil = np.broadcast_to(1.0 - np.exp(-km * np.float32(day.thickness)), height.shape)
    if day.thickness > 0.11:
        low = smoothstep(260.0, 0.0, height) * smoothstep(150, 2600, terrain.plot.z)
        veil = veil + (1.0 - veil) * low * np.float32(min(0.75, day.thickness * 2.4))
    haze = np.array(day.haze, np.float32)
    return np.asarray(lit + (haze - lit) * veil[..., None].astype(np.float32), np.float32)


def _add_texture(
    ground: Field, terrain: Terrain, away: Field, seen: Cast, detail: float, water: Field
) -> None:
    """What a map sample is too coarse for: grain and ripples, close to the viewer."""
    view, land = terrain.view, terrain.land
    _rough_up(ground, terrain, away)
    across = (away * view.columns[None, :]).astype(np.float32)
    noise = terrain.plot.noise
    if land.ground == "red_rock" or not isinstance(land.rock, float):
        _stratified(ground, terrain, away, seen, across)
    if land.ground == "grass" and not snowed_in(terrain.plot.scene):
        return
    near = smoothstep(260.0, 12.0, away) * (1.0 - water)
    if land.ground == "sand":
        ripple = noise[1].at(across * np.float32(0.3) + away * np.float32(0.2), away, 0.42)
        grain = noise[2].fbm(across, away, 0.35, 2)
        tone = ripple * smoothstep(55, 8, away) * np.float32(0.12) + grain * np.float32(0.07)
    elif land.ground == "red_rock":
        tone = noise[2].fbm(across, away * np.float32(0.6), 1.6, 4) * np.float32(0.15)
    else:
        drift = noise[2].fbm(across * np.float32(0.45), away, 3.4, 3)
        tone = drift * np.float32(0.13) + noise[1].at(across, away, 0.12) * np.float32(0.04)
    ground *= (1.0 + tone * near * np.float32(0.5 + 0.8 * detail))[..., None]


def _rough_up(ground: Field, terrain: Terrain, away: Field) -> None:
    """Far slopes, each a single smooth sample, get the grain of a brush."""
    view = terrain.view
    far = smoothstep(260.0, 1100.0, away) * smoothstep(22_000.0, 6000.0, away)
    rows = np.nonzero(far.max(axis=1) > 0.01)[0]
    if not len(rows):
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    x = np.arange(view.width, dtype=np.float32)[None, :]
    y = np.arange(part.start, part.stop, dtype=np.float32)[:, None]
    slant = (x + y * np.float32(0.45)).astype(np.float32)
    grain = terrain.plot.noise[1].fbm(slant, y * np.float32(1.15), 13.0 * view.scale, 4, 0.62)
    ground[part] *= (1.0 + grain * far[part] * np.float32(0.24))[..., None]


def _stratified(ground: Field, terrain: Terrain, away: Field, seen: Cast, across: Field) -> None:
    """Cracks and layers on bare rock, where the map has only one sample for a whole wall."""
    view, rock = terrain.view, terrain.land.rock
    share: Field | float = 0.8
    if not isinstance(rock, float):
        column = np.broadcast_to(terrain.columns, seen.sample.shape)
        share = sampled(rock, column, seen.sample)
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    up = np.float32(view.eye) - (rows - np.float32(view.horizon)) * away / np.float32(view.focal)
    up = up.astype(np.float32)
    noise = terrain.plot.noise
    layers = noise[1].fbm(across * np.float32(0.22), up, 2.4, 4)
    cracks = np.abs(noise[2].fbm(across, up * np.float32(0.35), 3.2, 4))
    tone = layers * np.float32(0.32) - smoothstep(0.16, 0.0, cracks) * np.float32(0.34)
    tone = tone * smoothstep(900.0, 160.0, away) * share
    ground *= (1.0 + tone)[..., None].astype(np.float32)
