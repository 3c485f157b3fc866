"""Inpaint: paint the described thing into the mask, lit and coloured like what is round it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.erase import closed
from imgen.engines.sketch.edits.light import grain_of, light_in, matched, ring_of, strangers
from imgen.engines.sketch.edits.membrane import membrane
from imgen.engines.sketch.edits.painted import Share, scene_of, scene_painted, things_painted
from imgen.engines.sketch.edits.picture import (
    Colour,
    Mask,
    Picture,
    blended,
    mask_of,
    picture_of,
)
from imgen.engines.sketch.edits.shadows import on_the_floor

_STEPS = 20
_STRANGE = 0.05
"""With a smaller share of strange colours than this, the mask holds plain ground, which is kept."""
_WHOLE = 0.6
"""A mask over more than this share of the picture gets a scene, not a thing."""


def _room(mask: Mask) -> tuple[int, int, int, int]:
    """(left, top, width, height): a box that lies mostly inside the mask, for the thing."""
    inside = mask > 127 if (mask > 127).any() else mask > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    full = float(inside[top:bottom, left:right].mean())
    keep = float(np.clip(full, 0.45, 1.0)) ** 0.5
    width, height = (right - left) * keep, (bottom - top) * keep
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return (
        round(middle_x - width / 2),
        round(middle_y - height / 2),
        max(8, round(width)),
        max(8, round(height)),
    )


def _laid(top: Picture, ground: Colour, left: int, upper: int) -> tuple[Colour, Mask]:
    """A cut-out at its place on an empty sheet of the ground's size: colours and alpha."""
    colour, alpha = ground.copy(), np.zeros(ground.shape[:2], np.uint8)
    assert top.alpha is not None
    height, width = ground.shape[:2]
    x0, y0 = max(0, left), max(0, upper)
    x1, y1 = min(width, left + top.width), min(height, upper + top.height)
    if x1 > x0 and y1 > y0:
        part = (slice(y0 - upper, y1 - upper), slice(x0 - left, x1 - left))
        colour[y0:y1, x0:x1] = top.colour[part]
        alpha[y0:y1, x0:x1] = top.alpha[part]
    return colour, alpha


def _thing_on(ground: Colour, mask: Mask, request: EngineRequest, progress: Progress) -> Colour:
    """The described things on the closed ground, with a shadow at their foot."""
    left, top, width, height = _room(mask)
    light = light_in(ground)
    things = things_painted(request, width, height, light, progress)
    near = ring_of(mask, max(6, max(width, height) // 6))
    colour, alpha = _laid(things, ground, left, top)
    solid = alpha > 200
    if near.any() and solid.any():
        colour = matched(colour, ground, 0.22, where=solid, model_where=near)
    colour = _grained(colour, ground, near, request.seed)
    high = top + height < 0.5 * ground.shape[0]
    lit = ground if high else on_the_floor(ground, alpha, light, 0.55)
    return blended(lit, colour, alpha)


def _grained(colour: Colour, ground: Colour, near: NDArray[np.bool_], seed: int) -> Colour:
    """As much fine noise as the surroundings have."""
    amount = grain_of(ground, near)
    if amount < 0.6:
        return colour
    noise = np.random.default_rng([seed, 31]).standard_normal(colour.shape[:2], np.float32)
    noisy = colour + np.rint(noise * min(amount, 8.0))[..., None]
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _scene_in(ground: Colour, mask: Mask, scene: Colour) -> Colour:
    """A painted scene that meets the ground's colours at the mask's edge and fades in from it."""
    inside = (mask > 0).astype(np.uint8)
    if inside.all():
        return scene
    apart = ground.astype(np.float32) - scene.astype(np.float32)
    calm = np.asarray(cv2.GaussianBlur(apart, (0, 0), 3.0), np.float32)
    lift = membrane(calm, (1 - inside).astype(np.float32))
    away = cv2.distanceTransform(np.pad(inside, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    reach = max(4.0, 0.30 * float(away.max()))
    near = np.exp(-away / (1.5 * reach)) * 0.85
    fitted = np.clip(scene + lift * near[..., None], 0, 255)
    fade = np.clip(away / min(0.5 * reach, 0.025 * float(sum(mask.shape))), 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    return blended(ground, np.rint(fitted).astype(np.uint8), np.rint(fade * 255).astype(np.uint8))


def filled_in(colour: Colour, mask: Mask, request: EngineRequest, progress: Progress) -> Colour:
    """The picture with the prompt painted where the mask is above 0; elsewhere byte for byte."""
    if not (mask > 0).any():
        return colour
    first = Share(progress, 0, _STEPS // 2, _STEPS)
    ground = colour
    bare = not request.prompt.strip()
    if (
        bare
        or strangers(colour, mask, max(6, round(0.12 * float((mask > 0).sum()) ** 0.5))) > _STRANGE
    ):
        ground = closed(colour, mask, request.seed, first, 10)
    rest = Share(progress, _STEPS // 2, _STEPS - 1, _STEPS)
    scene = scene_of(request)
    if scene.things and float((mask > 127).mean()) < _WHOLE:
        painted = _thing_on(ground, mask, request, rest)
    elif request.prompt.strip():
        whole = scene_painted(request, colour.shape[1], colour.shape[0], rest)
        painted = _scene_in(ground, mask, whole)
    else:
        painted = ground
    return blended(colour, painted, mask)


def inpaint(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of the request; byte for byte the input where the mask is 0.

    Where the input has alpha, what is painted is opaque.

    Raises:
        imgen.errors.Invalid: image or mask are missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    mask = mask_of(request, picture)
    colour = filled_in(picture.colour, mask, request, progress)
    alpha = picture.alpha
    if alpha is not None:
        alpha = np.maximum(alpha, mask)
    result = Picture(colour, alpha).resized(request.width, request.height)
    progress(_STEPS, _STEPS)
    return result.joined()
