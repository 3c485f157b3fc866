"""Trees in the landscape: a few drawn well, stamped many times, nearer ones larger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.look import Light, Look
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display
from imgen.engines.sketch.painting.filters import resized, shrunk
from imgen.engines.sketch.painting.foliage import conifer, leafy
from imgen.engines.sketch.painting.noise import Field, smoothstep
from imgen.engines.sketch.painting.sites import SITES
from imgen.engines.sketch.painting.sprite import Box, Sprite, drawn, overlap
from imgen.engines.sketch.painting.survey import Terrain
from imgen.engines.sketch.scene.scene import Scene
from imgen.engines.sketch.subjects.registry import SUBJECTS

_LEVELS = (9, 13, 19, 28, 40, 58, 84, 120, 172, 248, 356)
"""Heights in pixels at which each drawing is kept ready."""


@dataclass(frozen=True, slots=True)
class Grove:
    """Where trees stand: nearest first to last, and what they are."""

    x: Field
    z: Field
    foot: Field
    """Height of the ground in metres."""
    tall: Field
    """Metres."""
    kind: tuple[int, ...]
    """Index of the drawing."""


def species(scene: Scene) -> list[str]:
    """Keys of the trees that belong to a setting in a season."""
    kinds: list[str] = []
    for kind in SITES[scene.setting].kinds:
        if kind == "conifer":
            kinds.append("pine")
        elif kind == "palm":
            kinds.append("palm")
        elif scene.season == "winter":
            kinds.append("bare-tree")
        else:
            kinds.append("tree")
    if scene.season == "spring" and "tree" in kinds:
        kinds.append("cherry-tree")
    return [kind for kind in kinds if kind not in scene.excluded and kind in SUBJECTS]


def grove_of(terrain: Terrain, scene: Scene, seed: int) -> Grove | None:
    """Scatter trees over the land, by area, out of the water and off the paths."""
    site = SITES[scene.setting]
    kinds = species(scene)
    if site.trees <= 0 or not kinds or "tree" in scene.excluded:
        return None
    rng = np.random.default_rng([seed, 81])
    view = terrain.view
    near, far = 4.2 * view.eye, min(420.0, 60.0 * view.eye)
    spread = 0.56 * view.width / view.focal
    count = int(min(420, site.trees * spread * (far * far - near * near) / 1e4))
    if count < 1:
        return None
    z = np.sqrt(rng.uniform(near * near, far * far, count)).astype(np.float32)
    x = (rng.uniform(-spread, spread, count) * z).astype(np.float32)
    foot = terrain.height_at(x, z)
    dry = terrain.land.level is None
    keep = terrain.clear_at(x, z) < 0.5
    if not dry:
        keep &= foot > np.float32((terrain.land.level or 0.0) + 0.7)
    # The middle of the picture stays open for what the picture is about.
    keep &= (np.abs(x / z) > 0.16 * spread / 0.66) | (z > 0.35 * far)
    picks = rng.integers(0, 3 * len(kinds), count)
    tall = rng.uniform(0.72, 1.3, count).astype(np.float32)
    order = np.argsort(-z[keep], kind="stable")
    sizes = np.array([SUBJECTS[kinds[int(pick) // 3]].height_m for pick in picks], np.float32)
    tall = tall * np.minimum(sizes, np.float32(5.2 * view.eye))
    return Grove(
        x[keep][order], z[keep][order], foot[keep][order], tall[keep][order],
        tuple(int(pick) for pick in picks[keep][order]),
    )  # fmt: skip


def plant(
    grove: Grove, canvas: Canvas, terrain: Terrain, scene: Scene, light: Light, seed: int,
    detail: float,
) -> None:  # fmt: skip
    """Stamp the grove, farthest first."""
    view, day = canvas.view, terrain.day
    shelf = _Shelf(species(scene), scene, light, seed, detail, view.height)
    haze = np.array(display(day.haze), np.float32)
    for x, z, foot, tall, kind in zip(
        grove.x, grove.z, grove.foot, grove.tall, grove.kind, strict=True
    ):
        pixels = float(tall) / float(z) * view.focal
        row = view.row(float(z), float(foot))
        column = float(x) / float(z) * view.focal + 0.5 * view.width
        if not _visible(canvas, column, row, float(z)):
            continue
        sprite = shelf.take(kind, pixels, view.height)
        left = round(column - sprite.shape[1] / 2)
        top = round(row - sprite.shape[0] * 0.975)
        _shade_ground(canvas, column, row, sprite.shape[1] * 0.42, float(max(day.sun)))
        veil = 1.0 - float(np.exp(-float(z) * 0.001 * day.thickness))
        _stamp(canvas, sprite, left, top, float(z), haze, veil)


def _visible(canvas: Canvas, column: float, row: float, z: float) -> bool:
    y, x = int(row) - 2, int(column)
    if not (0 <= x < canvas.view.width) or y < 0:
        return -0.1 * canvas.view.width < x < 1.1 * canvas.view.width
    if y >= canvas.view.height:
        return row < canvas.view.height * 1.25
    return bool(canvas.distance[y, x] > 0.8 * z)


def _stamp(
    canvas: Canvas, sprite: Sprite, left: int, top: int, z: float, haze: Field, veil: float
) -> None:
    rows, columns, part = overlap(canvas.distance.shape, sprite, left, top)
    if not part.size:
        return
    alpha = part[..., 3:]
    colour = part[..., :3] + (haze - part[..., :3]) * np.float32(veil)
    target = canvas.image[rows, columns]
    target += (colour - target) * alpha
    solid = alpha[..., 0] > 0.5
    np.copyto(canvas.distance[rows, columns], np.float32(z), where=solid)
    canvas.water[rows, columns] *= 1.0 - alpha[..., 0]


def _shade_ground(canvas: Canvas, column: float, row: float, radius: float, power: float) -> None:
    """A soft dark patch where the crown keeps off the light."""
    if radius < 2 or not 0 <= row < canvas.view.height:
        return
    half_w, half_h = int(radius * 1.25) + 1, int(radius * 0.24) + 1
    y0, y1 = max(0, int(row) - half_h), min(canvas.view.height, int(row) + half_h + 1)
    x0, x1 = max(0, int(column) - half_w), min(canvas.view.width, int(column) + half_w + 1)
    if y1 <= y0 or x1 <= x0:
        return
    dy = ((np.arange(y0, y1, dtype=np.float32) - np.float32(row)) / half_h)[:, None]
    dx = ((np.arange(x0, x1, dtype=np.float32) - np.float32(column)) / half_w)[None, :]
    dark = smoothstep(1.0, 0.15, dx * dx + dy * dy) * np.float32(0.30 + 0.2 * min(1.0, power / 2))
    dark *= (canvas.distance[y0:y1, x0:x1] < 20_000) * (1.0 - canvas.water[y0:y1, x0:x1])
    canvas.image[y0:y1, x0:x1] *= (1.0 - dark)[..., None]


class _Shelf:
    """Drawings of each kind at a ladder of sizes, made when first asked for."""

    def __init__(
        self,
        kinds: list[str],
        scene: Scene,
        light: Light,
        seed: int,
        detail: float,
        height: int,
    ) -> None:
        self._kinds = kinds
        self._seed = seed
        self._season = "winter" if scene.weather == "snow" else scene.season
        words = {"autumn": ("autumn",), "winter": ("snowy",)}.get(self._season, ())
        self._words = frozenset(words)
        self._light = light
        self._detail = detail
        self._levels = [size for size in _LEVELS if size <= max(40, 0.7 * height)]
        self._made: dict[tuple[int, int], Sprite] = {}

    def take(self, kind: int, pixels: float, limit: int) -> Sprite:
        """The drawing nearest to a height in pixels."""
        level = min(range(len(self._levels)), key=lambda i: abs(self._levels[i] - pixels))
        if pixels > self._levels[-1] * 1.2:
            return self._grown(kind, min(pixels, limit * 1.3))
        if (kind, level) not in self._made:
            self._make(kind)
        return self._made[kind, level]

    def _make(self, kind: int) -> None:
        subject = SUBJECTS[self._kinds[kind // 3 % len(self._kinds)]]
        seed = (self._seed * 13 + kind) % 2**31
        top = self._levels[-1]
        if subject.name in ("tree", "cherry-tree"):
            sprite = leafy(
                self._season, seed, self._light, top, blossom=subject.name == "cherry-tree"
            )
        elif subject.name == "pine":
            sprite = conifer(self._season, seed, self._light, top)
        else:
            look = Look(
                light=self._light, detail=self._detail * 0.8, attributes=self._words,
                seed=seed, flip=bool(kind % 2),
            )  # fmt: skip
            sprite, _, _ = drawn(subject, look, Box(0, 0, top * subject.aspect, top))
        solid = np.dstack([sprite[..., :3] * sprite[..., 3:], sprite[..., 3]])
        for level, height in enumerate(self._levels):
            width = max(3, round(height * sprite.shape[1] / sprite.shape[0]))
            small = shrunk(solid, (width, height))
            alpha = small[..., 3:]
            colour = small[..., :3] / np.maximum(alpha, 1e-4)
            self._made[kind, level] = np.dstack([colour, alpha]).astype(np.float32)

    def _grown(self, kind: int, pixels: float) -> Sprite:
        largest = len(self._levels) - 1
        if (kind, largest) not in self._made:
            self._make(kind)
        sprite = self._made[kind, largest]
        zoom = pixels / sprite.shape[0]
        size = (round(sprite.shape[1] * zoom), round(sprite.shape[0] * zoom))
        return np.clip(resized(sprite, size, crisp=True), 0.0, 1.0)
