"""What a ControlNet looks at, as far as it can be drawn without a network: edges and lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid

Pixels = NDArray[np.uint8]
Grey = NDArray[np.uint8]
_WEAK, _STRONG = 100, 200
"""Thresholds of Canny's hysteresis, in grey levels of gradient."""


def drawn(colour: Pixels, kind: str) -> Pixels:
    """The hint of a kind, white on black.

    Args:
        colour: (height, width, 3).
        kind: one of `DRAWN`.

    Returns:
        (height, width, 3).

    Raises:
        imgen.errors.Invalid: it takes a network (`openpose`, `depth`).
    """
    if kind not in DRAWN:
        raise Invalid(
            f"The control {kind} cannot be drawn from a picture here; there are {', '.join(DRAWN)}",
            field="control",
        )
    lines = DRAWN[kind](colour)
    return np.ascontiguousarray(np.repeat(lines[..., None], 3, axis=2), np.uint8)


def _canny(colour: Pixels) -> Grey:
    """Edges of any channel: those between colours of one lightness too."""
    return np.asarray(cv2.Canny(colour, _WEAK, _STRONG), np.uint8)


def _lineart(colour: Pixels) -> Grey:
    """Where it is darker than round about, as ink on paper would be."""
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)
    calm = cv2.GaussianBlur(grey, (0, 0), 6 * _scale(colour))
    darker = np.clip(calm.astype(np.int16) - grey, 0, 255).astype(np.float32)
    return np.asarray(np.clip(darker * (255.0 / max(darker.max(), 32.0)), 0, 255), np.uint8)


def _scribble(colour: Pixels) -> Grey:
    """The main outlines, thick, as a hand would draw them."""
    height, width = colour.shape[:2]
    scale = _scale(colour)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    calm = cv2.GaussianBlur(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), (0, 0), 2.5)
    lines = cv2.Canny(calm, _WEAK // 4, _STRONG // 4)  # what is left after such a blur
    thick = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    full = cv2.resize(thick, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(full > 127, 255, 0), np.uint8)


def _scale(colour: Pixels) -> float:
    """Strokes grow with the picture: ControlNets were trained on hints of 512 pixels."""
    height, width = colour.shape[:2]
    return max(1.0, float(min(height, width)) / 512)


DRAWN: Mapping[str, Callable[[Pixels], Grey]] = {
    "canny": _canny,
    "lineart": _lineart,
    "scribble": _scribble,
}
"""Kind of control → what draws it."""
