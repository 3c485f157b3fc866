"""What the land is made of: colours of its covers, and what grows in the foreground."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.colour import Tone, linear
from imgen.engines.sketch.painting.land import Plot
from imgen.engines.sketch.painting.noise import Field, smoothstep
from imgen.engines.sketch.painting.survey import Terrain
from imgen.engines.sketch.scene.scene import Scene

_GROUND: Mapping[str, Tone] = {
    "grass": (0.060, 0.098, 0.026),
    "rock": (0.118, 0.112, 0.110),
    "sand": (0.36, 0.235, 0.118),
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


def snowed_in(scene: Scene) -> bool:
    """Whether snow covers the ground."""
    return scene.season == "winter" or scene.weather == "snow"


def albedo(terrain: Terrain, slope: Field) -> Field:
    """Colour of the land at each sample, linear, (samples, width, 3)."""
    land, plot = terrain.land, terrain.plot
    season = _SEASONS.get(plot.scene.season, {})
    snowy = snowed_in(plot.scene)
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


def overgrown(terrain: Terrain, height: Field, lit: Field) -> Field:
    """Blades, stalks and flowers in the foreground, as spikes on the land, tips in the light."""
    land, plot, view = terrain.land, terrain.plot, terrain.view
    if land.ground != "grass" or snowed_in(plot.scene):
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
    if plot.scene.features & {"tulips", "sunflowers", "poppies", "lavender"}:
        stalk = smoothstep(0.42, 0.05, blade) * crop * fade * np.float32(0.8)
        green = np.array((0.05, 0.11, 0.025), np.float32) * (
            np.array(terrain.day.sun, np.float32) * np.float32(0.45)
            + np.array(terrain.day.ambient, np.float32)
        )
        lit[part] += (green - lit[part]) * stalk[..., None]
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


def _petal_colours(plot: Plot) -> tuple[RGB, ...]:
    if plot.scene.palette:
        return plot.scene.palette[:3]
    sets = (
        ((226, 58, 48), (246, 236, 226), (240, 190, 50)),
        ((150, 96, 200), (240, 236, 244), (232, 120, 170)),
        ((246, 206, 60), (248, 244, 230), (236, 140, 60)),
    )
    return sets[int(plot.rng.integers(len(sets)))]
