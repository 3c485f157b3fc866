"""A picture as it is sent to a reviewer elsewhere."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Internal


def as_jpeg(pixels: NDArray[np.uint8], *, longer_side: int, quality: int) -> bytes:
    """A JPEG file, shrunk to `longer_side` pixels at most. Blocking.

    Args:
        pixels: (height, width, 3 or 4); transparency is put on white.
        longer_side: of what is sent, in pixels.
        quality: 1 to 100.
    """
    scale = longer_side / max(pixels.shape[:2])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0])]
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    bgr = cv2.cvtColor(opaque(pixels), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise Internal("A picture could not be encoded for its review")
    return data.tobytes()


def as_data_uri(pixels: NDArray[np.uint8], *, longer_side: int, quality: int) -> str:
    """`as_jpeg` as `data:image/jpeg;base64,…`. Blocking."""
    data = as_jpeg(pixels, longer_side=longer_side, quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def opaque(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3): transparency put on white."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * alpha + 255 * (1 - alpha) + np.float32(0.5)).astype(np.uint8)
