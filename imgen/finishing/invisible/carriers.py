"""The keyed set of sinusoids that a mark consists of.

The mark is a tile that repeats over the whole picture, so its spectrum is a lattice of sharp
lines. A point (kx, ky) of that lattice is a wave with kx periods across a tile and ky down it.
Coarse waves carry the mark through flat areas and hard compression, fine waves through texture.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imgen.finishing.invisible.codec import CODE_BITS

COARSE_FROM, FINE_FROM, FINE_TO = 3.0, 12.2, 25.5
"""Radii of the two rings on the lattice, in periods per tile."""
FINE_COPIES = 4
COPIES = 1 + FINE_COPIES
"""How often each channel bit is sent: once on coarse waves, the rest on fine ones."""
WAVES_PER_COPY = CODE_BITS // 2
DATA_WAVES = COPIES * WAVES_PER_COPY

COMB_DOWN = (3, 5, 6, 9, 11, 14, 16)
"""Waves (n, n): lines on the ray at +45° of the spectrum, from which the geometry is found."""
COMB_UP = (3, 4, 7, 8, 10, 13, 17)
"""Waves (n, -n), on the other ray; a mirror image swaps the two sets."""
_COMB_SHARE_COARSE, _COMB_SHARE_FINE = 0.22, 0.15
_BAND_EDGES = (0.0, 5.0, 7.0, 9.0, FINE_FROM, 15.0, 17.0, 20.0, 23.0, 40.0)

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Carriers:
    """The waves of one key: `DATA_WAVES` with data first, then pilots, then the two combs."""

    lattice: NDArray[np.int64]
    """(n, 2): kx > 0 and ky of each wave."""
    phase: NDArray[np.complex128]
    """(n,): unit phasors, uniformly random."""
    amplitude: NDArray[np.float64]
    """(n,): the energy of each ring adds up to 1."""
    fine: NDArray[np.bool_]
    known: NDArray[np.bool_]
    """Pilots and combs: their phase is known without the payload."""
    comb: NDArray[np.bool_]
    bands: tuple[Indices, ...]
    """Waves of similar radius, whose host noise is alike."""
    orders: tuple[Indices, ...]
    """For each copy, which channel bit each half-wave carries (cosines first, then sines)."""

    def symbols(self, code: NDArray[np.float32]) -> NDArray[np.complex128]:
        """(n,): unit phasors of all waves for these channel bits; 1 where nothing is carried."""
        signs = [code[order].reshape(2, WAVES_PER_COPY) for order in self.orders]
        phasors = np.ones(len(self.lattice), np.complex128)
        phasors[:DATA_WAVES] = np.concatenate([s[0] + 1j * s[1] for s in signs]) / np.sqrt(2)
        return phasors


@lru_cache(maxsize=32)
def carriers(key: bytes) -> Carriers:
    """The waves of a key. The same key gives the same waves in every version of this format."""
    coarse, coarse_pilots = _deal(_ring(COARSE_FROM, FINE_FROM), 1, key, "coarse")
    fine, fine_pilots = _deal(_ring(FINE_FROM, FINE_TO), FINE_COPIES, key, "fine")
    combs = np.array([(n, n) for n in COMB_DOWN] + [(n, -n) for n in COMB_UP])
    lattice = np.concatenate([coarse, fine, coarse_pilots, fine_pilots, combs])
    radius = np.hypot(lattice[:, 0], lattice[:, 1])
    is_fine = radius >= FINE_FROM
    count = len(lattice)
    is_comb = np.arange(count) >= count - len(combs)
    turns = (_stream(key, "phases", count) >> np.uint64(11)) / 2.0**53
    edges = itertools.pairwise(_BAND_EDGES)
    return Carriers(
        lattice=lattice,
        phase=np.exp(2j * np.pi * turns),
        amplitude=_amplitudes(is_fine, is_comb),
        fine=is_fine,
        known=np.arange(count) >= DATA_WAVES,
        comb=is_comb,
        bands=tuple(np.flatnonzero((radius >= low) & (radius < high)) for low, high in edges),
        orders=tuple(_shuffled(CODE_BITS, key, f"order {i}") for i in range(COPIES)),
    )


def _ring(inner: float, outer: float) -> NDArray[np.int64]:
    """Lattice points between two radii, off the axes (edges, blocks) and the diagonals (combs)."""
    reach = int(outer)
    return np.array(
        [
            (kx, ky)
            for kx in range(2, reach + 1)
            for ky in range(-reach, reach + 1)
            if abs(ky) >= 2 and abs(ky) != kx and inner <= float(np.hypot(kx, ky)) < outer
        ]
    )


def _deal(
    points: NDArray[np.int64], copies: int, key: bytes, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The key decides which waves carry data; the rest are pilots."""
    dealt = points[_shuffled(len(points), key, name)]
    return dealt[: copies * WAVES_PER_COPY], dealt[copies * WAVES_PER_COPY :]


def _amplitudes(fine: NDArray[np.bool_], comb: NDArray[np.bool_]) -> NDArray[np.float64]:
    amplitude = np.empty(len(fine))
    for ring, share in ((~fine, _COMB_SHARE_COARSE), (fine, _COMB_SHARE_FINE)):
        amplitude[ring & comb] = np.sqrt(share / np.count_nonzero(ring & comb))
        amplitude[ring & ~comb] = np.sqrt((1 - share) / np.count_nonzero(ring & ~comb))
    return amplitude


def _shuffled(count: int, key: bytes, name: str) -> Indices:
    return np.argsort(_stream(key, name, count), kind="stable")


def _stream(key: bytes, name: str, count: int) -> NDArray[np.uint64]:
    """Random numbers from SHAKE-256: unlike numpy's generators, the same for all time."""
    seed = hmac.digest(key, b"imgen invisible mark " + name.encode(), hashlib.sha256)
    return np.frombuffer(hashlib.shake_256(seed).digest(8 * count), np.dtype("<u8"))
