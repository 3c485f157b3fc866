"""Turns a hard outline into soft alpha, and takes the old ground's colour out of the edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.edits.ground import Ground
from imgen.engines.sketch.edits.picture import Colour, Mask

Plane = NDArray[np.float32]


def _guided(image: NDArray[np.float32], guide: Plane, radius: int, smoothness: float) -> Plane:
    """He, Sun and Tang, "Guided image filtering" (2013), with a grey guide."""
    side = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean = cv2.blur(guide, side), cv2.blur(image, side)
    variance = cv2.blur(guide * guide, side) - mean_guide * mean_guide
    slope = (cv2.blur(guide * image, side) - mean_guide * mean) / (variance + smoothness)
    offset = mean - slope * mean_guide
    return np.asarray(cv2.blur(slope, side) * guide + cv2.blur(offset, side), np.float32)


def _spread(pixels: NDArray[np.float32], sure: Plane, sigma: float) -> NDArray[np.float32]:
    """The colours of sure places, carried into those that are not."""
    shrink = max(1, int(sigma / 2))
    size = (max(2, sure.shape[1] // shrink), max(2, sure.shape[0] // shrink))
    total = np.zeros((size[1], size[0], 3), np.float32)
    weight = np.full((size[1], size[0]), 1e-12, np.float32)
    premixed = cv2.resize(pixels * sure[..., None], size, interpolation=cv2.INTER_AREA)
    kept = cv2.resize(sure, size, interpolation=cv2.INTER_AREA)
    for reach, share in ((1.0, 1.0), (3.0, 1e-3), (10.0, 1e-6)):
        deviation = reach * sigma / shrink
        total += share * cv2.GaussianBlur(premixed, (0, 0), deviation)
        weight += share * cv2.GaussianBlur(kept, (0, 0), deviation)
    colours = total / weight[..., None]
    whole = (sure.shape[1], sure.shape[0])
    return np.asarray(cv2.resize(colours, whole, interpolation=cv2.INTER_LINEAR), np.float32)


def _share_of_front(
    pixels: NDArray[np.float32], front: NDArray[np.float32], back: NDArray[np.float32]
) -> tuple[Plane, Plane]:
    """Where between its two colours each pixel lies (0 to 1), and how far apart these are."""
    line = front - back
    length = (line * line).sum(axis=2)
    share = ((pixels - back) * line).sum(axis=2) / np.maximum(length, 1.0)
    return np.clip(share, 0, 1).astype(np.float32), np.sqrt(length).astype(np.float32)


def matte(image: Colour, ground: Ground) -> tuple[Colour, Mask]:
    """The subject's own colours, and its alpha.

    Within a band along the outline, alpha is where a pixel lies between the colours of the sure
    subject and the sure ground beside it; where these are alike, a guided filter decides.

    Returns:
        ((height, width, 3), (height, width)).
    """
    height, width = image.shape[:2]
    side = float(np.sqrt(height * width))
    reach = max(1, round(side * (0.0022 if ground.plain else 0.006)))
    solid = ground.subject.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    sure_front = cv2.erode(solid, kernel, borderValue=1).astype(np.float32)
    sure_back = 1.0 - cv2.dilate(solid, kernel, borderValue=0).astype(np.float32)
    pixels = image.astype(np.float32)
    front = _spread(pixels, sure_front if sure_front.any() else solid * np.float32(1), 2.0 * reach)
    back = _spread(pixels, sure_back, 2.0 * reach)
    alpha, apart = _share_of_front(pixels, front, back)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) * np.float32(1 / 255)
    guided = _guided(solid.astype(np.float32), grey, 2 * reach, 4e-4)
    guided = np.clip((guided - 0.12) / 0.76, 0, 1)
    trust = np.clip((apart - 24.0) / 50.0, 0, 1)
    if not ground.plain:
        trust *= 0.6
    alpha = guided + (alpha - guided) * trust
    alpha = np.where(sure_front > 0, 1.0, np.where(sure_back > 0, 0.0, alpha)).astype(np.float32)
    alpha = np.clip((alpha - 0.03) / 0.94, 0, 1)
    return _own_colours(pixels, alpha, front, back), np.rint(alpha * 255).astype(np.uint8)


def _own_colours(
    pixels: NDArray[np.float32],
    alpha: Plane,
    front: NDArray[np.float32],
    back: NDArray[np.float32],
) -> Colour:
    """What the subject's colour must have been, had the ground not shone through."""
    share = alpha[..., None]
    own = (pixels - (1.0 - share) * back) / np.maximum(share, 0.1)
    sure = np.clip((share - 0.15) / 0.7, 0, 1)
    own = np.clip(own, 0, 255) * sure + front * (1.0 - sure)
    own = np.where(share >= 0.999, pixels, own)
    return np.asarray(np.rint(np.clip(own, 0, 255)), np.uint8)
