"""Which painter makes which setting, and how each arrives at a canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.look import Light
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.city import paint_city
from imgen.engines.sketch.painting.colour import exposed
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.hamlet import settle
from imgen.engines.sketch.painting.interior import Outlook, paint_room, paint_tabletop
from imgen.engines.sketch.painting.noise import Field
from imgen.engines.sketch.painting.plants import grove_of, plant
from imgen.engines.sketch.painting.sites import SITES
from imgen.engines.sketch.painting.sky import cloud_sea, sky
from imgen.engines.sketch.painting.space import paint_space
from imgen.engines.sketch.painting.street import paint_street
from imgen.engines.sketch.painting.studio import paint_studio
from imgen.engines.sketch.painting.survey import Terrain, survey
from imgen.engines.sketch.painting.terrain import paint_terrain
from imgen.engines.sketch.painting.undersea import paint_undersea
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.painting.water import lay_water
from imgen.engines.sketch.scene.scene import Scene

_ROUGH = {"sea": 0.5, "beach": 0.42, "coast": 0.5, "island": 0.38, "river": 0.14, "waterfall": 0.2}
_SMOOTH = 0.05


@dataclass(frozen=True, slots=True)
class Setup:
    """What every backdrop painter is given."""

    scene: Scene
    day: Daylight
    light: Light
    rng: np.random.Generator
    detail: float
    flat: bool
    tell: Callable[[float], None]
    """Told the share of the whole work that is done."""


def paint_backdrop(setup: Setup, width: int, height: int) -> Canvas:
    """The whole picture but for its things."""
    painter = _PAINTERS.get(setup.scene.setting)
    if painter is None:
        painter = _landscape if setup.scene.setting in SITES else _plain
    return painter(setup, width, height)


def _plain(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=0.60, eye=1.5)
    return paint_studio(view, setup.scene, setup.rng, flat=setup.flat)


def _space(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=0.62, eye=2.0)
    return paint_space(view, setup.scene, setup.rng, setup.detail)


def _undersea(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=float(setup.rng.uniform(0.52, 0.64)), eye=1.5)
    return paint_undersea(view, setup.day, setup.scene, setup.rng, setup.detail)


def _room(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=0.40, eye=1.5)
    return paint_room(view, setup.day, setup.scene, setup.rng, _outlook(setup))


def _tabletop(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=0.34, eye=0.42)
    return paint_tabletop(view, setup.day, setup.scene, setup.rng, _outlook(setup))


def _street(setup: Setup, width: int, height: int) -> Canvas:
    horizon = float(setup.rng.uniform(0.48, 0.55))
    view = View.of(width, height, horizon=horizon, eye=1.7, lens=0.8)
    return paint_street(view, setup.day, setup.scene, setup.rng, setup.detail)


def _city(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=float(setup.rng.uniform(0.60, 0.66)), eye=12.0)
    return paint_city(view, setup.day, setup.scene, setup.rng, setup.detail)


def _landscape(setup: Setup, width: int, height: int) -> Canvas:
    scene, rng = setup.scene, setup.rng
    site = SITES[scene.setting]
    horizon, eye = float(rng.uniform(*site.horizon)), float(rng.uniform(*site.eye))
    if "low_angle" in scene.composition:
        horizon = min(0.8, horizon + 0.14)
    if "aerial" in scene.composition:
        horizon, eye = max(0.18, horizon - 0.2), eye * 3.0
    if height > 1.25 * width:
        horizon = 0.5 * (horizon + 0.58)
    view = View.of(width, height, horizon=horizon, eye=eye)
    canvas = Canvas.blank(view)
    terrain = survey(view, setup.day, scene, scene.seed, setup.detail)
    setup.tell(0.15)
    paint_terrain(terrain, canvas, scene.seed, setup.detail)
    setup.tell(0.35)
    if scene.setting == "waterfall":
        _pour(canvas, terrain, setup)
    rough = _SMOOTH if "calm_water" in scene.features else _ROUGH.get(scene.setting, _SMOOTH)
    if scene.weather == "storm":
        rough = min(1.0, rough * 1.8 + 0.1)
    lay_water(canvas, setup.day, scene.seed, rough=rough)
    setup.tell(0.45)
    if scene.setting == "village":
        settle(canvas, terrain, scene, setup.light, setup.detail)
    grove = grove_of(terrain, scene, scene.seed)
    if grove is not None:
        plant(grove, canvas, terrain, scene, setup.light, scene.seed, setup.detail)
    return canvas


def _pour(canvas: Canvas, terrain: Terrain, setup: Setup) -> None:
    """The fall itself: streaks of white from the notch in the cliff to the pool, and its spray."""
    view = canvas.view
    z = 58.0
    half = 0.058 * view.focal
    middle = view.width / 2
    brink = terrain.height_at(np.array([0.0], np.float32), np.array([z + 12.0], np.float32))
    foot, top = view.row(z, 0.0), view.row(z + 6.0, float(brink[0]) + 0.2)
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    x = (np.arange(view.width, dtype=np.float32)[None, :] - np.float32(middle)) / np.float32(half)
    down = np.clip((rows - np.float32(top)) / np.float32(foot - top), 0.0, 1.0)
    noise = terrain.plot.noise[0]
    wide = 0.62 + 0.38 * down
    streak = noise.fbm(x * np.float32(3.2) + 0 * rows, down * np.float32(0.9) + 0 * x, 0.35, 3)
    edge = np.clip((wide - np.abs(x) + streak * np.float32(0.16)) * 5.0, 0.0, 1.0)
    inside = (rows > top) & (rows < foot + 2)
    tone = np.float32(0.78) + streak * np.float32(0.26)
    light = np.array(
        exposed(
            np.array(setup.day.sun, np.float32) * 0.25 + np.array(setup.day.ambient, np.float32)
        ),
        np.float32,
    )
    share = edge * inside * (0.72 + 0.28 * np.clip(streak + 0.5, 0, 1))
    white = light * np.float32(1.15) * tone[..., None]
    canvas.image += (white - canvas.image) * share[..., None]
    canvas.distance = np.where(share > 0.4, np.float32(z), canvas.distance).astype(np.float32)
    spray = (
        1.0
        / (
            1.0
            + (x * 0.75) ** 2 * 1.2
            + ((rows - np.float32(foot)) / np.float32(half * 0.55)) ** 2 * 1.6
        )
        ** 2
    )
    canvas.image += (light - canvas.image) * (spray * np.float32(0.75))[..., None]


def _above_the_clouds(setup: Setup, width: int, height: int) -> Canvas:
    view = View.of(width, height, horizon=float(setup.rng.uniform(0.50, 0.62)), eye=40.0)
    canvas = Canvas.blank(view)
    radiance = sky(view, setup.day, setup.scene, setup.detail)
    cloud_sea(radiance, canvas.distance, view, setup.day, setup.scene.seed)
    canvas.image = exposed(radiance)
    return canvas


def _outlook(setup: Setup) -> Outlook:
    """What lies outside a window."""

    def painted(width: int, height: int) -> Field:
        scene = Scene(
            setting=("hills", "lake", "mountains", "meadow")[setup.scene.seed % 4],
            time=setup.scene.time, weather=setup.scene.weather, season=setup.scene.season,
            features=setup.scene.features, excluded=setup.scene.excluded, seed=setup.scene.seed,
        )  # fmt: skip
        view = View.of(max(48, width), max(48, height), horizon=0.62, eye=7.0, lens=1.5)
        canvas = Canvas.blank(view)
        terrain = survey(view, setup.day, scene, scene.seed, 0.3)
        paint_terrain(terrain, canvas, scene.seed, 0.3)
        lay_water(canvas, setup.day, scene.seed, rough=_SMOOTH)
        return canvas.image[:height, :width]

    return painted


_PAINTERS: Mapping[str, Callable[[Setup, int, int], Canvas]] = {
    "space": _space,
    "underwater": _undersea,
    "room": _room,
    "cafe": _room,
    "library": _room,
    "tabletop": _tabletop,
    "street": _street,
    "city": _city,
    "clouds": _above_the_clouds,
    "studio": _plain,
}
"""The settings that are not land and water."""
