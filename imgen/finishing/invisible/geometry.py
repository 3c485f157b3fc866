"""Finds how the mark's tiles lie in a picture: their size, proportion, angle and mirroring.

Scaling and turning a picture moves the lines of its spectrum by a linear map; cutting and shifting
leave them in place (Pereira and Pun, "Robust template matching for affine resistant image
watermarks", 2000). Two searches propose maps: one for pictures that were scaled evenly and not
turned, over all lines at once; one for any scale, proportion and angle, over the two combs, each of
which is a comb of lines on one ray and needs two parameters instead of four. The sum over all
lines then tells which proposal is right, and a climb makes it exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imgen.finishing.invisible.carriers import COMB_DOWN, COMB_UP, Carriers
from imgen.finishing.invisible.spectrum import Lines

Matrix = NDArray[np.float64]

SMALLEST_TILE, LARGEST_TILE = 24.0, 360.0
"""Tile sides that are looked for, in pixels of the picture at hand."""
_SCALE_STEP = 0.0025
_ANGLE_STEP, _WIDEST_ANGLE = np.deg2rad(0.15), np.deg2rad(12.0)
_MOST_STRETCH, _MOST_SHEAR = 1.5, 0.05
_PEAKS_PER_COMB = 6
_CLUSTER = 0.03
"""Proposals whose tile sizes differ by less than this belong together."""
_PER_CLUSTER = 2
_SAME = 0.003
_PROPOSALS = 150
_STEPS = np.concatenate(
    [np.eye(4), -np.eye(4), [[1, 0, 0, 1], [-1, 0, 0, -1], [0, 1, -1, 0], [0, -1, 1, 0]]]
)
"""Moves of the climb: each matrix element, even scaling, and turning, both ways."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One way the tiles may lie."""

    frequencies: Matrix
    """(2, 2): takes a lattice point (kx, ky) to periods per pixel (across, down)."""
    score: float
    """Mean line strength over all waves; about 1 where there is no mark."""


def find_poses(lines: Lines, waves: Carriers, most: int) -> list[Pose]:
    """The `most` likeliest poses, best first."""
    matrices = np.concatenate([_upright(), *_turned(lines)])
    scores = _scores(lines, waves, matrices)
    ranking = np.argsort(-scores)[:_PROPOSALS]
    proposed = (Pose(matrices[i], float(scores[i])) for i in ranking)
    climbed = [_climb(lines, waves, pose) for pose in _spread(proposed, most)]
    return sorted(climbed, key=lambda pose: -pose.score)


def strengths(lines: Lines, lattice: NDArray[np.int64], matrices: Matrix) -> NDArray[np.float32]:
    """(m, n): line strengths of n lattice points under each of m matrices, (m, 2, 2)."""
    (kx, ky), rows = lattice.T.astype(np.float32), matrices.astype(np.float32)[..., None]
    across = rows[:, 0, 0] * kx + rows[:, 0, 1] * ky
    down = rows[:, 1, 0] * kx + rows[:, 1, 1] * ky
    down *= np.sign(across)
    return lines.at(np.abs(across), down)


def _scores(lines: Lines, waves: Carriers, matrices: Matrix) -> NDArray[np.float32]:
    """Mean line strength of data waves and pilots.

    These fill their rings, so that the lattice looks the same in a mirror or turned by a quarter;
    which of these it is, `reading` tells from the phases.
    """
    lattice = waves.lattice[~waves.comb]
    chunks = [matrices[i : i + 256] for i in range(0, len(matrices), 256)]
    return np.concatenate([strengths(lines, lattice, chunk).mean(1) for chunk in chunks])


def _upright() -> Matrix:
    tiles = np.exp(np.arange(np.log(SMALLEST_TILE), np.log(LARGEST_TILE), _SCALE_STEP))
    return np.asarray(np.eye(2)[None] / tiles[:, None, None], np.float64)


def _turned(lines: Lines) -> list[Matrix]:
    """Maps under which both combs stand out, each on its own ray, or each on the other's."""
    found = []
    for falling, rising in ((COMB_DOWN, COMB_UP), (COMB_UP, COMB_DOWN)):
        matrices = [
            np.stack([(first + second) / 2, (first - second) / 2], axis=1)
            for first in _comb_peaks(lines, falling, 1)
            for second in _comb_peaks(lines, rising, -1)
        ]
        found.append(np.array([m for m in matrices if _plausible(m)]).reshape(-1, 2, 2))
    return found


