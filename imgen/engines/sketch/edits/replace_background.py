"""Replace background: the subject in a new place, with its light and its shadow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.light import matched, tinted
from imgen.engines.sketch.edits.painted import Share, scene_painted
from imgen.engines.sketch.edits.picture import Colour, Mask, Picture, blended, picture_of
from imgen.engines.sketch.edits.remove_background import cut_out
from imgen.engines.sketch.edits.shadows import on_the_floor
from imgen.engines.sketch.look import Light
from imgen.engines.sketch.paint import read_light

_STEPS = 20


def _standing(subject: Picture, width: int, height: int) -> tuple[Colour, Mask]:
    """The cut-out in the new frame: as large as fits, in the middle, on the lower edge."""
    shrink = min(width / subject.width, height / subject.height)
    fitted = subject.resized(
        max(1, round(subject.width * shrink)), max(1, round(subject.height * shrink))
    )
    assert fitted.alpha is not None
    left, top = (width - fitted.width) // 2, height - fitted.height
    colour = np.zeros((height, width, 3), np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    colour[top:, left : left + fitted.width] = fitted.colour
    alpha[top:, left : left + fitted.width] = fitted.alpha
    return colour, alpha


def _wrapped(colour: Colour, ground: Colour, alpha: Mask, light: Light) -> Colour:
    """The new place's brightness spilling over the subject's edge."""
    side = float(np.sqrt(alpha.size))
    glow = cv2.GaussianBlur(ground, (0, 0), side * 0.02).astype(np.float32) / 255.0
    inside = alpha.astype(np.float32) / 255.0
    rim = np.clip(1.0 - cv2.GaussianBlur(inside, (0, 0), side * 0.006), 0, 1) * inside
    amount = (rim * np.float32(0.45 * (0.4 + 0.6 * light.strength)))[..., None]
    pixels = colour.astype(np.float32) / 255.0
    lit = 1.0 - (1.0 - pixels) * (1.0 - glow * amount)
    return np.asarray(np.rint(np.clip(lit, 0, 1) * 255), np.uint8)


def placed(subject: Picture, ground: Colour, light: Light) -> Colour:
    """A cut-out on a ground: colours matched, tinted and lit by it, standing in its own shadow."""
    height, width = ground.shape[:2]
    colour, alpha = _standing(subject, width, height)
    solid = alpha > 200
    if solid.any():
        behind = (alpha < 8) & (cv2.dilate(alpha, np.ones((25, 25), np.uint8)) > 0)
        if behind.any():
            colour = matched(colour, ground, 0.2, where=solid, model_where=behind)
        colour = tinted(colour, light, 0.55)
        colour = _wrapped(colour, ground, alpha, light)
    return blended(on_the_floor(ground, alpha, light, 0.9), colour, alpha)


def replace_background(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3) of the request.

    An input with transparency is taken as cut out; from any other the background is removed first.

    Raises:
        imgen.errors.Invalid: the image is missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    progress(1, _STEPS)
    subject = cut_out(picture)
    rest = Share(progress, 5, _STEPS - 1, _STEPS)
    ground = scene_painted(request, request.width, request.height, rest)
    light = read_light(
        request.prompt,
        negative_prompt=request.negative_prompt,
        style=request.style,
        seed=request.seed,
    )
    result = placed(subject, ground, light)
    progress(_STEPS, _STEPS)
    return result
