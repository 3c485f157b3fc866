"""Reads the payload out of a picture whose tiles have been located."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.finishing.invisible.carriers import COPIES, DATA_WAVES, WAVES_PER_COPY, Carriers
from imgen.finishing.invisible.codec import CODE_BITS, decode
from imgen.finishing.invisible.geometry import Pose, orient, strengths
from imgen.finishing.invisible.spectrum import Lines, Plane, power_of

Complex = NDArray[np.complex128]
Floats = NDArray[np.float64]

_CELL = 64
"""Samples along a tile once it is brought to its own grid; more than twice the finest wave."""
_LEAST_EXCESS = 0.03
_MOST_POWER = 20.0
_OUTLIER = 2.5
_COMB_TRUST = 1.5
_PEAKS = 3
_QUARTERS = (
    np.array([[1, 0], [0, 1]]),
    np.array([[-1, 0], [0, -1]]),
    np.array([[0, 1], [1, 0]]),
    np.array([[0, -1], [-1, 0]]),
)
"""Orientations that leave the combs on their rays: as it is, half a turn, and both transposes."""
_MIRROR = np.array([[-1, 0], [0, 1]])


@dataclass(frozen=True, slots=True)
class Alignment:
    """A pose with an orientation and a shift: all that reading needs."""

    pose: Pose
    orientation: NDArray[np.int64]
    """(2, 2): takes the lattice as embedded to the lattice as it lies here."""
    values: Complex
    """(n,): each wave's complex amplitude, turned back to phase 0, in units of its band's noise."""
    trust: Floats
    """(n,): how much of each wave's amplitude seems to be mark, 0 to 1."""
    evidence: float
    """How far the known waves stand out, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one alignment says."""

    payload: int | None
    """None where the tag does not fit."""
    score: float
    """Correlation of the data waves with the decoded word, in standard deviations."""
    bit_errors: int
    """How many of the 256 channel bits arrived wrong, if the word is right."""
    alignment: Alignment


def align(flat: Plane, lines: Lines, waves: Carriers, pose: Pose) -> Iterator[Alignment]:
    """Every orientation and shift under which the known waves of this pose stand out."""
    spectrum = np.fft.fft2(_fold(flat, pose.frequencies))
    trust = _trust(lines, waves, pose)
    for quarter in _QUARTERS:
        orientation = _MIRROR @ quarter if pose.mirrored else quarter
        lattice = waves.lattice @ orientation.T
        values = _normalise(spectrum[lattice[:, 1] % _CELL, lattice[:, 0] % _CELL], waves)
        values = values * waves.phase.conj()
        for weights in (trust, np.where(waves.fine, 0.0, trust)):
            for shift, evidence in _shifts(values, lattice, waves, weights):
                turned = values * _turns(lattice, shift)
                yield Alignment(pose, orientation, turned, trust, evidence)


def read(alignment: Alignment, waves: Carriers, key: bytes) -> Reading:
    """Decodes one alignment."""
    values = alignment.values[:DATA_WAVES]
    weights = _reliability(alignment, waves)[:DATA_WAVES]
    soft = _soft_bits(values * weights, waves)
    payload, code = decode(soft.astype(np.float32), key)
    matched = (values * waves.symbols(code)[:DATA_WAVES].conj()).real @ weights
    noise = np.sqrt(((np.abs(values) * weights) ** 2).sum() / 2)
    return Reading(
        payload=payload,
        score=float(matched / max(noise, 1e-12)),
        bit_errors=int(np.count_nonzero((soft > 0) != (code > 0))),
        alignment=alignment,
    )


