"""Writes the mark into a picture, as strongly as the eye lets it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.finishing.invisible.carriers import carriers
from imgen.finishing.invisible.codec import PAYLOAD_BITS, encode

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
MIN_SIDE = 64
MIN_KEY_BYTES = 16

TILE_AT_MEGAPIXEL = 128.0
TILE_GROWTH = 0.45
"""A tile's side grows with this power of the picture's side: a small picture needs many small
tiles, a large one can afford coarse waves, which survive being scaled down."""
_SMALLEST_TILE = 64

_COARSE_STRENGTH = 1.3
"""Standard deviation of the coarse waves in grey levels, everywhere."""
_FLAT_GAIN = 1.12
"""Where the picture is the same colour all around, a codec's dead zone takes most of a wave."""
_FINE_PER_TEXTURE = 0.15
_FINE_MOST = 4.0
"""Fine waves follow the local mean deviation (contrast masking), up to this many levels."""
_TEXTURE_WINDOW = 9
_TEXTURE_STEPS = 4
"""The local deviation is kept in quarters of a level, in 8 bits: at their end fine waves are at
their strongest anyway."""
_REACH = 3 * (_TEXTURE_WINDOW // 2)
"""Rows above and below that a pixel's strength depends on."""
_BAND_ROWS = 64
_BLACK_GAIN, _WHITE_GAIN = 1.2, 1.5
_CLIPPED_WITHIN = 3.0
"""Where the picture is within so many levels of black or white, half of each wave is cut off;
the other half is made stronger by the gain. On white the eye sees less of it."""


def embed(image: NDArray[np.uint8], payload: int, key: bytes) -> NDArray[np.uint8]:
    """A copy of a picture that carries `payload`.

    The same value is added to red, green and blue, so hue hardly moves.

    Args:
        image: (height, width, 3) sRGB, both sides at least 64 pixels; made for 256 to 2048.
        payload: 0 to 2**48 - 1.
        key: the deployment's secret, at least 16 bytes.

    Raises:
        imgen.errors.Invalid: the picture, the payload or the key is not as above.
    """
    _check(image, payload, key)
    height, width = image.shape[:2]
    side = tile_side(height, width)
    coarse, fine = (_repeat(tile, width) for tile in _tiles(payload, key, side))
    marked = np.empty_like(image)
    for top, bottom in _bands(height, side):
        above, below = max(0, top - _REACH), min(height, bottom + _REACH)
        seen = np.asarray(cv2.cvtColor(image[above:below], cv2.COLOR_RGB2GRAY), np.uint8)
        coarse_strength, fine_strength = _strengths(seen, top - above, bottom - above)
        rows = slice(top % side, top % side + bottom - top)
        coarse_strength *= coarse[rows]
        fine_strength *= fine[rows]
        coarse_strength += fine_strength
        _add(image[top:bottom], coarse_strength, marked[top:bottom])
    return marked


def check_key(key: bytes) -> None:
    """Refuses a key that could be guessed.

    Raises:
        imgen.errors.Invalid: the key is shorter than 16 bytes.
    """
    if len(key) < MIN_KEY_BYTES:
        raise Invalid("The invisible mark's key must have at least 16 bytes.", code="bad_mark_key")


def luma_of(image: NDArray[np.uint8]) -> Plane:
    """(height, width): the luma of BT.601, 0 to 255, which JPEG, WebP and AVIF keep best."""
    return np.asarray(cv2.transform(image.astype(np.float32), _LUMA), np.float32)


def tile_side(height: int, width: int) -> int:
    """Side of the repeated tile, in pixels, for a picture of this size."""
    side = np.sqrt(height * width) / 1000.0
    return max(_SMALLEST_TILE, round(float(TILE_AT_MEGAPIXEL * side**TILE_GROWTH)))


def _check(image: NDArray[np.uint8], payload: int, key: bytes) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise Invalid("The invisible mark needs 8-bit pixels with three channels.")
    if min(image.shape[:2]) < MIN_SIDE:
        raise Invalid("The picture is too small for the invisible mark.", code="too_small_to_mark")
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise Invalid("The invisible mark's payload must be 0 to 2**48 - 1.")
    check_key(key)


@lru_cache(maxsize=8)
def _tiles(payload: int, key: bytes, side: int) -> tuple[Plane, Plane]:
    """The coarse and the fine half of one tile, (side, side), standard deviation 1 each."""
    waves = carriers(key)
    values = waves.symbols(encode(payload, key)) * waves.phase * waves.amplitude
    return (
        _synthesise(waves.lattice[~waves.fine], values[~waves.fine], side),
        _synthesise(waves.lattice[waves.fine], values[waves.fine], side),
    )


def _synthesise(lattice: NDArray[np.int64], values: NDArray[np.complex128], side: int) -> Plane:
    spectrum = np.zeros((side, side // 2 + 1), np.complex128)
    spectrum[lattice[:, 1] % side, lattice[:, 0]] = values  # kx is 2 to 25, a side at least 64
    wave = np.fft.irfft2(spectrum, (side, side)) * (side * side / np.sqrt(2))
    return np.asarray(wave, np.float32)


def _repeat(tile: Plane, width: int) -> Plane:
    """(side, width): one row of tiles."""
    return np.ascontiguousarray(np.tile(tile, (1, -(-width // len(tile))))[:, :width])


def _bands(height: int, side: int) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of bands that never cross from one tile to the next.

    A band's planes fit into a processor's cache, and the allocator hands the same memory out again:
    over a whole picture, fresh pages cost more time than the arithmetic.
    """
    rows = -(-side // max(1, round(side / _BAND_ROWS)))
    for tile_top in range(0, height, side):
        tile_bottom = min(tile_top + side, height)
        for top in range(tile_top, tile_bottom, rows):
            yield top, min(top + rows, tile_bottom)


def _strengths(luma: Pixels, top: int, bottom: int) -> tuple[Plane, Plane]:
    """How strong coarse and fine waves may be at each pixel of some rows, in grey levels.

    The local deviation is mixed with its minimum over the neighbourhood, so that a lone edge in a
    flat area (text, outlines) does not get a halo of noise.

    Args:
        luma: the rows, and `_REACH` more on either side unless the picture ends there.
        top, bottom: which rows of `luma` are asked for.
    """
    window = (_TEXTURE_WINDOW, _TEXTURE_WINDOW)
    mean = cv2.blur(luma, window)
    deviation = cv2.convertScaleAbs(cv2.absdiff(luma, mean), alpha=_TEXTURE_STEPS)
    texture = cv2.blur(deviation, window)
    calm = cv2.erode(texture, np.ones(window, np.uint8))[top:bottom]
    share = _FINE_PER_TEXTURE / (2 * _TEXTURE_STEPS)
    fine = cv2.addWeighted(texture[top:bottom], share, calm, share, 0, dtype=cv2.CV_32F)
    _, fine = cv2.threshold(fine, _FINE_MOST, 0, cv2.THRESH_TRUNC, dst=fine)
    by_calm, by_mean = _coarse_strengths()
    coarse = cv2.multiply(cv2.LUT(calm, by_calm), cv2.LUT(mean[top:bottom], by_mean))
    return np.asarray(coarse, np.float32), np.asarray(fine, np.float32)


@cache
def _coarse_strengths() -> tuple[Plane, Plane]:
    """(256,) each: strength by the local deviation, in steps, and its gain by the local mean."""
    level = np.arange(256)
    nearly_black, nearly_white = (
        np.clip(1 - room / _CLIPPED_WITHIN, 0, 1) for room in (level, 255 - level)
    )
    clipped = 1 + (_BLACK_GAIN - 1) * nearly_black + (_WHITE_GAIN - 1) * nearly_white
    flat = 1 + (_FLAT_GAIN - 1) * np.clip(1 - level / (_TEXTURE_STEPS / 2), 0, 1)
    return (_COARSE_STRENGTH * flat).astype(np.float32), clipped.astype(np.float32)


def _add(image: Pixels, change: Plane, marked: Pixels) -> None:
    """Adds whole levels to all three channels, cut off at black and white."""
    _, up = cv2.threshold(change, 0, 0, cv2.THRESH_TOZERO)
    _, down = cv2.threshold(change, 0, 0, cv2.THRESH_TRUNC)
    lighter, darker = cv2.convertScaleAbs(up), cv2.convertScaleAbs(down)
    cv2.add(image, cv2.merge([lighter, lighter, lighter]), dst=marked)
    cv2.subtract(marked, cv2.merge([darker, darker, darker]), dst=marked)
