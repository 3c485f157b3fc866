"""Colour and light of one picture, measured, so that something new can be fitted into it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.edits.picture import Colour, Mask
from imgen.engines.sketch.look import RGB, Light

Pixels = NDArray[np.float32]


def light_in(image: Colour) -> Light:
    """The light that a picture seems to stand in, from its bright and its dark places."""
    small = cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = small @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    bright, dark = grey >= np.percentile(grey, 90), grey <= np.percentile(grey, 25)
    sun, shade = small[bright].mean(axis=0), small[dark].mean(axis=0)
    sun = sun * (250.0 / max(float(sun.max()), 1.0))
    tilt = float(grey[:, :24].mean() - grey[:, 24:].mean())
    across = float(np.clip(-tilt / 40.0, -0.8, 0.8))
    down = -float(np.sqrt(max(0.0, 1.0 - across * across)))
    strength = float(np.clip((grey.mean() - 25.0) / 90.0, 0.12, 1.0))
    return Light(_rgb(sun), _rgb(shade * 0.8), (across, down), strength)


def _rgb(values: Pixels) -> RGB:
    red, green, blue = (int(np.clip(value, 0, 255)) for value in values)
    return red, green, blue


def _lab(image: Colour) -> Pixels:
    return np.asarray(
        cv2.cvtColor(image.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_RGB2Lab), np.float32
    )


def _moments(lab: Pixels, where: NDArray[np.bool_] | None) -> tuple[Pixels, Pixels]:
    points = lab.reshape(-1, 3) if where is None else lab[where]
    points = points.astype(np.float64)
    return points.mean(axis=0).astype(np.float32), points.std(axis=0).astype(np.float32)


def matched(
    image: Colour,
    model: Colour,
    amount: float,
    *,
    where: NDArray[np.bool_] | None = None,
    model_where: NDArray[np.bool_] | None = None,
) -> Colour:
    """The picture with the colour statistics of a model, laid on by `amount` (0 to 1).

    Mean and deviation in CIE Lab, after Reinhard et al., "Color transfer between images" (2001).
    With the masks, only those places are measured.
    """
    lab = _lab(image)
    mean, spread = _moments(lab, where)
    wanted_mean, wanted_spread = _moments(_lab(model), model_where)
    gain = np.clip(wanted_spread / np.maximum(spread, 1.0), 0.5, 1.8)
    moved = (lab - mean) * gain + wanted_mean
    mixed = lab + (moved - lab) * np.float32(amount)
    rgb = cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_Lab2RGB)
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), np.uint8)


def tinted(image: Colour, light: Light, amount: float) -> Colour:
    """The picture as this light would show it: its colour, and darker when it is weak."""
    sun = np.array(light.sun, np.float32) / max(*light.sun, 1)
    level = 0.62 + 0.38 * min(1.0, light.strength / 0.7)
    factor = 1.0 + (sun * level - 1.0) * np.float32(amount)
    return np.asarray(np.rint(np.clip(image * factor, 0, 255)), np.uint8)


def ring_of(mask: Mask, reach: int) -> NDArray[np.bool_]:
    """The places just outside a mask."""
    inside = (mask > 0).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray((cv2.dilate(inside, kernel) > 0) & (inside == 0))


def grain_of(image: Colour, where: NDArray[np.bool_]) -> float:
    """The deviation of a picture's fine noise, in bytes (Immerkær, 1996), as a robust median."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[where]
    return float(np.median(rough)) / (6.0 * 0.6745) if rough.size else 0.0


def strangers(image: Colour, mask: Mask, reach: int) -> float:
    """The share of the masked pixels whose colour does not occur within `reach` of the mask.

    Near 0 where the mask holds more of its surroundings, large where a thing stands in it.
    """
    bins = image.astype(np.int64) // 16
    near = bins[ring_of(mask, reach)] + 1
    inside = bins[mask > 0]
    if len(near) == 0 or len(inside) == 0:
        return 1.0
    counts = np.zeros((18, 18, 18), np.int64)
    np.add.at(counts, (near[:, 0], near[:, 1], near[:, 2]), 1)
    spread = np.zeros((16, 16, 16), np.int64)
    for red, green, blue in np.ndindex(3, 3, 3):
        spread += counts[red : red + 16, green : green + 16, blue : blue + 16]
    strange = spread[inside[:, 0], inside[:, 1], inside[:, 2]] * 500 < len(near)
    return float(strange.mean())
