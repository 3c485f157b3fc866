"""A picture at the size that was asked for, where the model renders only sizes of its own."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fit(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale until the frame is covered, and cut off evenly what stands over.

    Args:
        image: (height, width, channels).
        width: of the result, in pixels.
        height: of the result, in pixels.

    Returns:
        (height, width, channels); the image itself where its size is right already.
    """
    have_height, have_width = image.shape[:2]
    if (have_width, have_height) == (width, height):
        return image
    scale = max(width / have_width, height / have_height)
    covering = (max(width, round(have_width * scale)), max(height, round(have_height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(image, covering, interpolation=way)
    left, top = (covering[0] - width) // 2, (covering[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width], np.uint8)
