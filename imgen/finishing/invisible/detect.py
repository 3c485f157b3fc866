"""Tells whether a picture carries the mark of a key, and reads it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.finishing.invisible.carriers import Carriers, carriers
from imgen.finishing.invisible.codec import CODE_BITS, PAYLOAD_BITS
from imgen.finishing.invisible.embed import (
    TILE_AT_MEGAPIXEL,
    TILE_GROWTH,
    check_key,
    luma_of,
)
from imgen.finishing.invisible.geometry import find_poses
from imgen.finishing.invisible.reading import Alignment, Reading, align, read, tighten
from imgen.finishing.invisible.spectrum import Plane, find_lines, flatten

MOST_FALSE_ALARM = 1e-6
"""A reading counts only if an unmarked picture would give it with at most this probability."""
_POSES = 6
_READINGS = 12
_CERTAIN = 1e-12
_MOST_PIXELS = 1.4e6
_MIN_SIDE = 48


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in a picture."""

    found: bool
    payload: int | None
    """0 to 2**48 - 1, or None where nothing was found."""
    false_alarm: float
    """Upper bound of the probability that an unmarked picture gives a reading as good as this."""
    bit_errors: int
    """Channel bits that arrived wrong, of `bits`, and were corrected."""
    bits: int
    scale: tuple[float, float]
    """Width and height relative to the picture as marked, if nothing was cut off since."""
    rotation: float
    """Degrees, clockwise, -180 to 180."""
    flipped: bool
    """Mirrored left to right, before the rotation."""

    @property
    def confidence(self) -> float:
        """1 less the false-alarm probability; 0 where nothing was found."""
        return 1.0 - self.false_alarm if self.found else 0.0


NOTHING = Detection(False, None, 1.0, 0, CODE_BITS, (1.0, 1.0), 0.0, False)


def detect(image: NDArray[np.uint8], key: bytes) -> Detection:
    """Looks for the mark of `key`, without the original.

    Args:
        image: (height, width, 3) sRGB.
        key: the secret that the mark was embedded with, at least 16 bytes.

    Raises:
        imgen.errors.Invalid: the picture or the key is not as above.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise Invalid("The invisible mark is looked for in 8-bit pixels with three channels.")
    check_key(key)
    if min(image.shape[:2]) < _MIN_SIDE:
        return NOTHING
    luma, shrunk = _shrink(luma_of(image))
    reading = _best_reading(luma, carriers(key), key)
    if reading is None or reading.payload is None:
        return NOTHING
    false_alarm = _false_alarm(reading.score)
    if false_alarm > MOST_FALSE_ALARM:
        return NOTHING
    scale, rotation, flipped = _describe(reading, image.shape, shrunk)
    return Detection(
        found=True,
        payload=reading.payload,
        false_alarm=false_alarm,
        bit_errors=reading.bit_errors,
        bits=CODE_BITS,
        scale=scale,
        rotation=rotation,
        flipped=flipped,
    )


def _shrink(luma: Plane) -> tuple[Plane, float]:
    """Large pictures are read at 1.4 megapixels: the mark's waves are coarse enough there."""
    pixels = luma.shape[0] * luma.shape[1]
    if pixels <= _MOST_PIXELS:
        return luma, 1.0
    factor = math.sqrt(_MOST_PIXELS / pixels)
    small = cv2.resize(luma, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), factor


def _best_reading(luma: Plane, waves: Carriers, key: bytes) -> Reading | None:
    flat = flatten(luma)
    lines = find_lines(flat)
    poses = find_poses(lines, waves, _POSES)
    alignments = [found for pose in poses for found in align(flat, lines, waves, pose)]
    alignments.sort(key=lambda alignment: -alignment.evidence)
    best: Reading | None = None
    for reading in _readings(flat, waves, alignments[: _READINGS // 2], key):
        if reading.payload is not None and (best is None or reading.score > best.score):
            best = reading
            if _false_alarm(reading.score) <= _CERTAIN:
                break
    return best


def _readings(
    flat: Plane, waves: Carriers, alignments: list[Alignment], key: bytes
) -> Iterator[Reading]:
    for alignment in alignments:
        yield read(alignment, waves, key)
        yield read(tighten(flat, waves, alignment), waves, key)


def _false_alarm(score: float) -> float:
    """Upper bound of the chance of such a score without a mark.

    The waves' phases are uniformly random to whoever lacks the key. So for any one word and any
    picture the score is a weighted sum of independent cosines of unit variance, which exceeds t
    with a probability of at most exp(-t²/2) (Chernoff; the moments of such a sum are below a
    Gaussian's). There are 2**48 words with a fitting tag, and at most 12 readings are tried, which
    are chosen by pilots whose phases are independent of the data's: the union bound multiplies.
    """
    if score <= 0:
        return 1.0
    log = math.log(_READINGS) + PAYLOAD_BITS * math.log(2) - score**2 / 2
    return math.exp(min(0.0, log))


def _describe(
    reading: Reading, shape: tuple[int, ...], shrunk: float
) -> tuple[tuple[float, float], float, bool]:
    alignment = reading.alignment
    frequencies = alignment.pose.frequencies * shrunk @ alignment.orientation
    placed = np.asarray(np.linalg.inv(frequencies).T, np.float64)
    """Takes tiles as embedded to pixels as they are here."""
    flipped = bool(np.linalg.det(placed) < 0)
    across, down = placed[:, 0] * (-1 if flipped else 1), placed[:, 1]
    rotation = math.degrees(math.atan2(across[1] - down[0], across[0] + down[1]))
    return _scale(placed, shape), rotation, flipped


def _scale(placed: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[float, float]:
    """Tile sides depend on the marked picture's size; solved for it, this gives the scale.

    A picture of area A gets a tile of side c·A^(g/2), and scaled by s shows it with side
    s·c·A^(g/2) at area s²·A; hence s^(1-g) is the tile seen over the tile for the area seen.
    """
    tile = np.linalg.norm(placed, axis=0)
    expected = TILE_AT_MEGAPIXEL * (math.sqrt(shape[0] * shape[1]) / 1000.0) ** TILE_GROWTH
    mean = float(np.sqrt(tile[0] * tile[1]))
    even = (mean / expected) ** (1 / (1 - TILE_GROWTH))
    return (float(even * tile[0] / mean), float(even * tile[1] / mean))
