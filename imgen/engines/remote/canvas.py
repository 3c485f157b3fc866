"""What an edit starts from: the picture at the result's size, what to paint, and what to keep."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.remote.pictures import Pixels, resized
from imgen.errors import Invalid

MASKED = frozenset({Task.INPAINT, Task.ERASE, Task.OUTPAINT, Task.REPLACE_BACKGROUND})
"""Tasks that paint a part of the picture and keep the rest."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """An edit's input, at the size of its result."""

    colour: Pixels
    """(height, width, 3)."""
    mask: Pixels | None = None
    """(height, width): 255 where to paint; None: everywhere."""
    alpha: Pixels | None = None
    """(height, width) of the result, where it has transparency."""

    def finished(self, painted: Pixels) -> Pixels:
        """The result: what was painted, inside the mask; the input exactly as it was, outside.

        Args:
            painted: (height, width, 3 or 4), at the canvas's size.

        Returns:
            (height, width, 3), or 4 where the input was transparent.
        """
        colour = painted[..., :3]
        if self.mask is not None:
            share = self.mask[..., None].astype(np.float32) / 255
            mixed = self.colour + (colour.astype(np.float32) - self.colour) * share
            colour = np.rint(mixed).astype(np.uint8)
        if self.alpha is None:
            return np.ascontiguousarray(colour)
        return np.dstack([colour, self.alpha])


def canvas_of(request: EngineRequest) -> Canvas:
    """The canvas of a request's task.

    Raises:
        imgen.errors.Invalid: the picture or the mask is missing, or does not fit.
    """
    image = request.image
    if image is None:
        raise Invalid("This needs an input picture", field="image")
    if request.task is Task.OUTPAINT:
        return _framed(request, image)
    if request.task is Task.REPLACE_BACKGROUND:
        return _standing(request, image)
    if request.task in MASKED:
        return _masked(request, image)
    return Canvas(resized(_opaque(image), request.width, request.height))


def unchanged(request: EngineRequest) -> Pixels | None:
    """The result where strength 0 asks for the input itself; None where there is work to do."""
    if request.task is not Task.IMAGE_TO_IMAGE or request.strength > 0 or request.image is None:
        return None
    return resized(request.image, request.width, request.height)


def _masked(request: EngineRequest, image: Pixels) -> Canvas:
    mask = request.mask
    if mask is None:
        raise Invalid("This needs a mask", field="mask")
    if mask.shape != image.shape[:2]:
        raise Invalid("The mask must have the picture's size", field="mask")
    size = request.width, request.height
    colour, mask = resized(image[..., :3], *size), resized(mask, *size)
    alpha = None
    if image.shape[2] == 4:  # what is painted is there
        alpha = np.maximum(resized(np.ascontiguousarray(image[..., 3]), *size), mask)
    return Canvas(colour, mask, alpha)


def _framed(request: EngineRequest, image: Pixels) -> Canvas:
    """The picture in the middle of a larger frame."""
    height, width = image.shape[:2]
    spare = request.width - width, request.height - height
    if min(spare) < 0:
        raise Invalid("The new size must not be smaller than the picture", field="width")
    left, top = spare[0] // 2, spare[1] // 2
    edges = top, spare[1] - top, left, spare[0] - left
    colour = cv2.copyMakeBorder(np.ascontiguousarray(image[..., :3]), *edges, cv2.BORDER_REFLECT)
    inside = np.zeros((height, width), np.uint8)
    mask = cv2.copyMakeBorder(inside, *edges, cv2.BORDER_CONSTANT, value=255)
    alpha = None
    if image.shape[2] == 4:
        own = np.ascontiguousarray(image[..., 3])
        alpha = cv2.copyMakeBorder(own, *edges, cv2.BORDER_CONSTANT, value=255).astype(np.uint8)
    return Canvas(colour.astype(np.uint8), mask.astype(np.uint8), alpha)


def _standing(request: EngineRequest, image: Pixels) -> Canvas:
    """The cut-out subject in the new frame: as large as fits, in the middle, at the bottom."""
    if image.shape[2] != 4 or int(image[..., 3].min()) == 255:
        raise Invalid("This needs a picture with a transparent background", field="image")
    height, width = image.shape[:2]
    scale = min(request.width / width, request.height / height)
    fitted = resized(
        image,
        max(1, min(request.width, round(width * scale))),
        max(1, min(request.height, round(height * scale))),
    )
    left, top = (request.width - fitted.shape[1]) // 2, request.height - fitted.shape[0]
    colour = np.full((request.height, request.width, 3), 128, np.uint8)
    mask = np.full((request.height, request.width), 255, np.uint8)
    there = slice(top, request.height), slice(left, left + fitted.shape[1])
    colour[there] = fitted[..., :3]
    mask[there] = 255 - fitted[..., 3]
    return Canvas(colour, mask)


def _opaque(image: Pixels) -> Pixels:
    """(height, width, 3): transparency as white paper."""
    if image.shape[2] == 3:
        return image
    alpha = image[..., 3:].astype(np.float32) / 255
    mixed = image[..., :3] * alpha + 255 * (1 - alpha)
    return np.rint(mixed).astype(np.uint8)
