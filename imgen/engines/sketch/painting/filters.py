"""OpenCV's filters with the types that the painters use."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.painting.noise import Field


def blurred(field: Field, sigma: float, sigma_y: float = 0.0) -> Field:
    """A Gaussian blur of `sigma` pixels; another one along the columns if `sigma_y` is given."""
    soft = cv2.GaussianBlur(field, (0, 0), sigmaX=float(sigma), sigmaY=float(sigma_y))
    return np.asarray(soft, np.float32)


def widely_blurred(field: Field, sigma: float, shrink: int) -> Field:
    """A blur of `sigma` pixels, made on a copy `shrink` times smaller."""
    height, width = field.shape[:2]
    size = (max(1, width // shrink), max(1, height // shrink))
    return resized(blurred(shrunk(field, size), sigma / shrink), (width, height))


def shrunk(field: Field, size: tuple[int, int]) -> Field:
    """Averaged down to (width, height)."""
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)


def resized(field: Field, size: tuple[int, int], *, crisp: bool = False) -> Field:
    """Interpolated to (width, height); `crisp` keeps edges firmer."""
    mode = cv2.INTER_CUBIC if crisp else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, size, interpolation=mode), np.float32)


def sampled(field: Field, columns: Field, rows: Field) -> Field:
    """The field at points; beyond its edges, its edges."""
    picked = cv2.remap(
        field,
        np.ascontiguousarray(columns, np.float32),
        np.ascontiguousarray(rows, np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(picked, np.float32)
