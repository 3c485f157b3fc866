"""Outpaint: a larger frame round a picture, its edges carried on and the prompt painted beyond."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.carrying import carried_on
from imgen.engines.sketch.edits.light import matched
from imgen.engines.sketch.edits.membrane import membrane
from imgen.engines.sketch.edits.painted import Share, scene_painted
from imgen.engines.sketch.edits.picture import Colour, Picture, picture_of
from imgen.engines.sketch.styles.noise import clouds
from imgen.errors import Invalid

_STEPS = 20


def _place(request: EngineRequest, picture: Picture) -> tuple[int, int]:
    """(left, top) of the picture in the middle of the new frame.

    Raises:
        imgen.errors.Invalid: it does not fit there.
    """
    spare = (request.width - picture.width, request.height - picture.height)
    if min(spare) < 0:
        raise Invalid("The new size must not be smaller than the image.", field="width")
    return spare[0] // 2, spare[1] // 2


def _mirrored(colour: Colour, left: int, top: int, width: int, height: int) -> Colour:
    """The frame filled by folding the picture over its edges, as often as needed."""
    rows = _folded(np.arange(height) - top, colour.shape[0])
    columns = _folded(np.arange(width) - left, colour.shape[1])
    return np.ascontiguousarray(colour[rows[:, None], columns[None, :]])


def _folded(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    turn = np.mod(index, 2 * length)
    return np.asarray(np.where(turn < length, turn, 2 * length - 1 - turn))


def _dissolved(extended: Colour, scene: Colour, hole: NDArray[np.bool_], seed: int) -> Colour:
    """The painted scene, fading in away from the picture along a ragged line."""
    height, width = hole.shape
    away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    reach = max(24.0, 0.55 * float(away.max()))
    ragged = clouds((height, width), max(24.0, reach * 0.6), seed + 51, 4)
    share = np.clip((away / reach + 0.22 * ragged - 0.28) / 0.62, 0, 1)
    share = (share * share * (3 - 2 * share) * np.clip(away / 12.0, 0, 1))[..., None]
    apart = extended.astype(np.float32) - scene.astype(np.float32)
    known = (~hole).astype(np.float32)
    calm = np.asarray(cv2.GaussianBlur(apart, (0, 0), 6.0), np.float32)
    lift = membrane(calm, known)
    near = np.exp(-away / reach)[..., None] * np.float32(0.4)
    fitted = np.clip(scene + lift * near, 0, 255)
    mixed = extended + (fitted - extended) * share
    return np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)


def outpaint(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of the request, with the input's pixels exactly kept.

    The input stands in the middle. Where it is transparent, it stays so.

    Raises:
        imgen.errors.Invalid: the image is missing, malformed, or does not fit into the new size.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    left, top = _place(request, picture)
    width, height = request.width, request.height
    hole = np.ones((height, width), bool)
    hole[top : top + picture.height, left : left + picture.width] = False
    frame = _mirrored(picture.colour, left, top, width, height)
    progress(1, _STEPS)
    if hole.any():
        share = Share(progress, 1, 12, _STEPS)
        extended = carried_on(frame, hole, request.seed, share, 12)
        if request.prompt.strip():
            rest = Share(progress, 12, _STEPS - 1, _STEPS)
            scene = scene_painted(request, width, height, rest)
            scene = matched(scene, picture.colour, 0.5)
            extended = _dissolved(extended, scene, hole, request.seed)
        frame = np.where(hole[..., None], extended, frame)
    alpha = None
    if picture.alpha is not None:
        alpha = np.full((height, width), 255, np.uint8)
        alpha[top : top + picture.height, left : left + picture.width] = picture.alpha
    progress(_STEPS, _STEPS)
    return Picture(np.asarray(frame, np.uint8), alpha).joined()
