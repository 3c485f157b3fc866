"""Lays all tiles of a picture over each other: the mark adds up, the picture does not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.finishing.invisible.carriers import Carriers
from imgen.finishing.invisible.spectrum import Plane

Complex = NDArray[np.complex128]
Floats = NDArray[np.float64]
Lattice = NDArray[np.int64]

CELL = 64
"""Samples along a tile once it is brought to its own grid; more than twice the finest wave."""
_OUTLIER = 2.5


@dataclass(frozen=True, slots=True)
class Folded:
    """The tiles of a picture, laid over each other quarter by quarter."""

    spectra: Complex
    """(2, 2, 64, 64): transforms of the top left, top right, bottom left and bottom right."""
    span: Floats
    """(2,): distance between the middles of the halves, across and down, in samples."""

    def values(self, lattice: Lattice) -> Complex:
        """(2, 2, n): amplitudes of the waves at these lattice points, per quarter."""
        return self.spectra[..., lattice[:, 1] % CELL, lattice[:, 0] % CELL]


def fold(flat: Plane, frequencies: NDArray[np.float64]) -> Folded:
    """Folds a flattened picture whose lattice points lie at `frequencies` (see `Pose`)."""
    height, width = flat.shape
    to_cells = frequencies.T * CELL
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ to_cells.T
    low = np.floor(corners.min(0) / CELL)
    columns, rows = (np.ceil(corners.max(0) / CELL) - low).astype(int)
    laid = cv2.warpAffine(
        flat,
        np.column_stack([to_cells, -low * CELL]),
        (int(columns) * CELL, int(rows) * CELL),
        flags=cv2.INTER_LINEAR,
        borderValue=0.0,
    )
    tiles = laid.reshape(rows, CELL, columns, CELL)
    bands = tiles[: rows // 2].sum(0), tiles[rows // 2 :].sum(0)
    half = columns // 2
    quarters = [[band[:, :half].sum(1), band[:, half:].sum(1)] for band in bands]
    return Folded(np.fft.fft2(np.array(quarters)), np.array([columns, rows]) * (CELL / 2))


def typical_sizes(values: Complex, waves: Carriers) -> Floats:
    """(n,): how large the waves of each wave's band typically are."""
    sizes = np.abs(values)
    typical = np.empty(len(sizes))
    for band in waves.bands:
        typical[band] = 1.2 * np.median(sizes[band[~waves.comb[band]]])
    return typical + 1e-12


def tame(values: Complex, typical: Floats) -> Complex:
    """In units of the typical size, with outliers cut: they are lines of the picture's own."""
    scaled = values / typical
    return scaled * np.minimum(1, _OUTLIER / np.maximum(np.abs(scaled), _OUTLIER))


def turns(lattice: Lattice, shift: Floats) -> Complex:
    """(n,): phasors that undo a shift by so many samples, across and down."""
    return _phasors(lattice[:, 0] * shift[0] + lattice[:, 1] * shift[1])


def agreement(voices: Complex, lattice: Lattice) -> Floats:
    """(64, 64): how well waves of known phase agree, for every shift (down, across)."""
    surface = np.zeros((CELL, CELL), np.complex128)
    surface[lattice[:, 1] % CELL, lattice[:, 0] % CELL] = voices
    return np.asarray(np.fft.ifft2(surface).real * (CELL * CELL), np.float64)


def sharpen(voices: Complex, lattice: Lattice, shift: Floats) -> Floats:
    """The shift of best agreement within a sample of `shift`, to a quarter of a sample."""
    nudges = np.arange(-0.75, 0.76, 0.25)
    across = _phasors(np.outer(shift[0] + nudges, lattice[:, 0]))
    down = _phasors(np.outer(shift[1] + nudges, lattice[:, 1])) * voices
    best = int((down @ across.T).real.argmax())
    row, column = divmod(best, len(nudges))
    return np.array([shift[0] + nudges[column], shift[1] + nudges[row]])


def _phasors(turned: Floats) -> Complex:
    return np.asarray(np.exp(2j * np.pi / CELL * turned), np.complex128)
