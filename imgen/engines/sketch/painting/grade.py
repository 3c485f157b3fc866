"""The colours of the whole picture: mood, palette, and how boldly the prompt is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.painting.noise import Field
from imgen.engines.sketch.scene.scene import Scene

_LUMA = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True, slots=True)
class Grade:
    """One change of colours; several multiply up."""

    strength: float = 1.0
    """Of the colours: 0 is grey."""
    contrast: float = 1.0
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lift: float = 0.0


_GRADES: Mapping[str, Grade] = {
    "dark": Grade(0.80, 1.12, (0.70, 0.74, 0.86)),
    "mysterious": Grade(0.85, 1.06, (0.80, 0.88, 0.98)),
    "sad": Grade(0.62, 0.95, (0.88, 0.93, 1.02)),
    "happy": Grade(1.14, 1.02, (1.04, 1.03, 1.0)),
    "energetic": Grade(1.22, 1.10),
    "cosy": Grade(1.02, 1.0, (1.07, 1.0, 0.90)),
    "romantic": Grade(1.0, 0.98, (1.06, 0.98, 1.0)),
    "dreamy": Grade(0.98, 0.90, (1.03, 1.0, 1.05), 0.05),
    "dramatic": Grade(1.06, 1.16, (0.98, 0.97, 0.97)),
    "calm": Grade(0.94, 0.96),
    "pastel": Grade(0.62, 0.72, (1.0, 1.0, 1.0), 0.20),
    "muted": Grade(0.55, 0.94),
    "vivid": Grade(1.38, 1.05),
    "monochrome": Grade(0.0, 1.10),
    "sepia": Grade(0.12, 0.98, (1.12, 0.98, 0.78)),
    "warm_tones": Grade(1.0, 1.0, (1.10, 1.0, 0.86)),
    "cool_tones": Grade(0.96, 1.0, (0.88, 0.98, 1.12)),
    "old_film": Grade(0.78, 0.92, (1.06, 1.0, 0.90), 0.04),
}


def graded(image: Field, scene: Scene, guidance: float) -> Field:
    """The picture in the scene's colours; higher guidance is bolder.

    Args:
        image: (height, width, 3), display sRGB, 0 to 1.
        scene: mood, palette and features count.
        guidance: 1 to 20; 5 leaves the colours as they are.
    """
    bold = float(np.clip(guidance, 1.0, 20.0)) - 5.0
    steps = [Grade(1.0 + (0.030 if bold > 0 else 0.055) * bold, 1.0 + 0.012 * bold)]
    steps += [_GRADES[key] for key in (scene.mood, *sorted(scene.features)) if key in _GRADES]
    matrix, offset = np.eye(3), np.zeros(3)
    for step in steps:
        matrix, offset = _after(matrix, offset, step)
    if scene.palette and "studio" not in scene.setting:
        image = _leaned(image, scene)
    if scene.tint is not None:
        tint = np.array(scene.tint, np.float32) / np.float32(255)
        soft = image * (np.float32(0.35) + tint * np.float32(1.0))
        image = image + (soft - image) * np.float32(scene.tint_share)
    affine = np.hstack([matrix, offset[:, None]]).astype(np.float32)
    return np.asarray(cv2.transform(image, affine), np.float32)


def _after(
    matrix: NDArray[np.float64], offset: NDArray[np.float64], step: Grade
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    grey = np.tile(np.array(_LUMA), (3, 1))
    own = np.eye(3) * step.strength + grey * (1 - step.strength)
    own = np.diag(step.gain) @ own * step.contrast * (1 - step.lift)
    shift = 0.42 * (1 - step.contrast) + step.lift
    return own @ matrix, own @ offset + shift


def _leaned(image: Field, scene: Scene) -> Field:
    """Lean to the palette: its darkest colour in the shadows, its lightest in the lights."""
    colours = sorted(scene.palette, key=lambda c: c[0] * 0.3 + c[1] * 0.6 + c[2] * 0.1)
    stops = np.array([(8, 8, 16), *colours, (252, 250, 246)], np.float32) / np.float32(255)
    levels = np.linspace(0.0, 1.0, len(stops))
    ramp = np.stack(
        [np.interp(np.linspace(0, 1, 256), levels, stops[:, c]) for c in range(3)], axis=-1
    ).astype(np.float32)
    luma = np.asarray(cv2.transform(image, np.array([_LUMA], np.float32)), np.float32)
    index = np.clip(luma * 255.0, 0, 255).astype(np.uint8)
    return np.asarray(image + (ramp[index] - image) * np.float32(0.26), np.float32)
