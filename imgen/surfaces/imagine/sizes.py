"""How large pictures are: a megapixel for each aspect ratio, exact frames round given ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid

Size = tuple[int, int]
"""Width and height in pixels."""

SIZES: dict[str, Size] = {
    "1:1": (1024, 1024),
    "3:2": (1200, 800),
    "2:3": (800, 1200),
    "4:3": (1152, 864),
    "3:4": (864, 1152),
    "16:9": (1344, 756),
    "9:16": (756, 1344),
    "5:4": (1120, 896),
    "4:5": (896, 1120),
    "8:10": (896, 1120),
    "3:1": (1728, 576),
}
"""Each of exactly that ratio."""
HIGH_RES = 2
"""How many times as wide and high `high_res_results` makes a picture."""
SHORTEST_SIDE = 64
"""Of anything that is made, in pixels: less has no room for the invisible mark."""


def frame_round(width: int, height: int, ratio: str, *, longest_side: int) -> Size:
    """The smallest frame of a ratio that holds a picture of that size.

    Args:
        longest_side: that the frame may have, in pixels.

    Raises:
        imgen.errors.Invalid: the picture has that ratio already, or the frame were too large.
    """
    across, down = _parts(ratio)
    frame = max(width, round(height * across / down)), max(height, round(width * down / across))
    if frame == (width, height):
        raise Invalid(
            f"image is {width}×{height}, which is {ratio} already; name another aspect_ratio",
            field="aspect_ratio",
        )
    if max(frame) > longest_side:
        raise Invalid(
            f"image at {ratio} would be {frame[0]}×{frame[1]}; at most {longest_side} a side",
            field="aspect_ratio",
        )
    return frame


def cropped(pixels: NDArray[np.uint8], ratio: str | None) -> NDArray[np.uint8]:
    """The largest part of a ratio out of a picture's middle; None: all of it.

    Raises:
        imgen.errors.Invalid: that part is too small.
    """
    if ratio is None:
        return pixels
    across, down = _parts(ratio)
    height, width = pixels.shape[:2]
    wanted = min(width, round(height * across / down)), min(height, round(width * down / across))
    if min(wanted) < SHORTEST_SIDE:
        raise Invalid(
            f"image at {ratio} would be {wanted[0]}×{wanted[1]}; at least {SHORTEST_SIDE} a side",
            field="aspect_ratio",
        )
    left, top = (width - wanted[0]) // 2, (height - wanted[1]) // 2
    return pixels[top : top + wanted[1], left : left + wanted[0]]


def enlarged(width: int, height: int, scale: int, *, longest_side: int) -> Size:
    """Exactly `scale` times the size.

    Raises:
        imgen.errors.Invalid: that were too large.
    """
    if max(width, height) * scale > longest_side:
        most = longest_side // scale
        raise Invalid(
            f"image is {width}×{height}; to make it {scale} times as large, at most {most} a side",
            field="image",
        )
    return width * scale, height * scale


def _parts(ratio: str) -> Size:
    across, _, down = ratio.partition(":")
    return int(across), int(down)
