"""A scene into a painting: backdrop first, then the things, then the weather before them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imgen.engines.sketch.painting.backdrop import Setup, paint_backdrop
from imgen.engines.sketch.painting.daylight import daylight_of
from imgen.engines.sketch.painting.filters import blurred
from imgen.engines.sketch.painting.grade import graded
from imgen.engines.sketch.painting.noise import Field
from imgen.engines.sketch.painting.placing import place_all
from imgen.engines.sketch.painting.staging import stage
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.painting.weather import before_things, behind_things
from imgen.engines.sketch.scene.scene import Scene
from imgen.engines.sketch.styles.style import Painting

Tell = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""


def compose(
    scene: Scene, width: int, height: int, *, detail: float, guidance: float, tell: Tell,
    flat: bool = False,
) -> Painting:  # fmt: skip
    """Paint a scene at a size; `flat` where the style wants even fills."""
    rng = np.random.default_rng([scene.seed, 9])
    day = daylight_of(scene, rng)
    light = day.for_subjects()
    tell(0.05)
    canvas = paint_backdrop(Setup(scene, day, light, rng, detail, flat, tell), width, height)
    tell(0.55)
    behind_things(canvas, scene, day)
    placed = place_all(scene, canvas, rng)
    stage(placed, canvas, scene, day, light, detail)
    tell(0.7)
    before_things(canvas, scene, day)
    canvas.image = _finished(graded(canvas.image, scene, guidance), canvas.view, detail)
    tell(0.8)
    image = (np.clip(canvas.image, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)
    return Painting(
        image=image, depth=canvas.depth(),
        subjects=(np.clip(canvas.subjects, 0, 1) * np.float32(255)).astype(np.uint8),
        light=light, seed=scene.seed, detail=detail, guidance=guidance,
    )  # fmt: skip


def _finished(image: Field, view: View, detail: float) -> Field:
    """A picture with few steps stays soft, one with many is crisp."""
    if abs(detail - 0.6) < 0.02:
        return image
    soft = blurred(image, 1.1 * view.scale + 0.3)
    away = (detail - 0.6) * (0.9 if detail > 0.6 else 1.7)
    return np.asarray(image + (image - soft) * np.float32(away), np.float32)
