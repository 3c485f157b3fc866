"""Image to image: the input's layout, the prompt's palette, content and style."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.ground import find_subject
from imgen.engines.sketch.edits.light import light_in, matched
from imgen.engines.sketch.edits.painted import Share, scene_of, scene_painted
from imgen.engines.sketch.edits.picture import Colour, Picture, picture_of
from imgen.engines.sketch.styles.registry import STYLES
from imgen.engines.sketch.styles.style import Painting

_STEPS = 20


def _ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, smooth between."""
    share = float(np.clip((value - low) / (high - low), 0, 1))
    return share * share * (3 - 2 * share)


def _painting_of(colour: Colour, request: EngineRequest) -> Painting:
    """The input as if it had been painted: with a guess at its depth, subjects and light."""
    height, width = colour.shape[:2]
    ground = find_subject(colour)
    mask = cv2.GaussianBlur(ground.subject.astype(np.uint8) * np.uint8(255), (0, 0), 2.0)
    rise = np.linspace(1.25, 0.0, height, dtype=np.float32)[:, None]
    depth = np.clip(np.broadcast_to(rise, (height, width)), 0, 1).copy()
    depth += (0.35 - depth) * (mask.astype(np.float32) / 255.0)
    detail = float(np.clip(0.3 + 0.3 * (request.steps / 20.0) ** 0.5, 0.1, 1.0))
    return Painting(
        colour,
        depth.astype(np.float32),
        np.asarray(mask, np.uint8),
        light_in(colour),
        request.seed,
        detail,
        request.guidance_scale,
    )


def _layered(base: Colour, scene: Colour, strength: float) -> Colour:
    """Two pictures joined band by band: the scene's broad forms come in last, its marks first.

    Burt and Adelson, "A multiresolution spline" (1983), with a share of its own for each band.
    """
    first, second = base.astype(np.float32), scene.astype(np.float32)
    levels = max(3, min(7, int(np.log2(min(base.shape[:2]))) - 2))
    bands = []
    for level in range(levels):
        share = _ramp(strength, 0.35 + 0.25 * level / levels, 0.95 + 0.1 * level / levels)
        size = (first.shape[1], first.shape[0])
        lower = [np.asarray(cv2.pyrDown(part), np.float32) for part in (first, second)]
        fine = [
            part - cv2.pyrUp(low, dstsize=size)
            for part, low in zip((first, second), lower, strict=True)
        ]
        bands.append((fine[0] + (fine[1] - fine[0]) * np.float32(share), size))
        first, second = lower
    share = _ramp(strength, 0.6, 1.05)
    result = first + (second - first) * np.float32(share)
    for band, size in reversed(bands):
        result = cv2.pyrUp(result, dstsize=size) + band
    return np.asarray(np.rint(np.clip(result, 0, 255)), np.uint8)


def _mixed(first: Colour, second: Colour, share: float) -> Colour:
    return np.asarray(cv2.addWeighted(first, 1.0 - share, second, share, 0.0), np.uint8)


def image_to_image(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of the request.

    `strength` 0 gives the input's pixels back (resized only where the size differs); up to about
    0.5 its forms stay while palette and style change; near 1 the prompt's own scene takes over.

    Raises:
        imgen.errors.Invalid: the image is missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request).resized(request.width, request.height)
    strength = float(np.clip(request.strength, 0.0, 1.0))
    if strength == 0.0:
        progress(_STEPS, _STEPS)
        return picture.joined()
    rest = Share(progress, 0, 14, _STEPS)
    scene = scene_painted(request, picture.width, picture.height, rest)
    colour = matched(picture.colour, scene, 0.85 * _ramp(strength, 0.0, 0.8))
    progress(15, _STEPS)
    style = STYLES.get(scene_of(request).style)
    if style is not None and not style.plain_ground:
        styled = style.finish(_painting_of(colour, request))
        colour = _mixed(colour, styled, _ramp(strength, 0.0, 0.6))
    progress(18, _STEPS)
    colour = _layered(colour, scene, strength)
    colour = _mixed(picture.colour, colour, _ramp(strength, 0.0, 0.25))
    progress(_STEPS, _STEPS)
    return Picture(colour, picture.alpha).joined()
