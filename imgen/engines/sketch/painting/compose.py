"""A scene into a painting: backdrop first, then the things, then the weather before them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.daylight import daylight_of
from imgen.engines.sketch.painting.land import SITES
from imgen.engines.sketch.painting.placing import place_all
from imgen.engines.sketch.painting.plants import grove_of, plant
from imgen.engines.sketch.painting.staging import stage
from imgen.engines.sketch.painting.terrain import paint_terrain, survey
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.painting.water import lay_water
from imgen.engines.sketch.scene.scene import Scene
from imgen.engines.sketch.styles.style import Painting

Tell = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""

_ROUGH = {"sea": 0.5, "beach": 0.45, "coast": 0.5, "island": 0.4, "river": 0.15}


def compose(
    scene: Scene, width: int, height: int, *, detail: float, guidance: float, tell: Tell
) -> Painting:
    """Paint a scene at a size."""
    rng = np.random.default_rng([scene.seed, 9])
    day = daylight_of(scene, rng)
    site = SITES[scene.setting]
    view = View.of(width, height, horizon=float(rng.uniform(*site.horizon)), eye=float(rng.uniform(*site.eye)))
    canvas = Canvas.blank(view)
    terrain = survey(view, day, scene, scene.seed, detail)
    tell(0.2)
    paint_terrain(terrain, canvas, scene.seed, detail)
    tell(0.5)
    lay_water(canvas, day, scene.seed, rough=_ROUGH.get(scene.setting, 0.06))
    tell(0.6)
    light = day.for_subjects()
    grove = grove_of(terrain, scene, scene.seed)
    if grove is not None:
        plant(grove, canvas, terrain, scene, light, scene.seed, detail)
    placed = place_all(scene, canvas, rng)
    stage(placed, canvas, scene, day, light, detail)
    tell(0.85)
    image = (np.clip(canvas.image, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)
    return Painting(
        image=image, depth=canvas.depth(),
        subjects=(np.clip(canvas.subjects, 0, 1) * np.float32(255)).astype(np.uint8),
        light=light, seed=scene.seed, detail=detail, guidance=guidance,
    )  # fmt: skip
