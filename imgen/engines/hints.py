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
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)
    lines = DRAWN[kind](grey)
    return np.ascontiguousarray(np.repeat(lines[..., None], 3, axis=2), np.uint8)


def _canny(grey: Grey) -> Grey:
    return np.asarray(cv2.Canny(grey, _WEAK, _STRONG), np.uint8)


def _lineart(grey: Grey) -> Grey:
    """Where it is darker than round about, as ink on paper would be."""
    calm = cv2.GaussianBlur(grey, (0, 0), 6)
    darker = np.clip(calm.astype(np.int16) - grey, 0, 255).astype(np.float32)
    return np.asarray(np.clip(darker * (255.0 / max(darker.max(), 32.0)), 0, 255), np.uint8)


def _scribble(grey: Grey) -> Grey:
    """The main outlines, thick, as a hand would draw them."""
    calm = cv2.GaussianBlur(grey, (0, 0), 2.5)
    lines = cv2.Canny(calm, _WEAK // 5, _STRONG // 5)  # what is left after such a blur
    return np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.uint8)


DRAWN: Mapping[str, Callable[[Grey], Grey]] = {
    "canny": _canny,
    "lineart": _lineart,
    "scribble": _scribble,
}
"""Kind of control → what draws it."""
