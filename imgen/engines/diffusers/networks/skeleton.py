"""People as OpenPose draws them: points and limbs in the colours of the hue circle, on black."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.diffusers.order import Pixels

Person = Mapping[str, tuple[float, float]]
"""Name of a point → (x, y) in pixels; points that are not seen are left out."""

POINTS = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
)
"""The 18 points of a body, in OpenPose's order; the place gives the colour."""
LIMBS = (
    ("neck", "right_shoulder"),
    ("neck", "left_shoulder"),
    ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("neck", "right_hip"),
    ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"),
    ("neck", "left_hip"),
    ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"),
    ("neck", "nose"),
    ("nose", "right_eye"),
    ("right_eye", "right_ear"),
    ("nose", "left_eye"),
    ("left_eye", "left_ear"),
)
"""The 17 limbs, in OpenPose's order."""
COLOURS = tuple(
    tuple(round(255 * share) for share in colorsys.hsv_to_rgb(place / len(POINTS), 1, 1))
    for place in range(len(POINTS))
)
"""RGB of the points, and of the limbs before they are dimmed."""
_DIMMED = 0.6
_THICK = 4 / 512
"""Radius of a point, half the width of a limb: of the shorter side of the picture."""


def draw(people: Sequence[Person], width: int, height: int) -> Pixels:
    """People on black.

    Args:
        people: of each, what is seen.
        width: of the drawing, in pixels.

    Returns:
        (height, width, 3).
    """
    canvas = np.zeros((height, width, 3), np.uint8)
    thick = max(1, round(_THICK * min(width, height)))
    for person in people:
        for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
            if start in person and end in person:
                dimmed = tuple(int(share * _DIMMED) for share in colour)
                cv2.fillConvexPoly(canvas, _limb(person[start], person[end], thick), dimmed)
        for name, colour in zip(POINTS, COLOURS, strict=True):
            if name in person:
                x, y = person[name]
                cv2.circle(canvas, (round(x), round(y)), thick, colour, thickness=-1)
    return canvas


def _limb(start: tuple[float, float], end: tuple[float, float], thick: int) -> NDArray[np.int32]:
    """The outline of an ellipse from one point to the other."""
    across, down = end[0] - start[0], end[1] - start[1]
    middle = round((start[0] + end[0]) / 2), round((start[1] + end[1]) / 2)
    axes = max(1, round(math.hypot(across, down) / 2)), thick
    turned = round(math.degrees(math.atan2(down, across)))
    return np.asarray(cv2.ellipse2Poly(middle, axes, turned, 0, 360, 1), np.int32)
