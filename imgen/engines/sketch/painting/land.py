"""The lie of the land for each open-air setting: heights, and what covers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.scene.scene import Scene


@dataclass(frozen=True, slots=True)
class Plot:
    """A stretch of land as the camera's rays cross it, and the chance that shapes it."""

    x: Field
    """(samples, width) metres to the right."""
    z: Field
    """(samples, width) metres ahead."""
    noise: tuple[Noise, Noise, Noise]
    rng: np.random.Generator
    scene: Scene
    octaves: int
    """How fine the land is made."""

    @property
    def pitch(self) -> Field:
        """How far apart the samples lie, in metres, (samples, 1)."""
        z = self.z[:, :1]
        return np.asarray(z * np.where(z > 900.0, np.float32(0.018), np.float32(0.034)), np.float32)

    @property
    def angle(self) -> Field:
        """Tangent of the direction of each sample."""
        return np.asarray(self.x / self.z, np.float32)

    def rolling(self, cell: float, octaves: int = 3) -> Field:
        """-1 to 1, smooth."""
        return self.noise[0].fbm(self.x, self.z, cell, octaves, pitch=self.pitch)

    def crests(self, cell: float, spread: float = 0.16) -> Field:
        """0 to 1, mountainous; warped, so that the ridges wind."""
        warp = self.noise[1].fbm(self.x, self.z, cell * 0.8, 2) * np.float32(cell * spread)
        return self.noise[2].ridged(
            self.x + warp, self.z - warp, cell, self.octaves, pitch=self.pitch
        )


