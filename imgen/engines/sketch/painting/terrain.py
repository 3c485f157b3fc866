"""Land under light: from heights and covers to lit, shadowed and hazy pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import Tone, exposed, linear
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.land import SITES, Land, Plot
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sky import sky
from imgen.engines.sketch.painting.view import Cast, View, cast, distances
from imgen.engines.sketch.scene.scene import Scene

_GROUND: Mapping[str, Tone] = {
    "grass": (0.060, 0.098, 0.026),
    "rock": (0.20, 0.185, 0.17),
    "sand": (0.40, 0.27, 0.145),
    "snow": (0.52, 0.56, 0.62),
    "red_rock": (0.30, 0.125, 0.062),
    "soil": (0.16, 0.11, 0.07),
    "wood": (0.024, 0.050, 0.018),
}
_SEASONS: Mapping[str, Mapping[str, Tone]] = {
    "spring": {"grass": (0.085, 0.15, 0.030), "wood": (0.045, 0.085, 0.024)},
    "autumn": {"grass": (0.15, 0.115, 0.035), "wood": (0.17, 0.062, 0.018)},
    "winter": {"grass": (0.50, 0.54, 0.60), "wood": (0.07, 0.085, 0.085)},
}


@dataclass(frozen=True, slots=True)
class Terrain:
    """Land as it was seen, for whoever plants or places things on it."""

    land: Land
    z: Field
    """(samples,) metres."""
    plot: Plot
    view: View
    day: Daylight

    def height_at(self, x: Field, z: Field) -> Field:
        """Height of the land at points, in metres."""
        return self._sampled(self.land.height, x, z)

    def clear_at(self, x: Field, z: Field) -> Field:
        """0 to 1: whether nothing may grow at points."""
        clear = self.land.clear
        if isinstance(clear, float):
            return np.full(x.shape, clear, np.float32)
        return self._sampled(clear, x, z)

    def _sampled(self, field: Field, x: Field, z: Field) -> Field:
        row = np.interp(z, self.z, np.arange(len(self.z))).astype(np.float32)
        column = (x / z * self.view.focal + 0.5 * (self.view.width - 1)).astype(np.float32)
        return np.asarray(
            cv2.remap(
                field, column[None], row[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )[0],
            np.float32,
        )


def survey(view: View, day: Daylight, scene: Scene, seed: int, detail: float) -> Terrain:
    """Shape the land that the camera will see."""
    near = 0.30 * view.distance(view.height)
    z = distances(max(near, 0.6), 34_000.0, 270 + round(130 * detail))
    ahead = np.repeat(z[:, None], view.width, axis=1)
    across = (ahead * view.columns[None, :]).astype(np.float32)
    noises = (Noise.seeded(seed, 1), Noise.seeded(seed, 2), Noise.seeded(seed, 3))
    plot = Plot(
        across, ahead, noises, np.random.default_rng([seed, 4]), scene, 4 + round(3 * detail)
    )
    land = SITES[scene.setting].shape(plot)
    return Terrain(land, z, plot, view, day)


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
    height = _overgrown(terrain, height, lit)
    seen = cast(view, terrain.z, height)
    lit = _hazed(terrain, lit, height)
    column = np.broadcast_to(np.arange(view.width, dtype=np.float32), seen.sample.shape)
    ground = cv2.remap(
        lit, np.ascontiguousarray(column), seen.sample, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    away = np.interp(
        seen.sample.ravel(), np.arange(len(terrain.z), dtype=np.float32), terrain.z
    ).reshape(seen.sample.shape).astype(np.float32)  # fmt: skip
    if land.level is not None:
        under = cv2.remap(
            np.float32(land.level) - land.height, np.ascontiguousarray(column), seen.sample,
            cv2.INTER_LINEAR,
        )  # fmt: skip
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
    """A dark damp line, and foam where the water ends."""
    damp = smoothstep(-0.35, -0.02, under)
    ground *= (1.0 - 0.42 * damp)[..., None]


def _soften_crests(radiance: Field, seen: Cast) -> None:
    rows, columns = seen.edges
    share = seen.cover[:, None]
    radiance[rows, columns] += share * (radiance[rows + 1, columns] - radiance[rows, columns])


def _normals(terrain: Terrain, height: Field) -> tuple[Field, Field]:
    """Slope of the land to the right and ahead."""
    x, z = terrain.plot.x, terrain.z[:, None]
    pitch = z / np.float32(terrain.view.focal)
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


def _albedo(terrain: Terrain, slope: Field) -> Field:
    land, plot = terrain.land, terrain.plot
    season = _SEASONS.get(plot.scene.season, {})
    snowy = _snowed_in(plot.scene)
    if snowy:
        season = _SEASONS["winter"]

    def tone(name: str) -> Field:
        return np.array(season.get(name, _GROUND[name]), np.float32)

    surface = np.empty((*plot.z.shape, 3), np.float32)
    surface[:] = tone(land.ground)
    patch = plot.noise[0].fbm(plot.x, plot.z, 34, 3, pitch=plot.pitch)
    broad = plot.noise[2].fbm(plot.x, plot.z, 260, 2, pitch=plot.pitch)
    if land.ground == "grass" and not snowy:
        surface *= (1.0 + 0.26 * patch + 0.22 * broad)[..., None]
        surface[..., 0] *= 1.0 + 0.35 * np.clip(broad, 0, 1)
    elif land.ground == "red_rock":
        bands = plot.noise[1].at(plot.x * 0 + land.height * np.float32(0.0), land.height, 5.5)
        surface *= (1.0 + 0.38 * bands + 0.1 * patch)[..., None]
    else:
        surface *= (1.0 + 0.07 * patch)[..., None]

    def lay(share: Field | float, colour: Field) -> None:
        if isinstance(share, float) and share == 0.0:
            return
        amount = np.broadcast_to(np.asarray(share, np.float32), plot.z.shape)[..., None]
        surface[:] = surface + (colour - surface) * amount

    lay(land.tilled, _crop(terrain, tone("grass")))
    lay(land.path, np.array((0.34, 0.26, 0.17), np.float32))
    lay(land.sand, np.array((0.30, 0.29, 0.29) if snowy else _GROUND["sand"], np.float32))
    woods = tone("wood") * (1.0 + 0.35 * patch + 0.3 * broad)[..., None]
    lay(land.wood, woods.astype(np.float32))
    if land.ground == "grass":
        steep = smoothstep(0.55, 1.05, slope) * smoothstep(140, 500, plot.z)
        steep = np.maximum(steep, smoothstep(650, 1150, land.height))
        lay(
            np.maximum(steep, np.asarray(land.rock, np.float32)),
            np.array(_GROUND["rock"], np.float32) * (1.0 + 0.25 * patch)[..., None],
        )
    lay(
        np.asarray(land.snow, np.float32) * smoothstep(1.5, 0.85, slope),
        np.array(_GROUND["snow"], np.float32),
    )
    return surface


def _crop(terrain: Terrain, grass: Field) -> Field:
    """Rows of a crop that run to a vanishing point."""
    plot = terrain.plot
    turn = np.float32(plot.rng.uniform(-0.25, 0.25))
    across = plot.x - plot.z * turn
    wave = np.abs((across * np.float32(0.55)) % 2.0 - 1.0)
    fine = smoothstep(140, 40, plot.z)
    furrow = 1.0 - 0.5 * smoothstep(0.45, 0.8, wave) * fine
    crops = {
        "lavender": (0.24, 0.13, 0.42), "wheat": (0.52, 0.36, 0.10), "tulips": (0.62, 0.07, 0.07),
        "sunflowers": (0.62, 0.40, 0.03), "poppies": (0.55, 0.05, 0.03),
    }  # fmt: skip
    named = [tone for name, tone in crops.items() if name in plot.scene.features]
    if not named and plot.scene.season in ("summer", "autumn"):
        named = [crops["wheat"]]
    tone = np.broadcast_to(
        np.array(named[0], np.float32) if named else grass, (*plot.z.shape, 3)
    ).copy()
    if "tulips" in plot.scene.features:
        row = np.floor(across * np.float32(0.275))
        for index, other in enumerate(((0.62, 0.42, 0.05), (0.58, 0.20, 0.30))):
            tone[(row % 3) == index] = other
    patchy = 1.0 + 0.22 * plot.noise[1].fbm(plot.x, plot.z, 1.4, 2)
    return np.asarray(tone * (furrow * patchy)[..., None], np.float32)


def _lit(terrain: Terrain, height: Field) -> Field:
    """Radiance of the land before haze."""
    day = terrain.day
    right, ahead = _normals(terrain, height)
    slope = np.sqrt(right * right + ahead * ahead)
    up = 1.0 / np.sqrt(1.0 + slope * slope)
    # A low sun in the picture stands before us; land is lit a little from the side all the same.
    toward = np.array((0.85 if day.side > 0 else -0.85, max(day.elevation, 0.42), -0.35), np.float32)
    toward /= np.float32(np.sqrt((toward * toward).sum()))
    facing = np.clip((toward[1] - right * toward[0] - ahead * toward[2]) * up, 0.0, 1.0)
    sunlit = facing * (0.12 + 0.88 * _shadow(terrain, height))
    if not isinstance(terrain.land.wood, float):
        facing_gain = 1.0 + 0.5 * terrain.land.wood
        sunlit = sunlit * facing_gain
    open_sky = 0.45 + 0.55 * up
    surface = _albedo(terrain, slope)
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


def _overgrown(terrain: Terrain, height: Field, lit: Field) -> Field:
    """Blades, stalks and flowers in the foreground, as spikes on the land, tips in the light."""
    land, plot, view = terrain.land, terrain.plot, terrain.view
    if land.ground != "grass" or _snowed_in(plot.scene):
        return height
    rows = int(np.searchsorted(terrain.z, 26.0 * view.eye))
    if rows < 8:
        return height
    part = slice(0, rows)
    x, z = plot.x[part], plot.z[part]
    slices = np.broadcast_to(
        (np.arange(rows, dtype=np.float32) * np.float32(3.37))[:, None], x.shape
    )
    bare = np.zeros_like(x)
    for share in (land.path, land.sand, land.rock, land.snow):
        if not isinstance(share, float):
            bare = np.maximum(bare, share[part])
    if land.level is not None:
        bare = np.maximum(bare, smoothstep(0.5, 0.1, height[part] - np.float32(land.level)))
    size = np.float32(0.045 * view.eye)
    crop = np.float32(0.0) if isinstance(land.tilled, float) else land.tilled[part]
    blade = np.abs(plot.noise[0].at(x, slices, float(size) * 0.55))
    blade = np.clip(1.0 - blade * np.float32(2.0), 0.0, 1.0)
    tuft = 0.6 + 0.7 * plot.noise[1].fbm(x, z, float(size) * 14, 2)
    fade = smoothstep(26.0 * view.eye, 9.0 * view.eye, z) * (1.0 - bare)
    spike = blade * np.clip(tuft, 0.1, 1.4) * fade * (1.0 + 0.9 * crop)
    lit[part] *= (1.0 + fade * (blade * np.float32(0.75) - np.float32(0.34)))[..., None]
    grown = height.copy()
    grown[part] += spike * size * np.float32(1.25)
    if not isinstance(land.flowers, float):
        _bloom(terrain, lit[part], grown[part], slices, size, fade)
    return grown


def _bloom(
    terrain: Terrain, lit: Field, grown: Field, slices: Field, size: np.float32, fade: Field
) -> None:
    """Flower heads above the grass, in drifts."""
    plot = terrain.plot
    rows = lit.shape[0]
    share = np.asarray(terrain.land.flowers, np.float32)[:rows] * fade
    light = np.array(terrain.day.sun, np.float32) * 0.5 + np.array(terrain.day.ambient, np.float32)
    x = plot.x[:rows]
    colours = _petal_colours(plot)
    for index, colour in enumerate(colours):
        dots = plot.noise[index % 3].at(
            x + np.float32(7.7 * index),
            slices * np.float32(1.9) + np.float32(5 * index),
            float(size) * 0.9,
        )
        head = smoothstep(0.50, 0.62, dots) * share
        lit += (np.array(linear(colour), np.float32) * light - lit) * head[..., None]
        grown += head * size * np.float32(0.7)


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
    if land.ground == "grass" and not _snowed_in(terrain.plot.scene):
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


def _snowed_in(scene: Scene) -> bool:
    return scene.season == "winter" or scene.weather == "snow"


def _stratified(ground: Field, terrain: Terrain, away: Field, seen: Cast, across: Field) -> None:
    """Cracks and layers on bare rock, where the map has only one sample for a whole wall."""
    view, rock = terrain.view, terrain.land.rock
    share: Field | float = 0.8
    if not isinstance(rock, float):
        column = np.broadcast_to(np.arange(view.width, dtype=np.float32), seen.sample.shape)
        share = cv2.remap(
            rock, np.ascontiguousarray(column), seen.sample, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    up = np.float32(view.eye) - (rows - np.float32(view.horizon)) * away / np.float32(view.focal)
    up = up.astype(np.float32)
    noise = terrain.plot.noise
    layers = noise[1].fbm(across * np.float32(0.22), up, 2.4, 4)
    cracks = np.abs(noise[2].fbm(across, up * np.float32(0.35), 3.2, 4))
    tone = layers * np.float32(0.32) - smoothstep(0.16, 0.0, cracks) * np.float32(0.34)
    tone = tone * smoothstep(900.0, 160.0, away) * share
    ground *= (1.0 + tone)[..., None].astype(np.float32)


def _petal_colours(plot: Plot) -> tuple[tuple[int, int, int], ...]:
    if plot.scene.palette:
        return plot.scene.palette[:3]
    sets = (
        ((226, 58, 48), (246, 236, 226), (240, 190, 50)),
        ((150, 96, 200), (240, 236, 244), (232, 120, 170)),
        ((246, 206, 60), (248, 244, 230), (236, 140, 60)),
    )
    return sets[int(plot.rng.integers(len(sets)))]
