"""What land is: heights, what covers them, and the shapes that many settings share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.scene.scene import Scene

HILLTOP_M = 110.0
"""How far off the hill stands that a castle crowns."""


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


def massif(plot: Plot, height: float, start: float, cell: float) -> Field:
    """Mountains that rise behind `start` metres, with a gap where the valley is."""
    gap = plot.rng.uniform(-0.22, 0.22)
    side = smoothstep(0.02, 0.42, np.abs(plot.angle - np.float32(gap)))
    rise = smoothstep(start, start * 5.0, plot.z)
    peaks = plot.crests(cell)
    broad = 0.55 + 0.45 * plot.noise[0].at(plot.x, plot.z, cell * 1.7)
    return np.asarray(
        np.float32(height) * rise * peaks * (0.42 + 0.58 * side) * (0.65 + 0.6 * broad), np.float32
    )


def cover_mountains(plot: Plot, height: Field, top: float) -> tuple[Field, Field]:
    """(snow, wood) by height, with a ragged line."""
    ragged = plot.noise[1].fbm(plot.x, plot.z, 700, 4, pitch=plot.pitch) * np.float32(0.16 * top)
    # Lines lie by what is there to be covered: a low range has its snow as well.
    top = min(top, 0.92 * float(height.max()))
    line = {"winter": 0.02, "spring": 0.42, "autumn": 0.52}.get(plot.scene.season, 0.56)
    if plot.scene.weather == "snow":
        line = 0.0
    snow = smoothstep(line * top, (line + 0.16) * top, height + ragged)
    patches = plot.noise[0].fbm(plot.x, plot.z, 600, 3, pitch=plot.pitch)
    wood = smoothstep(0.45 * top, 0.28 * top, height + ragged) * smoothstep(-0.35, 0.1, patches)
    wood = wood * smoothstep(250, 800, plot.z)
    return snow, wood


def winding_path(plot: Plot) -> Field | float:
    """A winding way that leads the eye in."""
    if "path" not in plot.scene.features:
        return 0.0
    sway = plot.noise[2].fbm(np.zeros_like(plot.z), plot.z, 38, 2) * np.float32(5.0)
    sway = sway * smoothstep(3, 40, plot.z) + np.float32(plot.rng.uniform(-1.2, 1.2))
    away = np.abs(plot.x - sway)
    return smoothstep(1.9, 1.3, away) * smoothstep(420, 150, plot.z)


def by_a_lake(plot: Plot, land: Field, top: float) -> Land:
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
    snow, wood = cover_mountains(plot, height, top)
    wood = np.maximum(wood, smoothstep(1.0, 4.0, height) * smoothstep(far * 0.8, far, plot.z) * 0.8)
    wood = wood * smoothstep(0.5 * top, 0.3 * top, height)
    sand = smoothstep(0.9, 0.2, height) * smoothstep(far, far * 0.5, plot.z)
    return Land(height.astype(np.float32), snow=snow, wood=wood, sand=sand * 0.8, level=0.0)
