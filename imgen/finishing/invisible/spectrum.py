"""From a picture to the lines of its spectrum: what is picture is flattened, what repeats stays."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_PICTURE_BLUR = 5.0
"""Slower changes than this Gaussian (standard deviation in pixels) are taken for the picture."""
_CALM = 1.0
"""Local deviations well below this many grey levels are not amplified further."""
_OUTLIER = 3.0
_NEIGHBOURHOOD = (15, 15)
_STRONG = 6.0
_HIGHEST_FREQUENCY = 0.45
_MEAN_OF_LOG = 0.5963
"""The mean of log(1 + x) for exponentially distributed x of mean 1, which noise power is."""


def flatten(luma: Plane) -> Plane:
    """The picture with its slow changes and its contrast taken out: about unit variance anywhere.

    A matched filter for a weak signal whose strength follows the local contrast: dividing by the
    local deviation weighs each pixel by how well the mark can be seen there.
    """
    detail = luma - cv2.GaussianBlur(luma, (0, 0), _PICTURE_BLUR)
    deviation = cv2.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _PICTURE_BLUR))
    detail /= deviation + np.float32(_CALM)
    return np.asarray(np.clip(detail, -_OUTLIER, _OUTLIER), np.float32)


@dataclass(frozen=True, slots=True)
class Lines:
    """How far each frequency stands out from its neighbourhood, as log(1 + power); noise is 1."""

    power: Plane
    """(height, about 0.45 width): rows are vertical frequencies from -height/2."""
    width: int
    """Number of columns of the transform: column c is c / width periods per pixel."""
    height: int

    def at(self, across: Plane, down: Plane) -> Plane:
        """The values at frequencies in periods per pixel; 1 where they are out of reach.

        Args:
            across, down: arrays of one shape, (n, m); `across` must not be negative.
        """
        columns = across * np.float32(self.width)
        rows = down * np.float32(self.height) + np.float32(self.height // 2)
        return _sample(self.power, columns, rows)


def find_lines(flat: Plane) -> Lines:
    """The line spectrum of a flattened picture."""
    height, width = (cv2.getOptimalDFTSize(side) for side in flat.shape)
    columns = int(_HIGHEST_FREQUENCY * width)
    transform = np.fft.rfft2(flat, (height, width))[:, :columns]
    power = (transform.real**2 + transform.imag**2).astype(np.float32)
    power = np.roll(power, height // 2, axis=0)
    power /= cv2.blur(power, _NEIGHBOURHOOD) + np.float32(1e-9)
    # A strong line lifts its own neighbourhood's mean: measure that again without it.
    power /= np.maximum(cv2.blur(np.minimum(power, _STRONG), _NEIGHBOURHOOD), np.float32(1e-3))
    return Lines(np.log1p(power) * np.float32(1 / _MEAN_OF_LOG), width, height)


def power_of(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undoes the logarithm: line power in units of the noise around it."""
    return np.asarray(np.expm1(value * np.float32(_MEAN_OF_LOG)), np.float32)


def _sample(plane: Plane, columns: Plane, rows: Plane) -> Plane:
    sampled = cv2.remap(
        plane,
        columns.astype(np.float32, copy=False),
        rows.astype(np.float32, copy=False),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=1.0,
    )
    return np.asarray(sampled, np.float32)
