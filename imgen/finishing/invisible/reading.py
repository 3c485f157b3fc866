"""Reads the payload out of a picture whose tiles have been located."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from imgen.finishing.invisible.carriers import COPIES, DATA_WAVES, WAVES_PER_COPY, Carriers
from imgen.finishing.invisible.codec import CODE_BITS, decode
from imgen.finishing.invisible.folding import (
    CELL,
    Complex,
    Floats,
    Folded,
    Lattice,
    agreement,
    fold,
    sharpen,
    tame,
    turns,
    typical_sizes,
)
from imgen.finishing.invisible.geometry import Pose, strengths
from imgen.finishing.invisible.spectrum import Lines, Plane, power_of

_LEAST_EXCESS = 0.03
_MOST_POWER = 20.0
_COMB_TRUST = 1.5
_PEAKS = 3
_DRIFT = 3
"""Half a picture may be this many samples (of 64 to a tile) off the other half."""
_QUARTERS = (
    np.array([[1, 0], [0, 1]]),
    np.array([[0, -1], [1, 0]]),
    np.array([[-1, 0], [0, -1]]),
    np.array([[0, 1], [-1, 0]]),
)
_MIRROR = np.array([[-1, 0], [0, 1]])
_ORIENTATIONS = tuple(q @ m for m in (np.eye(2, dtype=int), _MIRROR) for q in _QUARTERS)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A pose with an orientation and a shift: all that reading needs."""

    pose: Pose
    folded: Folded
    orientation: Lattice
    """(2, 2): takes the lattice as embedded to the lattice as it lies here."""
    shift: Floats
    """(2,): of the tiles' origin, in samples across and down."""
    trust: Floats
    """(n,): how much of each wave's amplitude seems to be mark, 0 to 1."""
    evidence: float
    """How far the known waves stand out, in standard deviations."""

    def lattice(self, waves: Carriers) -> Lattice:
        """Where each wave lies in this picture's lattice."""
        return waves.lattice @ self.orientation.T


@dataclass(frozen=True, slots=True)
class Reading:
    """What one alignment says."""

    payload: int | None
    """None where the tag does not fit."""
    score: float
    """Correlation of the data waves with the decoded word, in standard deviations."""
    log_chance: float
    """Natural logarithm of an upper bound of the probability that one given word fits so well
    where there is no mark."""
    bit_errors: int
    """How many of the 256 channel bits arrived wrong, if the word is right."""
    alignment: Alignment


def align(flat: Plane, lines: Lines, waves: Carriers, pose: Pose) -> Iterator[Alignment]:
    """Every orientation and shift under which the known waves of this pose stand out.

    Turning or mirroring by quarters takes each band of the lattice to itself, so what is typical
    of a band is measured once.
    """
    folded = fold(flat, pose.frequencies)
    typical = typical_sizes(folded.values(waves.lattice).sum((0, 1)), waves)
    trust = _trust(lines, waves, pose)
    coarse = np.where(waves.fine, 0.0, trust)
    for orientation in _ORIENTATIONS:
        lattice = waves.lattice @ orientation.T
        values = tame(folded.values(lattice).sum((0, 1)), typical) * waves.phase.conj()
        for weights in (trust, coarse):
            for shift, evidence in _shifts(values, lattice, waves, weights):
                yield Alignment(pose, folded, orientation, shift, weights, evidence)


def tighten(flat: Plane, waves: Carriers, alignment: Alignment) -> Alignment:
    """The same alignment with a pose under which all parts of the picture agree on the shift.

    The climb over line strengths cannot tell the mark's lines from those that a codec's blocks
    add; the known waves' phases can. Each half of the picture tells its own shift, and what they
    differ by is what the pose is off by.
    """
    lattice = alignment.lattice(waves)
    quarters = alignment.folded.values(lattice) * waves.phase.conj()
    quarters = quarters * turns(lattice, alignment.shift)
    off_across = _drift(quarters[:, 1].sum(0), quarters[:, 0].sum(0), lattice, alignment, waves)
    off_down = _drift(quarters[1].sum(0), quarters[0].sum(0), lattice, alignment, waves)
    drift = np.column_stack([off_across, off_down]) / alignment.folded.span
    frequencies = alignment.pose.frequencies @ (np.eye(2) - drift).T
    pose = replace(alignment.pose, frequencies=frequencies)
    folded = fold(flat, frequencies)
    values = _values(folded, lattice, waves)
    shift, evidence = next(_shifts(values, lattice, waves, alignment.trust))
    return replace(alignment, pose=pose, folded=folded, shift=shift, evidence=evidence)


def read(alignment: Alignment, waves: Carriers, key: bytes) -> Reading:
    """Decodes one alignment."""
    lattice = alignment.lattice(waves)
    values = _values(alignment.folded, lattice, waves)
    known = waves.known
    shift = sharpen((values * alignment.trust)[known], lattice[known], alignment.shift)
    values = values * turns(lattice, shift)
    weights = _reliability(values, alignment.trust, waves)[:DATA_WAVES]
    values = values[:DATA_WAVES]
    soft = _soft_bits(values * weights, waves)
    payload, code = decode(soft.astype(np.float32), key)
    matched = (values * waves.symbols(code)[:DATA_WAVES].conj()).real @ weights
    loudness = np.abs(values) * weights
    noise = max(float(np.sqrt((loudness**2).sum() / 2)), 1e-12)
    score = float(matched) / noise
    return Reading(
        payload=payload,
        score=score,
        log_chance=_log_chance(score, loudness / noise),
        bit_errors=int(np.count_nonzero((soft > 0) != (code > 0))),
        alignment=alignment,
    )


