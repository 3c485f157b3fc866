"""Only the things of a scene, large and clean on transparency."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.look import Light, Look
from imgen.engines.sketch.painting.placing import line_up
from imgen.engines.sketch.painting.sprite import Sprite, drawn, overlap
from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.styles.registry import STYLES
from imgen.engines.sketch.styles.style import Painting, Style
from imgen.engines.sketch.subjects.registry import SUBJECTS

_PLEASANT = ("fox", "flower", "cat", "boat", "tree", "butterfly")
_FILL = 0.88
"""Share of the frame that the things take in its tighter direction."""


def cut_out(
    scene: Scene, width: int, height: int, *, light: Light, detail: float, guidance: float,
    tell: Callable[[float], None],
) -> NDArray[np.uint8]:  # fmt: skip
    """(height, width, 4), straight alpha: the scene's things side by side, styled."""
    things = scene.things or (_anything(scene.seed),)
    layer = np.zeros((height, width, 4), np.float32)
    for thing, box in zip(things, line_up(things, width, height, _FILL), strict=True):
        look = Look(
            colour=thing.colour, light=light, detail=detail, mood=scene.mood,
            attributes=thing.attributes, seed=thing.seed,
        )  # fmt: skip
        sprite, left, top = drawn(SUBJECTS[thing.subject], look, box)
        _over(layer, sprite, left, top)
        tell(0.6 * (1 + things.index(thing)) / len(things))
    return _styled(layer, scene, light, detail, guidance, tell)


def _anything(seed: int) -> Thing:
    """For a prompt that names no thing."""
    known = [name for name in _PLEASANT if name in SUBJECTS]
    return Thing(subject=known[seed % len(known)], seed=seed % 2**31)


def _over(layer: Sprite, sprite: Sprite, left: int, top: int) -> None:
    """Source-over with straight alpha on both sides, in place."""
    rows, columns, part = overlap(layer.shape[:2], sprite, left, top)
    if not part.size:
        return
    under = layer[rows, columns]
    alpha = part[..., 3:]
    kept = under[..., 3:] * (1.0 - alpha)
    total = alpha + kept
    colour = (part[..., :3] * alpha + under[..., :3] * kept) / np.maximum(total, 1e-6)
    under[..., :3] = np.where(total > 0, colour, under[..., :3])
    under[..., 3:] = total


def _styled(
    layer: Sprite, scene: Scene, light: Light, detail: float, guidance: float,
    tell: Callable[[float], None],
) -> NDArray[np.uint8]:  # fmt: skip
    """Finish the things in the scene's style, over a ground in their own mean colour."""
    alpha = layer[..., 3]
    weight = max(float(alpha.sum()), 1e-6)
    mean = [float((layer[..., c] * alpha).sum()) / weight for c in range(3)]
    ground = np.array(mean, np.float32)
    image = ground + (layer[..., :3] - ground) * alpha[..., None]
    mask = (alpha * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    painting = Painting(
        image=(np.clip(image, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8),
        depth=np.full(alpha.shape, 0.2, np.float32), subjects=mask, light=light, seed=scene.seed,
        detail=detail, guidance=guidance,
    )  # fmt: skip
    finished = _finished(painting, STYLES.get(scene.style))
    tell(1.0)
    return np.dstack([finished, mask])


def _finished(painting: Painting, style: Style | None) -> NDArray[np.uint8]:
    """In the style, but without the ground that it would lay."""
    if style is None:
        return painting.image
    if style.alone is not None:
        return style.alone(painting)
    return painting.image if style.plain_ground else style.finish(painting)
