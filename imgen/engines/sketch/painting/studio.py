"""A plain ground: a seamless backdrop with one soft light, for portraits, products and logos."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.view import View
from imgen.engines.sketch.scene.scene import Scene

_BACKDROPS: tuple[tuple[RGB, RGB], ...] = (
    ((214, 205, 192), (150, 138, 126)), ((176, 192, 204), (98, 116, 136)),
    ((206, 188, 178), (140, 104, 96)), ((184, 196, 176), (104, 124, 104)),
    ((226, 206, 170), (176, 138, 92)), ((190, 182, 206), (112, 100, 140)),
)  # fmt: skip
_DARK: tuple[RGB, RGB] = ((74, 74, 86), (22, 22, 30))
_WARM: tuple[RGB, RGB] = ((232, 190, 140), (150, 84, 62))


def paint_studio(view: View, scene: Scene, rng: np.random.Generator, *, flat: bool) -> Canvas:
    """The light falls from one side; `flat` leaves a single even tone."""
    canvas = Canvas.blank(view)
    bright, dark = _tones(scene, rng)
    shape = (view.height, view.width)
    if flat:
        canvas.image += np.array(bright, np.float32) / 255.0 * 0.35 + 0.62
    else:
        spot = _spot(view, rng, scene.seed, outdoors="portrait" in scene.composition)
        first, second = (np.array(tone, np.float32) / np.float32(255) for tone in (dark, bright))
        canvas.image = np.asarray(first + (second - first) * spot[..., None], np.float32)
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    floor = np.clip((rows - view.horizon) / max(1.0, view.height - view.horizon), 0.0, 1.0)
    canvas.distance = np.broadcast_to(90.0 - 84.0 * floor, shape).astype(np.float32).copy()
    return canvas


def _tones(scene: Scene, rng: np.random.Generator) -> tuple[RGB, RGB]:
    if scene.palette:
        r, g, b = scene.palette[0]
        pale = (r + (255 - r) // 3, g + (255 - g) // 3, b + (255 - b) // 3)
        return pale, (int(r * 0.55), int(g * 0.55), int(b * 0.55))
    if scene.mood in ("dark", "mysterious") or scene.time in ("night", "blue_hour"):
        return _DARK
    if scene.time in ("golden_hour", "sunset", "sunrise"):
        return _WARM
    return _BACKDROPS[int(rng.integers(len(_BACKDROPS)))]


def _spot(view: View, rng: np.random.Generator, seed: int, *, outdoors: bool) -> Field:
    """0 to 1: a pool of light behind the subject, mottled like painted canvas."""
    side = np.float32(rng.uniform(0.10, 0.22) * (1 if rng.random() < 0.5 else -1))
    x, y = view.columns[None, :], view.rises[:, None]
    away = (x - side) ** 2 * np.float32(1.5) + (y - 0.10) ** 2 * np.float32(2.0)
    pool = 1.0 / (1.0 + away * np.float32(5.5))
    wide_x = np.broadcast_to(x, pool.shape)
    wide_y = np.broadcast_to(y, pool.shape)
    mottle = Noise.seeded(seed, 97).fbm(wide_x, wide_y, 0.45, 4)
    floor = smoothstep(-0.02, -0.34, y) * np.float32(0.22)
    strength = 0.10 if outdoors else 0.05
    return np.asarray(
        np.clip(pool + mottle * np.float32(strength) + floor * pool, 0, 1), np.float32
    )
