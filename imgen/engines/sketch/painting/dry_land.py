"""The lie of the land where it is dry: mountains, fields, woods, sand."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.painting.land import (
    HILLTOP_M,
    Land,
    Plot,
    by_a_lake,
    cover_mountains,
    massif,
    winding_path,
)
from imgen.engines.sketch.painting.noise import Field, smoothstep


def mountains(plot: Plot) -> Land:
    """A wall of peaks behind meadows, or behind a lake."""
    top = plot.rng.uniform(2500, 3400)
    range_ = massif(plot, top, 1100, plot.rng.uniform(4200, 5600))
    foot = (
        np.float32(95) * smoothstep(120, 1500, plot.z) * (plot.rolling(900, 4) + np.float32(0.35))
    )
    if "lake" in plot.scene.features:
        return by_a_lake(plot, range_ + np.maximum(foot, 0), top)
    near = np.float32(2.2) * smoothstep(8, 90, plot.z) * plot.rolling(60)
    height = range_ + foot + near
    snow, wood = cover_mountains(plot, height, top)
    return Land(height, snow=snow, wood=wood)


def hills(plot: Plot) -> Land:
    """Rolling grassland with woods on the far slopes."""
    far = np.float32(plot.rng.uniform(120, 240)) * smoothstep(250, 2600, plot.z)
    height = far * (plot.rolling(1300, 4) + np.float32(0.3))
    height = height + np.float32(16) * smoothstep(25, 240, plot.z) * plot.rolling(210, 3)
    height = height + np.float32(0.5) * plot.rolling(22)
    patches = plot.noise[1].fbm(plot.x, plot.z, 330, 3)
    wood = smoothstep(0.15, 0.4, patches) * smoothstep(150, 500, plot.z)
    knoll = _knoll(plot)
    height = height + np.float32(13) * knoll
    clear = smoothstep(0.35, 0.6, knoll)
    return Land(height, wood=wood * (1 - clear), path=winding_path(plot), clear=clear)


def _knoll(plot: Plot) -> Field:
    """0 to 1: the hill of its own that a castle crowns, broad and with a level top."""
    crowned = [thing for thing in plot.scene.things if "hilltop" in thing.attributes]
    if not crowned:
        return np.zeros_like(plot.z)
    angles = plot.angle[0]
    column = int((crowned[0].position or 0.5) * (len(angles) - 1))
    away = np.abs(plot.angle - angles[column]) / np.float32(0.5 * (angles[-1] - angles[0]))
    away = away + np.float32(0.03) * plot.rolling(40, 2)
    ahead = np.abs(plot.z - np.float32(HILLTOP_M)) / np.float32(HILLTOP_M)
    return smoothstep(0.95, 0.22, away) * smoothstep(0.62, 0.16, ahead)


def meadow(plot: Plot) -> Land:
    """A level meadow with drifts of flowers."""
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
    return Land(height, wood=wood, flowers=flowers, path=winding_path(plot))


def field(plot: Plot) -> Land:
    """Furrows that run to a vanishing point."""
    height = (
        np.float32(45) * smoothstep(350, 3000, plot.z) * (plot.rolling(1600, 3) + np.float32(0.3))
    )
    height = height + np.float32(2.0) * smoothstep(15, 200, plot.z) * plot.rolling(170, 2)
    patches = plot.noise[1].fbm(plot.x, plot.z, 420, 3)
    wood = smoothstep(0.15, 0.35, patches) * smoothstep(330, 800, plot.z)
    tilled = smoothstep(420, 250, plot.z)
    return Land(height, wood=wood, tilled=tilled, path=winding_path(plot), clear=tilled)


def forest(plot: Plot) -> Land:
    """A clearing among trees."""
    height = (
        np.float32(60) * smoothstep(160, 1500, plot.z) * (plot.rolling(900, 3) + np.float32(0.4))
    )
    height = height + np.float32(1.2) * smoothstep(6, 40, plot.z) * plot.rolling(30, 3)
    away = np.abs(plot.x - plot.noise[2].at(plot.x * 0, plot.z, 30) * 4 * smoothstep(4, 30, plot.z))
    clearing = smoothstep(5.5, 2.5, away) * smoothstep(120, 60, plot.z)
    wood = smoothstep(60, 150, plot.z)
    return Land(height, wood=wood, path=winding_path(plot), clear=clearing)


def desert(plot: Plot) -> Land:
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
    height = height + np.float32(22) * smoothstep(50, 700, plot.z)
    return Land(height.astype(np.float32), ground="sand", sand=1.0)


def snowfield(plot: Plot) -> Land:
    """Snow, far peaks and some spruces."""
    top = plot.rng.uniform(900, 1500)
    height = massif(plot, top, 1800, 3600)
    height = height + np.float32(9) * smoothstep(20, 300, plot.z) * plot.rolling(190, 3)
    wood = smoothstep(0.05, 0.3, plot.noise[1].fbm(plot.x, plot.z, 340, 3)) * smoothstep(
        300, 700, plot.z
    )
    wood = wood * smoothstep(0.4 * top, 0.25 * top, height)
    return Land(height, snow=1.0, wood=wood, ground="snow")


def canyon(plot: Plot) -> Land:
    """A valley between terraced walls of red rock."""
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


def volcano(plot: Plot) -> Land:
    """A cone with a crater."""
    dx = plot.x - np.float32(plot.rng.uniform(-0.15, 0.15) * 6500)
    dz = plot.z - 6500.0
    away = np.sqrt(dx * dx + dz * dz)
    cone = np.clip(1.0 - away / np.float32(4600), 0.0, 1.0)
    height = np.float32(2900) * cone * cone + np.float32(420) * plot.crests(1900) * smoothstep(
        0.02, 0.4, cone
    )
    height = np.where(away < 420, np.minimum(height, 2250 + 0.28 * away), height)
    height = height + np.float32(40) * smoothstep(200, 2000, plot.z) * (plot.rolling(900) + 0.3)
    snow, wood = cover_mountains(plot, height.astype(np.float32), 3300.0)
    return Land(height.astype(np.float32), snow=snow, wood=wood, rock=smoothstep(500, 1200, height))


def jungle(plot: Plot) -> Land:
    """A clearing among palms."""
    base = forest(plot)
    return Land(
        base.height + smoothstep(60, 500, plot.z) * np.float32(60) * (plot.rolling(300, 3) + 0.4),
        wood=1.0 * smoothstep(40, 110, plot.z), path=base.path, clear=base.clear,
    )  # fmt: skip


def garden(plot: Plot) -> Land:
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


def village(plot: Plot) -> Land:
    """A path through open ground, with room for houses."""
    top = plot.rng.uniform(700, 1500)
    height = massif(plot, top, 1500, 3600)
    height = height + np.float32(10) * smoothstep(30, 240, plot.z) * (
        plot.rolling(180, 3) + np.float32(0.2)
    )
    snow, wood = cover_mountains(plot, height, max(top, 900.0))
    sway = (
        plot.noise[2].fbm(np.zeros_like(plot.z), plot.z, 40, 2)
        * np.float32(6)
        * smoothstep(3, 40, plot.z)
    )
    away = np.abs(plot.x - sway)
    path = smoothstep(1.9, 1.4, away) * smoothstep(220, 120, plot.z)
    return Land(height, snow=snow, wood=wood, path=path, clear=smoothstep(5, 3, away))
