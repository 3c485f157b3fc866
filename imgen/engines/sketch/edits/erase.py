"""Erase: take what is under the mask away, and let the surroundings close over it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.carrying import carried_on, met
from imgen.engines.sketch.edits.patches import filled
from imgen.engines.sketch.edits.picture import Colour, Mask, Picture, blended, mask_of, picture_of

_THIN = 4.0
"""Holes that reach no further than this from their edge (scratches, text) need no patches."""
_LARGE = 90_000
"""Holes of more pixels than this are filled with pieces found on a small copy."""
_STEPS = 10


def _box(hole: NDArray[np.bool_], around: float) -> tuple[slice, slice]:
    """The hole and `around` times its size on each side, within the picture."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    margin = int(max(64, around * max(bottom - top, right - left)))
    return (
        slice(max(0, top - margin), min(hole.shape[0], bottom + margin)),
        slice(max(0, left - margin), min(hole.shape[1], right + margin)),
    )


def closed(image: Colour, mask: Mask, seed: int, progress: Progress, of: int) -> Colour:
    """The picture with everything under the mask (above 0) taken from its surroundings.

    Thin holes by Navier-Stokes inpainting (Bertalmio, Bertozzi and Sapiro, 2001), others by
    patches. `progress` is called with steps from 1 below `of`.
    """
    hole = mask > 0
    if not hole.any():
        return image
    if hole.all():
        return np.full_like(image, 128)
    box = _box(hole, 1.3)
    part, inside = np.ascontiguousarray(image[box]), np.ascontiguousarray(hole[box])
    reach = float(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3).max())
    progress(1, of)
    if reach <= _THIN:
        near = cv2.inpaint(part, inside.astype(np.uint8), 4, cv2.INPAINT_NS)
    elif int(inside.sum()) <= _LARGE:
        near = met(part, filled(part, inside, seed, progress, (2, of)), inside)
    else:
        near = carried_on(part, inside, seed, progress, of)
    result = image.copy()
    result[box][inside] = near[inside]
    return result


def erase(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of the input; byte for byte the input where the mask is 0.

    Under an alpha channel, the filled place becomes as opaque as its surroundings.

    Raises:
        imgen.errors.Invalid: image or mask are missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    mask = mask_of(request, picture)
    closed_up = closed(picture.colour, mask, request.seed, progress, _STEPS)
    colour = blended(picture.colour, closed_up, mask)
    alpha = picture.alpha
    if alpha is not None and (mask > 0).any():
        hole = (mask > 0).astype(np.uint8)
        alpha = np.asarray(cv2.inpaint(alpha, hole, 5, cv2.INPAINT_NS), np.uint8)
    result = Picture(colour, alpha).resized(request.width, request.height)
    progress(_STEPS, _STEPS)
    return result.joined()