def _fold(flat: Plane, frequencies: NDArray[np.float64]) -> Plane:
    """All tiles of the picture laid over each other, (64, 64)."""
    height, width = flat.shape
    to_cells = frequencies.T * _CELL
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ to_cells.T
    low = np.floor(corners.min(0) / _CELL) * _CELL
    columns, rows = (np.ceil(corners.max(0) / _CELL) * _CELL - low).astype(int)
    laid = cv2.warpAffine(
        flat,
        np.column_stack([to_cells, -low]),
        (int(columns), int(rows)),
        flags=cv2.INTER_LINEAR,
        borderValue=0.0,
    )
    folded = laid.reshape(rows // _CELL, _CELL, columns // _CELL, _CELL).sum((0, 2))
    return np.asarray(folded, np.float32)


def _trust(lines: Lines, waves: Carriers, pose: Pose) -> Floats:
    """Per band, the share of a wave's amplitude that stands above the noise around its line."""
    lattice = orient(waves.lattice, pose.mirrored)
    found = strengths(lines, lattice, pose.frequencies[None])[0]
    power = np.minimum(power_of(found), _MOST_POWER)
    trust = np.zeros(len(lattice))
    for band in waves.bands:
        excess = max(float(power[band[~waves.comb[band]]].mean()) - 1, _LEAST_EXCESS)
        trust[band] = np.sqrt(excess / (1 + excess))
    return trust


def _normalise(values: Complex, waves: Carriers) -> Complex:
    """Divides each band by its typical size and tames outliers (lines of the picture's own)."""
    scaled = np.zeros_like(values)
    for band in waves.bands:
        typical = 1.2 * np.median(np.abs(values[band[~waves.comb[band]]]))
        scaled[band] = values[band] / (typical + 1e-12)
    size = np.abs(scaled)
    return scaled * np.minimum(1, _OUTLIER / np.maximum(size, _OUTLIER))


def _turns(lattice: NDArray[np.int64], shift: Floats) -> Complex:
    return np.asarray(np.exp(2j * np.pi / _CELL * (lattice @ shift)), np.complex128)


def _shifts(
    values: Complex, lattice: NDArray[np.int64], waves: Carriers, weights: Floats
) -> Iterator[tuple[Floats, float]]:
    """The shifts under which the known waves agree best, to a quarter of a cell."""
    known = waves.known
    voices = values[known] * weights[known] * np.where(waves.comb[known], _COMB_TRUST, 1.0)
    surface = np.zeros((_CELL, _CELL), np.complex128)
    surface[lattice[known, 1] % _CELL, lattice[known, 0] % _CELL] = voices
    agreement = np.fft.ifft2(surface).real * _CELL * _CELL
    noise = max(float(np.sqrt((np.abs(voices) ** 2).sum() / 2)), 1e-12)
    for _ in range(_PEAKS):
        row, column = divmod(int(agreement.argmax()), _CELL)
        shift = _sharpen(voices, lattice[known], np.array([column, row], float))
        yield shift, float(agreement[row, column]) / noise
        rows = np.arange(row - 1, row + 2) % _CELL
        agreement[rows[:, None], np.arange(column - 1, column + 2) % _CELL] = -np.inf


def _sharpen(voices: Complex, lattice: NDArray[np.int64], shift: Floats) -> Floats:
    nudges = np.arange(-0.75, 0.76, 0.25)
    tried = shift + np.stack(np.meshgrid(nudges, nudges), -1).reshape(-1, 2)
    turns = np.exp(2j * np.pi / _CELL * (tried @ lattice.T))
    return np.asarray(tried[int((turns @ voices).real.argmax())], np.float64)


def _reliability(alignment: Alignment, waves: Carriers) -> Floats:
    """(n,): weight of each wave, from how well its ring's known waves agree.

    Power alone deceives: rounding a flat, marked picture to whole levels makes lines at all
    lattice points, with phases that mean nothing.
    """
    weights = np.zeros(len(waves.lattice))
    for ring in (waves.fine, ~waves.fine):
        pilots = ring & waves.known
        heard = alignment.values[pilots]
        power = np.sqrt(len(heard) * (np.abs(heard) ** 2).sum())
        agreement = np.clip(heard.real.sum() / max(power, 1e-12), 0.03, 0.97)
        scale = agreement / max(float(alignment.trust[pilots].mean()), 1e-9)
        share = np.clip(alignment.trust[ring] * scale, 0.02, 0.97)
        weights[ring] = share / (1 - share**2)
    return weights


def _soft_bits(values: Complex, waves: Carriers) -> Floats:
    soft = np.zeros(CODE_BITS)
    for copy in range(COPIES):
        part = values[copy * WAVES_PER_COPY : (copy + 1) * WAVES_PER_COPY]
        soft[waves.orders[copy]] += np.concatenate([part.real, part.imag])
    return soft