@dataclass(frozen=True, slots=True)
class Land:
    """Heights in metres and how much of each cover, 0 to 1, all (samples, width)."""

    height: Field
    rock: Field | float = 0.0
    snow: Field | float = 0.0
    sand: Field | float = 0.0
    wood: Field | float = 0.0
    """Dense wood as seen from afar."""
    path: Field | float = 0.0
    flowers: Field | float = 0.0
    tilled: Field | float = 0.0
    """Furrows of a ploughed or planted field."""
    level: float | None = None
    """Height of the water, if there is any."""
    clear: Field | float = 0.0
    """1 where nothing may be planted."""
    ground: str = "grass"
    """What lies where nothing else does: `grass`, `rock`, `sand`, `snow`, `red_rock`, `soil`."""


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of land and the place from which it looks best."""

    shape: Callable[[Plot], Land]
    horizon: tuple[float, float] = (0.48, 0.58)
    """Share of the height from the top, between these."""
    eye: tuple[float, float] = (3.0, 5.0)
    """Metres."""
    trees: float = 0.0
    """Trees per hectare near the viewer."""
    kinds: tuple[str, ...] = field(default=("broadleaf",))


def _massif(plot: Plot, height: float, start: float, cell: float) -> Field:
    """Mountains that rise behind `start` metres, with a gap where the valley is."""
    gap = plot.rng.uniform(-0.22, 0.22)
    side = smoothstep(0.02, 0.42, np.abs(plot.angle - np.float32(gap)))
    rise = smoothstep(start, start * 5.0, plot.z)
    peaks = plot.crests(cell)
    broad = 0.55 + 0.45 * plot.noise[0].at(plot.x, plot.z, cell * 1.7)
    return np.asarray(
        np.float32(height) * rise * peaks * (0.42 + 0.58 * side) * (0.65 + 0.6 * broad), np.float32
    )


def _cover_mountains(plot: Plot, height: Field, top: float) -> tuple[Field, Field]:
    """(snow, wood) by height, with a ragged line."""
    ragged = plot.noise[1].fbm(plot.x, plot.z, 700, 4, pitch=plot.pitch) * np.float32(0.16 * top)
    line = {"winter": 0.02, "spring": 0.42, "autumn": 0.52}.get(plot.scene.season, 0.56)
    if plot.scene.weather == "snow":
        line = 0.0
    snow = smoothstep(line * top, (line + 0.16) * top, height + ragged)
    patches = plot.noise[0].fbm(plot.x, plot.z, 600, 3, pitch=plot.pitch)
    wood = smoothstep(0.45 * top, 0.28 * top, height + ragged) * smoothstep(-0.35, 0.1, patches)
    wood = wood * smoothstep(250, 800, plot.z)
    return snow, wood


def _mountains(plot: Plot) -> Land:
    top = plot.rng.uniform(2500, 3400)
    range_ = _massif(plot, top, 1100, plot.rng.uniform(4200, 5600))
    foot = (
        np.float32(95) * smoothstep(120, 1500, plot.z) * (plot.rolling(900, 4) + np.float32(0.35))
    )
    if "lake" in plot.scene.features:
        return _by_a_lake(plot, range_ + np.maximum(foot, 0), top)
    near = np.float32(2.2) * smoothstep(8, 90, plot.z) * plot.rolling(60)
    height = range_ + foot + near
    snow, wood = _cover_mountains(plot, height, top)
    return Land(height, snow=snow, wood=wood)


def _by_a_lake(plot: Plot, land: Field, top: float) -> Land:
    """A near shore, the water, and the land behind it."""
    edge = plot.rng.uniform(30, 44)
    far = plot.rng.uniform(900, 1500)
    bend = plot.rolling(70, 3)
    tilt = np.float32(plot.rng.uniform(-45, 45)) * plot.angle
    shore = np.float32(2.0) - (plot.z - np.float32(edge) + bend * 16 + tilt) * np.float32(0.11)
    coast = (plot.z - np.float32(far)) * np.float32(0.02) + plot.rolling(420, 3) * np.float32(9)
    near = np.maximum(shore, -8.0) + np.float32(0.5) * bend
    near = np.minimum(near, 2.6 + 0.6 * bend)
    behind = np.clip(coast, -8.0, 14.0) + land * smoothstep(far * 1.2, far * 5.0, plot.z)
    height = np.where(plot.z > far * 0.8, behind, near)
    snow, wood = _cover_mountains(plot, height, top)
    wood = np.maximum(wood, smoothstep(1.0, 4.0, height) * smoothstep(far * 0.8, far, plot.z) * 0.8)
    wood = wood * smoothstep(0.5 * top, 0.3 * top, height)
    sand = smoothstep(0.9, 0.2, height) * smoothstep(far, far * 0.5, plot.z)
    return Land(height.astype(np.float32), snow=snow, wood=wood, sand=sand * 0.8, level=0.0)


def _lake(plot: Plot) -> Land:
    top = plot.rng.uniform(500, 1300)
    land = _massif(plot, top, 1300, 3400) + np.maximum(
        np.float32(70) * (plot.rolling(900, 4) + np.float32(0.3)), 0
    )
    return _by_a_lake(plot, land, max(top, 900.0))


def _hills(plot: Plot) -> Land:
    far = np.float32(plot.rng.uniform(120, 240)) * smoothstep(250, 2600, plot.z)
    height = far * (plot.rolling(1300, 4) + np.float32(0.3))
    height = height + np.float32(16) * smoothstep(25, 240, plot.z) * plot.rolling(210, 3)
    height = height + np.float32(0.5) * plot.rolling(22)
    patches = plot.noise[1].fbm(plot.x, plot.z, 330, 3)
    wood = smoothstep(0.15, 0.4, patches) * smoothstep(150, 500, plot.z)
    return Land(height, wood=wood, path=_path(plot))


def _path(plot: Plot) -> Field | float:
    """A winding way that leads the eye in."""
    if "path" not in plot.scene.features:
        return 0.0
    sway = plot.noise[2].fbm(np.zeros_like(plot.z), plot.z, 38, 2) * np.float32(5.0)
    sway = sway * smoothstep(3, 40, plot.z) + np.float32(plot.rng.uniform(-1.2, 1.2))
    away = np.abs(plot.x - sway)
    return smoothstep(1.9, 1.3, away) * smoothstep(420, 150, plot.z)


def _meadow(plot: Plot) -> Land:
    height = (
        np.float32(70) * smoothstep(350, 3200, plot.z) * (plot.rolling(1500, 4) + np.float32(0.35))
    )
    height = height + np.float32(3.0) * smoothstep(15, 160, plot.z) * plot.rolling(120, 3)
    patches = plot.noise[1].fbm(plot.x, plot.z, 300, 3)
    wood = smoothstep(0.1, 0.35, patches) * smoothstep(260, 700, plot.z)
    drifts = plot.noise[2].fbm(plot.x, plot.z, 14, 3)
    flowers = smoothstep(-0.15, 0.4, drifts) * smoothstep(160, 50, plot.z)
    if "flowers" not in plot.scene.features and plot.scene.season != "spring":
        flowers = flowers * 0.45
    if "flowers" in plot.scene.excluded or plot.scene.season == "winter":
        flowers = flowers * 0.0
    return Land(height, wood=wood, flowers=flowers, path=_path(plot))


def _field(plot: Plot) -> Land:
    height = (
        np.float32(45) * smoothstep(350, 3000, plot.z) * (plot.rolling(1600, 3) + np.float32(0.3))
    )
    height = height + np.float32(2.0) * smoothstep(15, 200, plot.z) * plot.rolling(170, 2)
    patches = plot.noise[1].fbm(plot.x, plot.z, 420, 3)
    wood = smoothstep(0.15, 0.35, patches) * smoothstep(330, 800, plot.z)
    tilled = smoothstep(420, 250, plot.z)
    return Land(height, wood=wood, tilled=tilled, path=_path(plot), clear=tilled)


def _forest(plot: Plot) -> Land:
    height = (
        np.float32(60) * smoothstep(160, 1500, plot.z) * (plot.rolling(900, 3) + np.float32(0.4))
    )
    height = height + np.float32(1.2) * smoothstep(6, 40, plot.z) * plot.rolling(30, 3)
    away = np.abs(plot.x - plot.noise[2].at(plot.x * 0, plot.z, 30) * 4 * smoothstep(4, 30, plot.z))
    clearing = smoothstep(5.5, 2.5, away) * smoothstep(120, 60, plot.z)
    wood = smoothstep(60, 150, plot.z)
    return Land(height, wood=wood, path=_path(plot), clear=clearing)


def _desert(plot: Plot) -> Land:
    """Dunes: a long windward slope, a sharp crest, and a steep lee in shade."""
    warp = plot.noise[1].fbm(plot.x, plot.z, 260, 2) * np.float32(60)
    height = np.zeros_like(plot.z)
    for index, (cell, top, start) in enumerate(((110, 17, 16), (330, 62, 120), (1100, 190, 700))):
        across = (
            plot.x * np.float32(0.6) + plot.z * np.float32(0.35 - 0.3 * index) + warp * (1 + index)
        )
        along = plot.z * np.float32(0.9) - plot.x * np.float32(0.25)
        wave = plot.noise[(index + 2) % 3].at(across, along, cell)
        dune = 1.0 - np.sqrt(wave * wave + np.float32(0.0006)) * np.float32(1.7)
        height = height + np.float32(top) * smoothstep(start * 0.5, start * 5.0, plot.z) * (
            dune - 0.25
        )
    return Land(height.astype(np.float32), ground="sand", sand=1.0)


def _snowfield(plot: Plot) -> Land:
    top = plot.rng.uniform(900, 1500)
    height = _massif(plot, top, 1800, 3600)
    height = height + np.float32(9) * smoothstep(20, 300, plot.z) * plot.rolling(190, 3)
    wood = smoothstep(0.05, 0.3, plot.noise[1].fbm(plot.x, plot.z, 340, 3)) * smoothstep(
        300, 700, plot.z
    )
    wood = wood * smoothstep(0.4 * top, 0.25 * top, height)
    return Land(height, snow=1.0, wood=wood, ground="snow")


def _canyon(plot: Plot) -> Land:
    bend = (
        plot.noise[1].fbm(plot.x * 0, plot.z, 420, 2) * np.float32(60) * smoothstep(60, 500, plot.z)
    )
    away = np.abs(plot.x - bend) + plot.rolling(90, 3) * np.float32(18)
    wall = smoothstep(26, 150, away - plot.z * np.float32(0.03)) * np.float32(
        plot.rng.uniform(85, 130)
    )
    mesa = smoothstep(0.1, 0.22, plot.noise[2].fbm(plot.x, plot.z, 1500, 4)) * np.float32(260)
    height = wall * smoothstep(20, 160, plot.z) + mesa * smoothstep(900, 2600, plot.z)
    step = np.float32(17.0)
    ledge = np.floor(height / step)
    share = height / step - ledge
    height = (ledge + smoothstep(0.2, 0.8, share)) * step + plot.rolling(26, 2) * np.float32(1.2)
    return Land(height.astype(np.float32), ground="red_rock", rock=0.0)


def _river(plot: Plot) -> Land:
    top = plot.rng.uniform(500, 1300)
    bend = (
        plot.noise[1].fbm(plot.x * 0, plot.z, 130, 2) * np.float32(42) * smoothstep(10, 110, plot.z)
    )
    away = np.abs(plot.x - bend - np.float32(plot.rng.uniform(-3, 3)))
    bank = (away - 8.0 - plot.rolling(24) * np.float32(2.4)) * np.float32(0.25)
    height = np.clip(bank, -2.0, 2.2 + 0.0 * bank) + np.float32(0.3) * plot.rolling(14)
    rise = smoothstep(30, 260, away) * smoothstep(60, 700, plot.z)
    height = height + rise * np.float32(45) * (plot.rolling(420, 4) + np.float32(0.6))
    height = height + smoothstep(700, 1200, plot.z) * np.float32(6)
    height = height + _massif(plot, top, 1600, 3600)
    snow, wood = _cover_mountains(plot, height, max(top, 900.0))
    wood = np.maximum(wood, smoothstep(0.0, 0.35, plot.noise[0].fbm(plot.x, plot.z, 160, 3)))
    wood = wood * smoothstep(120, 400, plot.z) * smoothstep(22, 50, away)
    sand = smoothstep(0.7, 0.1, height)
    return Land(height, snow=snow, wood=wood, sand=sand, level=0.0, clear=smoothstep(16, 10, away))


def _sea(plot: Plot) -> Land:
    height = np.full_like(plot.z, -6.0)
    if plot.rng.random() < 0.6 and "island" not in plot.scene.excluded:
        side = np.float32(plot.rng.choice([-1, 1]))
        cape = smoothstep(0.10, 0.5, plot.angle * side) * smoothstep(3200, 4200, plot.z)
        cape = cape * smoothstep(15000, 9000, plot.z)
        height = height + cape * (np.float32(330) * plot.crests(2100) + np.float32(20))
    wood = smoothstep(8, 40, height)
    return Land(height, wood=wood * 0.7, level=0.0)


def _beach(plot: Plot) -> Land:
    side = np.float32(plot.rng.choice([-1, 1]))
    line = np.float32(13.0) + plot.rolling(26, 3) * 3 + plot.x * side * np.float32(0.42)
    height = (line - plot.z) * np.float32(0.075)
    height = np.clip(height, -5.0, 1.5 + 0.25 * plot.rolling(7)) + np.float32(0.06) * plot.rolling(
        3.0
    )
    cape = smoothstep(0.12, 0.5, plot.angle * side) * smoothstep(700, 1300, plot.z)
    cape = cape * smoothstep(7000, 3500, plot.z)
    height = height + cape * (np.float32(190) * plot.crests(1100) + np.float32(14))
    wood = smoothstep(6, 16, height)
    return Land(
        height, sand=smoothstep(5, 2, height), wood=wood, level=0.0, ground="sand", clear=1.0
    )


def _coast(plot: Plot) -> Land:
    """A grassy headland above the sea: where a lighthouse stands."""
    side = np.float32(plot.rng.choice([-1, 1]))
    reach = np.float32(120) + plot.rolling(60, 4) * np.float32(26)
    inland = smoothstep(-0.30, 0.35, plot.angle * side + np.float32(0.10))
    head = smoothstep(0.0, 14.0, reach * (0.16 + 1.1 * inland) - plot.z)
    height = head * (np.float32(5.5) + plot.rolling(34, 3) * np.float32(1.2)) - (1 - head) * 4.0
    far = smoothstep(0.15, 0.55, -plot.angle * side) * smoothstep(2200, 3000, plot.z)
    height = height + far * smoothstep(9000, 6000, plot.z) * (
        np.float32(240) * plot.crests(1500) + np.float32(14)
    )
    rock = smoothstep(4.6, 2.0, height) * smoothstep(-1.0, 0.0, height)
    return Land(
        height.astype(np.float32), rock=rock, level=0.0, wood=smoothstep(8, 30, height) * 0.6
    )


def _island(plot: Plot) -> Land:
    centre = np.float32(plot.rng.uniform(-0.18, 0.18) * 1500)
    dx = (plot.x - centre) / np.float32(plot.rng.uniform(330, 430))
    dz = (plot.z - 1500.0) / np.float32(340)
    reach = 1.0 - np.sqrt(dx * dx + dz * dz) + plot.rolling(330, 4) * np.float32(0.22)
    dome = smoothstep(-0.05, 1.0, reach)
    height = (
        dome * (np.float32(90) + np.float32(210) * plot.crests(620))
        - np.float32(5)
        + (smoothstep(-0.1, 0.06, reach) * np.float32(6.5))
    )
    return Land(
        height.astype(np.float32), sand=smoothstep(6, 2.5, height), wood=smoothstep(5, 14, height),
        level=0.0,
    )  # fmt: skip


def _volcano(plot: Plot) -> Land:
    dx = plot.x - np.float32(plot.rng.uniform(-0.15, 0.15) * 6500)
    dz = plot.z - 6500.0
    away = np.sqrt(dx * dx + dz * dz)
    cone = np.clip(1.0 - away / np.float32(4600), 0.0, 1.0)
    height = np.float32(2900) * cone * cone + np.float32(420) * plot.crests(1900) * smoothstep(
        0.02, 0.4, cone
    )
    height = np.where(away < 420, np.minimum(height, 2250 + 0.28 * away), height)
    height = height + np.float32(40) * smoothstep(200, 2000, plot.z) * (plot.rolling(900) + 0.3)
    snow, wood = _cover_mountains(plot, height.astype(np.float32), 3300.0)
    return Land(height.astype(np.float32), snow=snow, wood=wood, rock=smoothstep(500, 1200, height))


def _jungle(plot: Plot) -> Land:
    base = _forest(plot)
    return Land(
        base.height + smoothstep(60, 500, plot.z) * np.float32(60) * (plot.rolling(300, 3) + 0.4),
        wood=1.0 * smoothstep(40, 110, plot.z), path=base.path, clear=base.clear,
    )  # fmt: skip


def _garden(plot: Plot) -> Land:
    """A lawn with a path between beds in bloom."""
    height = (
        np.float32(30) * smoothstep(120, 900, plot.z) * (plot.rolling(500, 3) + np.float32(0.4))
    )
    sway = plot.noise[2].at(plot.x * 0, plot.z, 16) * np.float32(2.4) * smoothstep(3, 22, plot.z)
    away = np.abs(plot.x - sway)
    path = smoothstep(1.25, 1.12, away) * smoothstep(70, 40, plot.z)
    drifts = plot.noise[1].fbm(plot.x, plot.z, 3.4, 2)
    beds = smoothstep(1.2, 1.35, away) * smoothstep(6.5, 4.6, away + drifts * np.float32(1.4))
    flowers = beds * smoothstep(90, 50, plot.z)
    if "flowers" in plot.scene.excluded:
        flowers = flowers * 0.0
    return Land(
        height, path=path, flowers=flowers * 1.4, wood=smoothstep(70, 130, plot.z),
        clear=smoothstep(5.5, 4.5, away),
    )  # fmt: skip


def _waterfall(plot: Plot) -> Land:
    """A pool below cliffs that close in on both sides."""
    wide = np.float32(15) + plot.rolling(14, 3) * np.float32(3)
    away = np.abs(plot.x - plot.noise[1].at(plot.x * 0, plot.z, 40) * np.float32(4))
    pool = (away - wide) * np.float32(0.22)
    near = np.maximum(pool, (np.float32(20) - plot.z) * np.float32(0.16) + 0.4 * plot.rolling(6))
    height = np.clip(near, -3.0, 2.4) + smoothstep(wide[0, 0], 60, away) * np.float32(12)
    height = height + np.float32(0.35) * plot.rolling(5)
    cliff = smoothstep(52, 66, plot.z + plot.rolling(16, 3) * 5 + away * np.float32(0.25))
    top = np.float32(21) + plot.rolling(26, 3) * np.float32(4)
    notch = smoothstep(3.5, 10.0, np.abs(plot.x + plot.rolling(20) * 2))
    height = np.maximum(height, cliff * (top * (0.82 + 0.18 * notch)))
    side = smoothstep(20, 48, away + plot.z * np.float32(0.14)) * smoothstep(18, 50, plot.z)
    height = np.maximum(height, side * (np.float32(15) + plot.rolling(18, 3) * np.float32(6)))
    moss = smoothstep(-0.1, 0.35, plot.noise[0].fbm(plot.x, height, 5.0, 3))
    wood = np.maximum(smoothstep(16, 20, height), moss * 0.75 * smoothstep(4.0, 8.0, height))
    rock = smoothstep(2.0, 5.0, height)
    return Land(
        height.astype(np.float32), rock=rock, wood=wood, level=0.0, sand=smoothstep(0.5, 0.1, height) * 0.4,
        clear=smoothstep(wide[0, 0] + 8, wide[0, 0] + 2, away),
    )  # fmt: skip


def _village(plot: Plot) -> Land:
    top = plot.rng.uniform(700, 1500)
    height = _massif(plot, top, 1500, 3600)
    height = height + np.float32(10) * smoothstep(30, 240, plot.z) * (
        plot.rolling(180, 3) + np.float32(0.2)
    )
    snow, wood = _cover_mountains(plot, height, max(top, 900.0))
    sway = (
        plot.noise[2].fbm(np.zeros_like(plot.z), plot.z, 40, 2)
        * np.float32(6)
        * smoothstep(3, 40, plot.z)
    )
    away = np.abs(plot.x - sway)
    path = smoothstep(1.9, 1.4, away) * smoothstep(220, 120, plot.z)
    return Land(height, snow=snow, wood=wood, path=path, clear=smoothstep(5, 3, away))


SITES: Mapping[str, Site] = {
    "mountains": Site(_mountains, (0.56, 0.66), (6, 11), trees=9, kinds=("conifer",)),
    "lake": Site(_lake, (0.44, 0.54), (8, 11), trees=30, kinds=("conifer", "broadleaf")),
    "river": Site(_river, (0.44, 0.54), (5.5, 7.5), trees=60, kinds=("broadleaf", "conifer")),
    "hills": Site(_hills, (0.46, 0.56), (4, 7), trees=7),
    "meadow": Site(_meadow, (0.48, 0.60), (2.0, 3.0), trees=3),
    "field": Site(_field, (0.46, 0.58), (2.6, 3.6), trees=2),
    "forest": Site(_forest, (0.50, 0.58), (2.0, 2.6), trees=520, kinds=("conifer", "broadleaf")),
    "desert": Site(_desert, (0.50, 0.60), (6, 9), trees=0),
    "snowfield": Site(_snowfield, (0.50, 0.60), (4, 6), trees=16, kinds=("conifer",)),
    "canyon": Site(_canyon, (0.50, 0.60), (10, 16), trees=0),
    "sea": Site(_sea, (0.42, 0.54), (4, 7), trees=0),
    "beach": Site(_beach, (0.40, 0.50), (2.6, 3.4), trees=0),
    "coast": Site(_coast, (0.44, 0.54), (9, 11), trees=2),
    "island": Site(_island, (0.50, 0.58), (10, 16), trees=0),
    "jungle": Site(_jungle, (0.50, 0.58), (2.0, 2.8), trees=620, kinds=("palm", "broadleaf", "palm")),
    "garden": Site(_garden, (0.42, 0.52), (1.7, 2.2), trees=70),
    "waterfall": Site(_waterfall, (0.55, 0.62), (4.5, 6.0), trees=120, kinds=("conifer", "broadleaf")),
    "village": Site(_village, (0.46, 0.54), (5.5, 8), trees=16, kinds=("conifer", "broadleaf")),
    "volcano": Site(_volcano, (0.60, 0.68), (8, 14), trees=6, kinds=("broadleaf",)),
}  # fmt: skip
"""Every open-air setting that is made of land and water."""