def untouched(flat: Plane, lines: Lines, waves: Carriers, side: float) -> Iterator[Alignment]:
    """The alignments of a picture that was neither scaled nor cut nor turned: nothing to search.

    Args:
        side: of a tile, in pixels.
    """
    pose = Pose(np.eye(2) / side, 0.0)
    folded = fold(flat, pose.frequencies)
    trust = _trust(lines, waves, pose)
    for weights in (trust, np.where(waves.fine, 0.0, trust)):
        yield Alignment(pose, folded, _ORIENTATIONS[0], np.zeros(2), weights, 0.0)


def _log_chance(score: float, loudness: Floats) -> float:
    """Chernoff's bound for a sum of cosines of independent, uniformly random phases.

    exp(λ·c·cos θ) is I₀(λc) on average, so the sum reaches t with a probability of at most
    Π I₀(λcᵢ) · exp(-λt), for any λ > 0. I₀(x) ≤ exp(x²/4) would give exp(-t²/2); the fewer waves
    carry the sum, the less than that it is.

    Args:
        score: t.
        loudness: (n,), what each wave can add to the score at most.
    """
    if score <= 0:
        return 0.0
    tried = score * np.linspace(1.0, 1.6, 13)
    exponents = np.log(np.i0(np.outer(tried, loudness))).sum(1) - tried * score
    return min(0.0, float(exponents.min()))


def _trust(lines: Lines, waves: Carriers, pose: Pose) -> Floats:
    """Per band, the share of a wave's amplitude that stands above the noise around its line."""
    found = strengths(lines, waves.lattice, pose.frequencies[None])[0]
    power = np.minimum(power_of(found), _MOST_POWER)
    trust = np.zeros(len(power))
    for band in waves.bands:
        excess = max(float(power[band[~waves.comb[band]]].mean()) - 1, _LEAST_EXCESS)
        trust[band] = np.sqrt(excess / (1 + excess))
    return trust


def _values(folded: Folded, lattice: Lattice, waves: Carriers) -> Complex:
    values = folded.values(lattice).sum((0, 1))
    return tame(values, typical_sizes(values, waves)) * waves.phase.conj()


def _voices(values: Complex, waves: Carriers, weights: Floats) -> Complex:
    trusted = weights * np.where(waves.comb, _COMB_TRUST, 1.0)
    return (values * trusted)[waves.known]


def _shifts(
    values: Complex, lattice: Lattice, waves: Carriers, weights: Floats
) -> Iterator[tuple[Floats, float]]:
    """The shifts under which the known waves agree best, to a sample."""
    voices = _voices(values, waves, weights)
    surface = agreement(voices, lattice[waves.known])
    noise = max(float(np.sqrt((np.abs(voices) ** 2).sum() / 2)), 1e-12)
    for _ in range(_PEAKS):
        row, column = divmod(int(surface.argmax()), CELL)
        yield np.array([column, row], float), float(surface[row, column]) / noise
        rows = np.arange(row - 1, row + 2) % CELL
        surface[rows[:, None], np.arange(column - 1, column + 2) % CELL] = -np.inf


def _drift(
    ahead: Complex, behind: Complex, lattice: Lattice, alignment: Alignment, waves: Carriers
) -> Floats:
    """(2,): by how many samples two halves differ in their shift."""
    shifts = []
    for half in (ahead, behind):
        voices = _voices(tame(half, typical_sizes(half, waves)), waves, alignment.trust)
        surface = np.roll(agreement(voices, lattice[waves.known]), (_DRIFT, _DRIFT), (0, 1))
        reach = 2 * _DRIFT + 1
        row, column = divmod(int(surface[:reach, :reach].argmax()), reach)
        near = np.array([column - _DRIFT, row - _DRIFT], float)
        shifts.append(sharpen(voices, lattice[waves.known], near))
    return np.asarray(shifts[0] - shifts[1], np.float64)


def _reliability(values: Complex, trust: Floats, waves: Carriers) -> Floats:
    """(n,): weight of each wave, from how well its ring's known waves agree.

    Power alone deceives: rounding a flat, marked picture to whole levels makes lines at all
    lattice points, with phases that mean nothing.
    """
    weights = np.zeros(len(waves.lattice))
    for ring in (waves.fine, ~waves.fine):
        pilots = ring & waves.known
        power = np.sqrt(np.count_nonzero(pilots) * (np.abs(values[pilots]) ** 2).sum())
        agreed = np.clip(values[pilots].real.sum() / max(power, 1e-12), 0.03, 0.97)
        scale = agreed / max(float(trust[pilots].mean()), 1e-9)
        share = np.clip(trust[ring] * scale, 0.02, 0.97)
        weights[ring] = share / (1 - share**2)
    return weights


def _soft_bits(values: Complex, waves: Carriers) -> Floats:
    soft = np.zeros(CODE_BITS)
    for copy in range(COPIES):
        part = values[copy * WAVES_PER_COPY : (copy + 1) * WAVES_PER_COPY]
        soft[waves.orders[copy]] += np.concatenate([part.real, part.imag])
    return soft
