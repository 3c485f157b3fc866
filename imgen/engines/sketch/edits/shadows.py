"""The shadow of a cut-out on the ground that it is put on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.edits.picture import Colour, Mask
from imgen.engines.sketch.look import Light
from imgen.engines.sketch.styles.product import contact_shadow


def _cast(inside: NDArray[np.float32], light: Light) -> NDArray[np.float32]:
    """The outline laid flat on the floor, away from the light, softer the further it falls."""
    rows = np.flatnonzero(inside.max(axis=1) > 0.5)
    height, width = inside.shape
    foot, tall = float(rows[-1]), float(rows[-1] - rows[0] + 1)
    across, up = light.direction
    slant = -across * 0.9
    flat = 0.16 + 0.12 * max(0.0, 1.0 + up)
    back = np.array([[1.0, -slant, slant * foot], [0.0, flat, foot - flat * foot]], np.float32)
    behind = cv2.warpAffine(inside, back, (width, height), flags=cv2.INTER_LINEAR)
    y = np.arange(height, dtype=np.float32)[:, None]
    fade = np.clip(1.0 - np.abs(y - foot) / (0.4 * tall), 0, 1)
    soft = cv2.GaussianBlur(behind, (0, 0), max(1.0, tall * 0.02))
    return np.asarray(soft * fade, np.float32)


def _pool(inside: NDArray[np.float32]) -> NDArray[np.float32]:
    """The dimness under a thing, as an ellipse as wide as what stands on the floor."""
    rows = np.flatnonzero(inside.max(axis=1) > 0.5)
    foot, tall = int(rows[-1]), int(rows[-1] - rows[0] + 1)
    standing = np.flatnonzero(inside[max(0, foot - tall // 12) : foot + 1].max(axis=0) > 0.5)
    left, right = float(standing[0]), float(standing[-1])
    wide = max(4.0, (right - left) * 0.62)
    y, x = np.ogrid[0 : inside.shape[0], 0 : inside.shape[1]]
    flat = max(3.0, min(0.3 * wide, 0.075 * tall))
    away = ((x - (left + right) / 2) / wide) ** 2 + ((y - foot + 0.15 * flat) / flat) ** 2
    return np.asarray(np.exp(-1.6 * away), np.float32)


def on_the_floor(ground: Colour, alpha: Mask, light: Light, amount: float) -> Colour:
    """The ground, darkened where a thing of this outline stands and throws its shadow.

    A thing that is cut by the lower edge of the picture has no foot, and so no shadow.
    """
    inside = alpha.astype(np.float32) * np.float32(1 / 255)
    rows = np.flatnonzero(inside.max(axis=1) > 0.5)
    if len(rows) == 0 or rows[-1] >= alpha.shape[0] - 2:
        return ground
    size = float(rows[-1] - rows[0] + 1)
    contact = contact_shadow(inside, size / 420.0) + 1.0 * _pool(inside)
    cast = _cast(inside, light) * np.float32(0.7 * min(1.0, light.strength + 0.2))
    dark = np.clip(np.maximum(contact, cast) * np.float32(amount), 0, 0.9)[..., None]
    shade = np.array(light.shade, np.float32) / 255.0
    under = ground * (0.25 + 0.3 * shade)
    return np.asarray(np.rint(np.clip(ground + (under - ground) * dark, 0, 255)), np.uint8)