def _plausible(matrix: Matrix) -> bool:
    across, down = np.linalg.norm(matrix, axis=0)
    shear = abs(matrix[:, 0] @ matrix[:, 1]) / (across * down)
    return bool(1 / _MOST_STRETCH < across / down < _MOST_STRETCH and shear < _MOST_SHEAR)


def _comb_peaks(lines: Lines, comb: Sequence[int], sign: int) -> list[Matrix]:
    """Where a comb's first line may be: (across, down) in periods per pixel.

    On a logarithmic scale of frequency a comb of any size is the same pattern shifted, so one
    shifted sum per line scores all sizes and angles at once.
    """
    angles, logs = _ray_grid()
    ray = _ray(lines, sign)
    sizes = int(np.log(LARGEST_TILE / SMALLEST_TILE) / _SCALE_STEP)
    total = np.zeros((len(angles), sizes), np.float32)
    for tooth in comb:
        start = round(float(np.log(tooth)) / _SCALE_STEP)
        part = ray[:, start : start + sizes]
        total[:, : part.shape[1]] += part
        total[:, part.shape[1] :] += 1
    peaks = []
    for _ in range(_PEAKS_PER_COMB):
        row, column = np.unravel_index(int(total.argmax()), total.shape)
        length = np.sqrt(2) * np.exp(logs[column])
        angle = np.pi / 4 + angles[row]
        peaks.append(length * np.array([np.cos(angle), sign * np.sin(angle)]))
        total[max(0, row - 4) : row + 5, max(0, column - 6) : column + 7] = -1
    return peaks


@lru_cache(maxsize=1)
def _ray_grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angles = np.arange(-_WIDEST_ANGLE, _WIDEST_ANGLE + _ANGLE_STEP / 2, _ANGLE_STEP)
    logs = np.arange(np.log(1 / LARGEST_TILE), np.log(0.42), _SCALE_STEP)
    return angles, logs


@lru_cache(maxsize=2)
def _ray_points(sign: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    angles, logs = _ray_grid()
    length = np.sqrt(2) * np.exp(logs)[None, :]
    turn = np.pi / 4 + angles[:, None]
    across, down = length * np.cos(turn), length * np.sin(turn) * sign
    return across.astype(np.float32), down.astype(np.float32)


def _ray(lines: Lines, sign: int) -> NDArray[np.float32]:
    return lines.at(*_ray_points(sign))


def _spread(poses: Iterable[Pose], most: int) -> list[Pose]:
    """The best poses, but few of each size: a patterned picture has a lattice of its own."""
    kept: list[Pose] = []
    for pose in poses:
        near = [other for other in kept if _close(pose, other)]
        if len(near) >= _PER_CLUSTER or any(_equal(pose, other) for other in near):
            continue
        kept.append(pose)
        if len(kept) == most:
            break
    return kept


def _close(one: Pose, other: Pose) -> bool:
    areas = np.linalg.det(one.frequencies) / np.linalg.det(other.frequencies)
    return bool(abs(np.log(abs(areas))) < 2 * _CLUSTER)


def _equal(one: Pose, other: Pose) -> bool:
    apart = np.abs(one.frequencies - other.frequencies).max()
    return bool(apart < _SAME * np.abs(one.frequencies).max())


def _climb(lines: Lines, waves: Carriers, pose: Pose) -> Pose:
    """Moves the map uphill until its lines are met to a small fraction of a bin."""
    bin_size = np.array([1 / lines.width, 1 / lines.width, 1 / lines.height, 1 / lines.height])
    moves = (_STEPS * bin_size).reshape(-1, 2, 2)
    matrix, score, step = pose.frequencies, pose.score, 0.05
    for _ in range(24):
        tried = matrix + moves * step
        scores = _scores(lines, waves, tried)
        best = int(scores.argmax())
        if scores[best] > score + 1e-6:
            matrix, score = tried[best], float(scores[best])
        else:
            step /= 2
            if step < 0.004:
                break
    return Pose(matrix, score)
