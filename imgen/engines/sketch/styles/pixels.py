"""Pixels between bytes and the unit range, and how large a brush is at a given picture size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles.style import Painting

Pixels = NDArray[np.float32]
"""(height, width, 3) or (height, width), 0 to 1, sRGB-encoded."""

_REFERENCE_SIDE = 1016.0
"""The square root of 1344 x 768: every radius in the styles is meant at that size."""

_LUMA = np.array([[0.2126, 0.7152, 0.0722]], np.float32)


def unit(image: NDArray[np.uint8]) -> Pixels:
    """Bytes → 0 to 1."""
    return np.multiply(image, np.float32(1 / 255), dtype=np.float32)


def quantised(pixels: Pixels) -> NDArray[np.uint8]:
    """0 to 1 → bytes, rounded and clipped."""
    clipped = np.clip(pixels, 0.0, 1.0)
    return np.asarray(cv2.convertScaleAbs(clipped, alpha=255.0), np.uint8)


def luma(pixels: Pixels) -> Pixels:
    """Rec. 709 luma of (height, width, 3) → (height, width)."""
    return np.asarray(cv2.transform(pixels, _LUMA), np.float32)


def scale_of(painting: Painting) -> float:
    """1 at 1344 x 768, and in proportion to the side of other pictures."""
    height, width = painting.image.shape[:2]
    return float(np.sqrt(height * width) / _REFERENCE_SIDE)


def weight_of(painting: Painting, low: float = 0.35, high: float = 1.6) -> float:
    """How strongly to lay a style on: 1 at guidance 5, between `low` and `high`."""
    return float(np.clip((painting.guidance / 5.0) ** 0.6, low, high))


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """A Gaussian blur; wide ones are made on a smaller copy, as no eye sees the difference."""
    if sigma <= 0.3:
        return pixels
    height, width = pixels.shape[:2]
    shrink = int(np.clip(sigma / 3.0, 1, min(16, height // 8, width // 8)))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.float32)
    small = cv2.resize(
        pixels,
        (max(1, width // shrink), max(1, height // shrink)),
        interpolation=cv2.INTER_AREA,
    )
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def mixed(first: Pixels, second: Pixels, share: float | Pixels) -> Pixels:
    """`first` where `share` is 0, `second` where it is 1."""
    if isinstance(share, np.ndarray) and share.ndim < first.ndim:
        share = share[..., None]
    return np.asarray(first + (second - first) * share, np.float32)


def saturated(pixels: Pixels, amount: float) -> Pixels:
    """Colour strength times `amount`: 0 = grey, 1 = unchanged."""
    keep = np.eye(3, dtype=np.float32) * np.float32(amount)
    matrix = keep + np.repeat(_LUMA, 3, axis=0) * np.float32(1 - amount)
    return np.asarray(cv2.transform(pixels, matrix), np.float32)


def coverage(painting: Painting) -> Pixels:
    """The subjects' coverage as 0 to 1, (height, width)."""
    return unit(painting.subjects)
