"""Lays the client's own mark over a picture, where everyone can see it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.errors import Invalid

Pixels = NDArray[np.uint8]
_Plane = NDArray[np.float32]

TILE = "tile"
_ANCHORS = {
    "top-left": (0.0, 0.0),
    "top-center": (0.5, 0.0),
    "top-right": (1.0, 0.0),
    "center-left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "center-right": (1.0, 0.5),
    "bottom-left": (0.0, 1.0),
    "bottom-center": (0.5, 1.0),
    "bottom-right": (1.0, 1.0),
}
POSITIONS = (*_ANCHORS, TILE)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and how a mark is laid."""

    position: str = "bottom-right"
    """One of `POSITIONS`."""
    scale: int = 5
    """Width of the unrotated mark, in percent of the picture's width: 1 to 100."""
    transparency: int = 100
    """Opacity in percent, 0 to 100: 100 lays the mark as it is."""
    rotation: int = 0
    """Degrees, clockwise, -360 to 360."""
    padding_x: int = 10
    """Pixels between the mark and the left or right edge; between tiles."""
    padding_y: int = 10
    """Pixels between the mark and the top or bottom edge; between tiles."""

    def check(self) -> None:
        """Refuses what is out of range.

        Raises:
            imgen.errors.Invalid: naming the field as the API documents do, `wm_…`.
        """
        if self.position not in POSITIONS:
            known = ", ".join(POSITIONS)
            raise Invalid(f"wm_position must be one of {known}", field="wm_position")
        for name, value, low, high in (
            ("wm_scale", self.scale, 1, 100),
            ("wm_transparency", self.transparency, 0, 100),
            ("wm_rotation", self.rotation, -360, 360),
            ("wm_padding_x", self.padding_x, 0, 500),
            ("wm_padding_y", self.padding_y, 0, 500),
        ):
            if not low <= value <= high:
                raise Invalid(f"{name} must be {low} to {high}", field=name)


def apply_visible_mark(pixels: Pixels, mark: Pixels, placement: Placement) -> Pixels:
    """The picture with a mark over it; the picture given is left alone.

    A mark is never larger than the picture: one that would be, also after its rotation, is made
    smaller. Padding gives way where it would push the mark out. Centred axes have no padding.

    Args:
        pixels: (height, width, 3 or 4), straight alpha.
        mark: (height, width, 3 or 4), straight alpha.
        placement: where and how.

    Raises:
        imgen.errors.Invalid: `placement` is out of range.
    """
    placement.check()
    if placement.transparency == 0:
        return pixels
    height, width = pixels.shape[:2]
    layer = _fitted(mark, width, height, placement)
    layer *= np.float32(placement.transparency / 100)
    if placement.position == TILE:
        layer = _tiled(layer, width, height, placement)
        left = top = 0
    else:
        left, top = _corner(layer, width, height, placement)
    marked = pixels.copy()
    region = marked[top : top + layer.shape[0], left : left + layer.shape[1]]
    region[...] = _over(layer, region)
    return marked


def _fitted(mark: Pixels, width: int, height: int, placement: Placement) -> _Plane:
    """The mark in its final size and rotation, as premultiplied RGBA in 0..1."""
    aspect = mark.shape[0] / mark.shape[1]
    wide = width * placement.scale / 100
    angle = math.radians(placement.rotation)
    sin, cos = abs(math.sin(angle)), abs(math.cos(angle))
    box_width, box_height = wide * (cos + aspect * sin), wide * (sin + aspect * cos)
    wide *= min(1.0, width / box_width, height / box_height)
    size = (max(1, round(wide)), max(1, round(wide * aspect)))
    turned = _rotated(_resized(mark, size), placement.rotation)
    return turned[:height, :width]  # rounding may leave one pixel too many


def _resized(mark: Pixels, size: tuple[int, int]) -> _Plane:
    """Premultiplied, so that colours behind transparent pixels do not bleed into the edges.

    Pillow widens its filter when it shrinks, so that thin strokes stay smooth.
    """
    picture = Image.fromarray(mark).convert("RGBA")
    picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    layer: _Plane = np.asarray(picture).astype(np.float32) / np.float32(255)
    layer[..., :3] *= layer[..., 3:]
    return layer


def _rotated(layer: _Plane, degrees: int) -> _Plane:
    """Clockwise; the canvas grows so that nothing is cut off, and edges stay smooth."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(layer, -(degrees // 90)))
    height, width = layer.shape[:2]
    angle = math.radians(degrees)
    sin, cos = math.sin(angle), math.cos(angle)
    new_width = math.ceil(width * abs(cos) + height * abs(sin))
    new_height = math.ceil(width * abs(sin) + height * abs(cos))
    centre, new_centre = ((width - 1) / 2, (height - 1) / 2), (new_width - 1, new_height - 1)
    matrix = np.array(
        [
            [cos, -sin, new_centre[0] / 2 - cos * centre[0] + sin * centre[1]],
            [sin, cos, new_centre[1] / 2 - sin * centre[0] - cos * centre[1]],
        ]
    )
    turned = cv2.warpAffine(
        layer,
        matrix,
        (new_width, new_height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0, 0),
    )
    return turned.astype(np.float32, copy=False)


def _corner(layer: _Plane, width: int, height: int, placement: Placement) -> tuple[int, int]:
    across, down = _ANCHORS[placement.position]
    return (
        _along(across, width - layer.shape[1], placement.padding_x),
        _along(down, height - layer.shape[0], placement.padding_y),
    )


def _along(anchor: float, room: int, padding: int) -> int:
    """Offset on one axis that has `room` pixels to spare."""
    if anchor == 0.5:
        return room // 2
    inset = min(padding, room)
    return inset if anchor == 0 else room - inset


def _tiled(layer: _Plane, width: int, height: int, placement: Placement) -> _Plane:
    """The mark over and over, one mark in the very centre, padding between neighbours."""
    cell_height = layer.shape[0] + placement.padding_y
    cell_width = layer.shape[1] + placement.padding_x
    cell = np.zeros((cell_height, cell_width, 4), np.float32)
    cell[: layer.shape[0], : layer.shape[1]] = layer
    top = -((height - layer.shape[0]) // 2) % cell_height
    left = -((width - layer.shape[1]) // 2) % cell_width
    repeats = (-(-(top + height) // cell_height), -(-(left + width) // cell_width), 1)
    return np.tile(cell, repeats)[top : top + height, left : left + width]


def _over(layer: _Plane, ground: Pixels) -> Pixels:
    """Porter and Duff's "over" (1984), in sRGB values as every image editor does it."""
    rest = 1 - layer[..., 3:]
    if ground.shape[2] == 3:
        result = layer[..., :3] * 255 + ground * rest
    else:
        alpha = ground[..., 3:].astype(np.float32) / 255
        solid = layer[..., 3:] + alpha * rest
        colour = layer[..., :3] * 255 + ground[..., :3] * alpha * rest
        colour = np.where(solid > 0, colour / np.maximum(solid, 1e-6), ground[..., :3])
        result = np.concatenate([colour, solid * 255], axis=2)
    return np.clip(result + 0.5, 0, 255).astype(np.uint8)
