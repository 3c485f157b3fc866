"""Which of many pictures are near any of many hashes: all against all, so that none is missed.

The index over bands (see `bands`) finds what is near to one picture. A list that has just come in
is small beside the library, and counting bits is quicker than asking an index for every picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 512
"""Hashes that are compared in one step: with a thousand pictures, 16 MB."""


def near_any(pictures: Sequence[str], hashes: Sequence[str], *, within: int) -> list[int]:
    """Places in `pictures` of those that differ from some hash in at most `within` bits.

    Blocking: half a second for a thousand pictures and ten thousand hashes.

    Args:
        pictures: 64 hexadecimal characters each; so too `hashes`.
    """
    ours, known = _words(pictures), _words(hashes)
    near = np.zeros(len(ours), dtype=bool)
    for start in range(0, len(known), _AT_ONCE):
        differing = ours[:, None] ^ known[None, start : start + _AT_ONCE]
        near |= (np.bitwise_count(differing).sum(axis=2, dtype=np.uint16) <= within).any(axis=1)
    return [int(place) for place in np.flatnonzero(near)]


def _words(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """(n, 4): 256 bits each."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)
