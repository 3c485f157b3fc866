"""The lie of the land where there is water: lakes, rivers, coasts."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.painting.land import Land, Plot, by_a_lake, cover_mountains, massif
from imgen.engines.sketch.painting.noise import smoothstep


def lake(plot: Plot) -> Land:
    """A lake before wooded hills."""
    top = plot.rng.uniform(500, 1300)
    land = massif(plot, top, 1300, 3400) + np.maximum(
        np.float32(70) * (plot.rolling(900, 4) + np.float32(0.3)), 0
    )
    return by_a_lake(plot, land, max(top, 900.0))


def river(plot: Plot) -> Land:
    """A river that winds out of the hills."""
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
    height = height + massif(plot, top, 1600, 3600)
    snow, wood = cover_mountains(plot, height, max(top, 900.0))
    wood = np.maximum(wood, smoothstep(0.0, 0.35, plot.noise[0].fbm(plot.x, plot.z, 160, 3)))
    wood = wood * smoothstep(120, 400, plot.z) * smoothstep(22, 50, away)
    sand = smoothstep(0.7, 0.1, height)
    return Land(height, snow=snow, wood=wood, sand=sand, level=0.0, clear=smoothstep(16, 10, away))


def sea(plot: Plot) -> Land:
    """Open water, perhaps with a cape far out."""
    height = np.full_like(plot.z, -6.0)
    if plot.rng.random() < 0.6 and "island" not in plot.scene.excluded:
        side = np.float32(plot.rng.choice([-1, 1]))
        cape = smoothstep(0.10, 0.5, plot.angle * side) * smoothstep(3200, 4200, plot.z)
        cape = cape * smoothstep(15000, 9000, plot.z)
        height = height + cape * (np.float32(330) * plot.crests(2100) + np.float32(20))
    wood = smoothstep(8, 40, height)
    return Land(height, wood=wood * 0.7, level=0.0)


def beach(plot: Plot) -> Land:
    """Sand that slants into the sea, and a headland."""
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


def coast(plot: Plot) -> Land:
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


def island(plot: Plot) -> Land:
    """One island out at sea."""
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


def waterfall(plot: Plot) -> Land:
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
        height.astype(np.float32), rock=rock, wood=wood, level=0.0,
        sand=smoothstep(0.5, 0.1, height) * 0.4,
        clear=smoothstep(wide[0, 0] + 8, wide[0, 0] + 2, away),
    )  # fmt: skip
