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
    tile_side,
)
from imgen.finishing.invisible.geometry import find_poses
from imgen.finishing.invisible.reading import Reading, align, read, tighten, untouched
from imgen.finishing.invisible.spectrum import Lines, Plane, find_lines, flatten

MOST_FALSE_ALARM = 1e-6
"""A reading counts only if an unmarked picture would give it with at most this probability."""
_POSES = 8
_ALIGNMENTS = 6
_READINGS = 2 + 2 * _ALIGNMENTS
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
    side = tile_side(*image.shape[:2]) * shrunk
    reading = _best_reading(luma, side, carriers(key), key)
    if reading is None or reading.payload is None:
        return NOTHING
    false_alarm = _false_alarm(reading.log_chance)
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


def _best_reading(luma: Plane, side: float, waves: Carriers, key: bytes) -> Reading | None:
    """The likeliest of all readings whose tag fits.

    Args:
        luma: the picture.
        side: of a tile if nothing happened to the picture's geometry, in pixels.
    """
    flat = flatten(luma)
    lines = find_lines(flat)
    best: Reading | None = None
    for reading in _readings(flat, lines, side, waves, key):
        if reading.payload is not None and (best is None or reading.log_chance < best.log_chance):
            best = reading
            if _false_alarm(reading.log_chance) <= _CERTAIN:
                break
    return best


def _readings(
    flat: Plane, lines: Lines, side: float, waves: Carriers, key: bytes
) -> Iterator[Reading]:
    """At most `_READINGS`: as it was embedded, then as the lines of the spectrum suggest."""
    for alignment in untouched(flat, lines, waves, side):
        yield read(alignment, waves, key)
    poses = find_poses(lines, waves, _POSES)
    alignments = [found for pose in poses for found in align(flat, lines, waves, pose)]
    alignments.sort(key=lambda alignment: -alignment.evidence)
    for alignment in alignments[:_ALIGNMENTS]:
        yield read(alignment, waves, key)
        yield read(tighten(flat, waves, alignment), waves, key)


def _false_alarm(log_chance: float) -> float:
    """Upper bound of the chance of such a reading without a mark.

    The waves' phases are uniformly random to whoever lacks the key, which bounds the chance that
    any one word fits any picture so well (`Reading.log_chance`). There are 2**48 words with a
    fitting tag, and at most 14 readings are tried, which are chosen by pilots whose phases are
    independent of the data's: the union bound multiplies.
    """
    log = math.log(_READINGS) + PAYLOAD_BITS * math.log(2) + log_chance
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
