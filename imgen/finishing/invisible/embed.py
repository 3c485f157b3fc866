"""Writes the mark into a picture, as strongly as the eye lets it."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.finishing.invisible.carriers import carriers
from imgen.finishing.invisible.codec import PAYLOAD_BITS, encode

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
_FINE_PER_TEXTURE = 0.12
_FINE_MOST = 4.0
"""Fine waves follow the local standard deviation (contrast masking), up to this many levels."""
_TEXTURE_WINDOW = 9
_CLIPPED_GAIN = 1.25
_CLIPPED_WITHIN = 3.0
"""Where the picture is within so many levels of black or white, half of each wave is cut off;
the other half is made stronger by the gain."""


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
    luma = luma_of(image)
    coarse, fine = _tiles(payload, key, tile_side(height, width))
    coarse_strength, fine_strength = _strengths(luma)
    coarse_strength *= _repeat(coarse, height, width)
    fine_strength *= _repeat(fine, height, width)
    change = np.rint(coarse_strength + fine_strength).astype(np.int16)
    marked = cv2.add(image, cv2.merge([change, change, change]), dtype=cv2.CV_8U)
    return np.asarray(marked, np.uint8)


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
    spectrum = np.zeros((side, side), np.complex128)
    spectrum[lattice[:, 1] % side, lattice[:, 0] % side] = values
    spectrum[-lattice[:, 1] % side, -lattice[:, 0] % side] = values.conj()
    wave = np.fft.ifft2(spectrum).real * (side * side / np.sqrt(2))
    return np.asarray(wave, np.float32)


def _repeat(tile: Plane, height: int, width: int) -> Plane:
    side = len(tile)
    return np.tile(tile, (-(-height // side), -(-width // side)))[:height, :width]


def _strengths(luma: Plane) -> tuple[Plane, Plane]:
    """How strong coarse and fine waves may be at each pixel, in grey levels.

    The local deviation is mixed with its minimum over the neighbourhood, so that a lone edge in a
    flat area (text, outlines) does not get a halo of noise.
    """
    window = (_TEXTURE_WINDOW, _TEXTURE_WINDOW)
    mean = cv2.blur(luma, window)
    variance = cv2.sqrBoxFilter(luma, cv2.CV_32F, window) - mean * mean
    texture = cv2.sqrt(np.maximum(variance, 0))
    calm = cv2.erode(texture, np.ones(window, np.uint8))
    fine = np.minimum((texture + calm) * (_FINE_PER_TEXTURE / 2), _FINE_MOST)
    room = np.minimum(mean, 255.0 - mean) / _CLIPPED_WITHIN
    coarse = _COARSE_STRENGTH * (1 + (_CLIPPED_GAIN - 1) * np.clip(1 - room, 0, 1))
    return coarse.astype(np.float32), fine.astype(np.float32)
