"""A smooth surface through what is known: fills holes softly and spreads differences at a seam."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
"""(height, width, channels)."""

_SMALLEST = 4
_ROUNDS = 4


def _halved(values: Values, known: NDArray[np.float32]) -> tuple[Values, NDArray[np.float32]]:
    """Half the size; only known values count."""
    size = ((values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2)
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(values * known[..., None], size, interpolation=cv2.INTER_AREA)
    total = total.reshape(size[1], size[0], -1) / np.maximum(weight, 1e-4)[..., None]
    return np.asarray(total, np.float32), np.minimum(weight * 4.0, 1.0).astype(np.float32)


def membrane(values: Values, known: NDArray[np.float32]) -> Values:
    """Fill where `known` is 0 with a near-harmonic surface through the rest.

    Args:
        values: (height, width, channels); anything where unknown.
        known: (height, width), 1 or 0.

    Returns:
        The same shape; known values as they were. Coarse to fine, with relaxation on each level
        (the pull-push scheme of Gortler et al., "The Lumigraph", 1996).
    """
    height, width = known.shape
    if min(height, width) <= _SMALLEST or bool((known > 0.5).all()):
        total = float(known.sum())
        mean = (values * known[..., None]).sum(axis=(0, 1)) / max(total, 1e-6)
        return np.where(known[..., None] > 0.5, values, mean).astype(np.float32)
    small, weight = _halved(values, known)
    coarse = membrane(small, weight)
    filled = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    filled = filled.reshape(values.shape)
    share = known[..., None]
    result = values * share + filled * (1.0 - share)
    for _ in range(_ROUNDS):
        around = cv2.blur(result, (3, 3)).reshape(values.shape)
        result = values * share + around * (1.0 - share)
    return np.asarray(result, np.float32)
