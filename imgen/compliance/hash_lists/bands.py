"""Finds every hash nearby, and surely every one, through an ordinary index.

A search graph (HNSW) finds most near neighbours. Of a picture that must not be shown, most is not
enough. So each hash of 256 bits is cut into 16 bands of 16 bits. Where two hashes differ in at
most 31 bits, some band differs in at most 1 (pigeonhole), and so it is enough to look up, for each
band, its value and the 16 values that are one bit away: 272 keys of an inverted index. Multi-index
hashing: M. Norouzi, A. Punjani, D. Fleet, "Fast Exact Search in Hamming Space", 2014.
"""

from __future__ import annotations

_BANDS = 16
_WIDTH = 16
MOST_DISTANCE = 2 * _BANDS - 1
"""Bits, of 256: up to here nothing is missed."""


def bands(pdq: str) -> list[int]:
    """The index keys of a hash, one for each band.

    Args:
        pdq: 64 hexadecimal characters.
    """
    return [place << _WIDTH | value for place, value in enumerate(_values(pdq))]


def probes(pdq: str) -> list[int]:
    """The keys of which a hash within `MOST_DISTANCE` has at least one."""
    return [
        place << _WIDTH | (value ^ change)
        for place, value in enumerate(_values(pdq))
        for change in _CHANGES
    ]


_CHANGES = (0, *(1 << bit for bit in range(_WIDTH)))


def _values(pdq: str) -> list[int]:
    digits = _WIDTH // 4
    return [int(pdq[start : start + digits], 16) for start in range(0, len(pdq), digits)]
