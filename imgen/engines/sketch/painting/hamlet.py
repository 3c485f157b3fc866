"""Houses of a village: drawn few times, stamped along the way, farthest first."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.look import Light, Look
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display
from imgen.engines.sketch.painting.sprite import Box, drawn, laid, overlap
from imgen.engines.sketch.painting.survey import Terrain
from imgen.engines.sketch.scene.scene import Scene
from imgen.engines.sketch.subjects.registry import SUBJECTS


def settle(canvas: Canvas, terrain: Terrain, scene: Scene, light: Light, detail: float) -> None:
    """Put up the houses, on both sides of the path."""
    if "house" not in SUBJECTS or "house" in scene.excluded:
        return
    house = SUBJECTS["house"]
    rng = np.random.default_rng([scene.seed, 171])
    view, day = canvas.view, terrain.day
    haze = np.array(display(day.haze), np.float32)
    count = int(rng.integers(8, 12))
    for z in sorted(rng.uniform(26, 150, count).tolist(), reverse=True):
        side = 1.0 if rng.random() < 0.5 else -1.0
        x = side * (9.0 + float(rng.uniform(0.0, 0.30)) * z)
        ground = float(terrain.height_at(np.array([x], np.float32), np.array([z], np.float32))[0])
        height = view.focal * min(house.height_m, 7.0) / z
        row = view.row(z, ground)
        column = 0.5 * view.width + view.focal * x / z
        if height < 6 or row < view.horizon - 0.1 * view.height:
            continue
        look = Look(
            light=light, detail=detail * 0.8, flip=bool(side > 0), seed=int(rng.integers(2**31)),
            attributes=frozenset({"snowy"}) if scene.season == "winter" else frozenset(),
        )  # fmt: skip
        width = height * house.aspect
        sprite, left, top = drawn(house, look, Box(column - width / 2, row - height, width, height))
        veil = 1.0 - float(np.exp(-z * 0.001 * day.thickness))
        sprite[..., :3] += (haze - sprite[..., :3]) * np.float32(veil)
        laid(canvas.image, sprite, left, top)
        rows, columns, part = overlap(canvas.distance.shape, sprite, left, top)
        if part.size:
            np.copyto(canvas.distance[rows, columns], np.float32(z), where=part[..., 3] > 0.5)
