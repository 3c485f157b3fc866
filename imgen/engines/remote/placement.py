"""Where a picture lies in the frame that a server works in, and how it comes back out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from imgen.engines.remote.pictures import Pixels, resized

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A picture, scaled and set into a frame; the rest of the frame is edge, carried on."""

    size: Size
    """Of the picture."""
    inner: Size
    """Of the picture, scaled, in the frame."""
    outer: Size
    """Of the frame."""
    left: int = 0
    top: int = 0

    def put(self, picture: Pixels) -> Pixels:
        """(height, width, channels) of the frame."""
        return self._put(picture, cv2.BORDER_REPLICATE)

    def put_mask(self, mask: Pixels) -> Pixels:
        """(height, width) of the frame; nothing is painted beside the picture."""
        return self._put(mask, cv2.BORDER_CONSTANT)

    def take(self, frame: Pixels) -> Pixels:
        """The picture out of what the server made of the frame, at the picture's own size."""
        whole = resized(frame, *self.outer)
        width, height = self.inner
        inner = whole[self.top : self.top + height, self.left : self.left + width]
        return np.ascontiguousarray(resized(np.ascontiguousarray(inner), *self.size))

    def _put(self, pixels: Pixels, border: int) -> Pixels:
        scaled = resized(pixels, *self.inner)
        right = self.outer[0] - self.inner[0] - self.left
        bottom = self.outer[1] - self.inner[1] - self.top
        framed = cv2.copyMakeBorder(scaled, self.top, bottom, self.left, right, border)
        return framed.astype(np.uint8, copy=False)


def in_steps(
    width: int,
    height: int,
    *,
    step: int,
    most_pixels: int,
    least_pixels: int = 0,
    longest: float = 0.0,
) -> Placement:
    """A frame whose sides are multiples of `step`, of about `most_pixels` at most.

    Args:
        least_pixels: the frame has at least so many.
        longest: ratio of its sides at most; 0: any.
    """
    area = width * height
    scale = min(1.0, math.sqrt(most_pixels / area))
    scale = max(scale, math.sqrt(least_pixels / area))
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    least = math.ceil(max(inner) / longest) if longest else 1
    outer = _up(max(inner[0], least), step), _up(max(inner[1], least), step)
    return Placement((width, height), inner, outer)


def in_one_of(width: int, height: int, sizes: Sequence[Size]) -> Placement:
    """The frame of the nearest shape, then area, with the whole picture in its middle."""
    outer = nearest(width, height, sizes)
    scale = min(outer[0] / width, outer[1] / height)
    inner = (
        min(outer[0], max(1, round(width * scale))),
        min(outer[1], max(1, round(height * scale))),
    )
    left, top = (outer[0] - inner[0]) // 2, (outer[1] - inner[1]) // 2
    return Placement((width, height), inner, outer, left, top)


def nearest(width: int, height: int, sizes: Sequence[Size]) -> Size:
    """The size of the nearest shape and, among those, the nearest area."""

    def distance(size: Size) -> tuple[float, float]:
        shape = abs(math.log(size[0] * height / (size[1] * width)))
        return round(shape, 3), abs(math.log(size[0] * size[1] / (width * height)))

    return min(sizes, key=distance)


def _up(side: int, step: int) -> int:
    return step * math.ceil(side / step)
