"""Subjects as pixels: SVG through resvg, and laid on the canvas with shadow, haze and mirror."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from imgen.engines.sketch.look import Look
from imgen.engines.sketch.subjects.subject import Subject
from imgen.errors import Internal

Sprite = NDArray[np.float32]
"""(height, width, 4): display sRGB and straight alpha, 0 to 1."""

_MARGIN = 4.0
"""Hundredths of the height around the box, for what sticks out a little."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a subject's box lies in the picture, in pixels; edges may lie outside."""

    left: float
    top: float
    width: float
    height: float

    @property
    def foot(self) -> float:
        """The row it stands on."""
        return self.top + self.height


def rasterised(svg: str) -> NDArray[np.uint8]:
    """A whole SVG document → (height, width, 4), RGB and straight alpha.

    Raises:
        imgen.errors.Internal: resvg cannot read it.
    """
    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    except (ValueError, RuntimeError, OSError) as error:
        raise Internal("A drawing could not be rendered.", code="drawing_failed") from error
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise Internal("A drawing could not be rendered.", code="drawing_failed")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA), np.uint8)


def drawn(subject: Subject, look: Look, box: Box) -> tuple[Sprite, int, int]:
    """A subject at its size: the pixels, and the column and row of their top left corner."""
    margin = _MARGIN / 100.0 * box.height
    left, top = int(np.floor(box.left - margin)), int(np.floor(box.top - margin))
    width = int(np.ceil(box.width + 2 * margin)) + 1
    height = int(np.ceil(box.height + 2 * margin)) + 1
    zoom = box.height / 100.0
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}"><g transform="translate({box.left - left:.3f} '
        f'{box.top - top:.3f}) scale({zoom:.5f})">{subject.draw(look)}</g></svg>'
    )
    return rasterised(svg).astype(np.float32) * np.float32(1 / 255), left, top


def laid(image: NDArray[np.float32], sprite: Sprite, left: int, top: int) -> None:
    """Source-over, in place; parts outside the picture are cut off."""
    rows, columns, part = overlap(image.shape[:2], sprite, left, top)
    if part.size:
        target = image[rows, columns]
        target += (part[..., :3] - target) * part[..., 3:]


def overlap(
    shape: tuple[int, ...], sprite: NDArray[np.float32], left: int, top: int
) -> tuple[slice, slice, NDArray[np.float32]]:
    """The rows and columns that a sprite covers, and the part of it that lies there."""
    height, width = sprite.shape[:2]
    y0, y1 = max(0, top), min(shape[0], top + height)
    x0, x1 = max(0, left), min(shape[1], left + width)
    if y1 <= y0 or x1 <= x0:
        return slice(0, 0), slice(0, 0), sprite[:0, :0]
    return slice(y0, y1), slice(x0, x1), sprite[y0 - top : y1 - top, x0 - left : x1 - left]
