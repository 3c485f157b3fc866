"""Photographs that the tests of the finishing room and of verification share."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data


def photograph(name: str, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """A picture that ships with scikit-image: (height, width, 3).

    Args:
        name: `astronaut`, `coffee`, `chelsea` (a cat), `rocket`.
        size: (width, height) in pixels, or None for as it is.
    """
    picture = np.asarray(getattr(data, name)(), np.uint8)
    if size is None:
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8)


PHOTO = photograph("coffee")[:160, :240].copy()
