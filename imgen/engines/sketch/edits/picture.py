"""The input picture of an edit: colour and alpha apart, its mask checked, its size changed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest
from imgen.errors import Invalid

Colour = NDArray[np.uint8]
"""(height, width, 3), sRGB."""
Mask = NDArray[np.uint8]
"""(height, width): 255 = inside, 0 = outside, between them a feather."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Colour and, where the input had one, alpha."""

    colour: Colour
    alpha: Mask | None = None

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.colour.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.colour.shape[1])

    def joined(self) -> NDArray[np.uint8]:
        """(height, width, 3), or 4 with alpha: as it came."""
        if self.alpha is None:
            return self.colour
        return np.dstack([self.colour, self.alpha])

    def resized(self, width: int, height: int) -> Picture:
        """The same picture at another size; itself where the size is the same."""
        if (self.width, self.height) == (width, height):
            return self
        alpha = None if self.alpha is None else resized(self.alpha, width, height)
        return Picture(resized(self.colour, width, height), alpha)


def resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Averaged when it shrinks, bicubic when it grows."""
    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)


def picture_of(request: EngineRequest) -> Picture:
    """The request's input image, grey turned to colour, alpha apart.

    Raises:
        imgen.errors.Invalid: there is no image, or it is not 8-bit grey, RGB or RGBA.
    """
    image = request.image
    if image is None:
        raise Invalid("This operation needs an image.", code="image_required", field="image")
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or 0 in image.shape:
        raise Invalid("The image must be 8-bit grey, RGB or RGBA.", field="image")
    if image.ndim == 2:
        return Picture(np.repeat(image[..., None], 3, axis=2))
    channels = image.shape[2]
    if channels == 1:
        return Picture(np.repeat(image, 3, axis=2))
    if channels == 3:
        return Picture(np.ascontiguousarray(image))
    if channels == 4:
        return Picture(np.ascontiguousarray(image[..., :3]), np.ascontiguousarray(image[..., 3]))
    raise Invalid("The image must be 8-bit grey, RGB or RGBA.", field="image")


def mask_of(request: EngineRequest, picture: Picture) -> Mask:
    """The request's mask at the picture's size.

    Raises:
        imgen.errors.Invalid: there is no mask, or it is not an 8-bit grey picture.
    """
    mask = request.mask
    if mask is None:
        raise Invalid("This operation needs a mask.", code="mask_required", field="mask")
    if mask.dtype != np.uint8 or mask.ndim != 2 or 0 in mask.shape:
        raise Invalid("The mask must be an 8-bit grey picture.", field="mask")
    if mask.shape == (picture.height, picture.width):
        return mask
    return np.asarray(
        cv2.resize(mask, (picture.width, picture.height), interpolation=cv2.INTER_NEAREST),
        np.uint8,
    )


def blended(ground: Colour, top: Colour, mask: Mask) -> Colour:
    """`top` where the mask is 255, `ground` byte for byte where it is 0."""
    share = mask.astype(np.int32)[..., None]
    mix = (ground.astype(np.int32) * (255 - share) + top.astype(np.int32) * share + 127) // 255
    return np.asarray(mix, np.uint8)
