"""Tells the subject of a picture from its ground: by the border's colours, then by cuts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.edits.picture import Colour

_SIDE, _CUT_SIDE = 448, 256
"""The longer side on which a plain ground is looked for, and on which any other is cut."""

Plane = NDArray[np.float32]
"""(height, width)."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the subject is, and whether it stands on a plain ground."""

    subject: NDArray[np.bool_]
    """(height, width) of the picture."""
    plain: bool
    """The ground is one colour, or a smooth gradient."""


def _lab(image: Colour) -> NDArray[np.float32]:
    return np.asarray(
        cv2.cvtColor(image.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_RGB2Lab), np.float32
    )


def _terms(height: int, width: int) -> NDArray[np.float64]:
    """(height * width, 6): 1, x, y, x², xy, y² over the picture, each from -1 to 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = [np.ones_like(x), x, y, x * x, x * y, y * y]
    return np.stack([term.ravel() for term in terms], axis=1)


def _band(height: int, width: int) -> NDArray[np.bool_]:
    """The picture's border, but for the middle of its foot, where subjects stand."""
    thick = max(2, round(0.03 * min(height, width)))
    band = np.ones((height, width), bool)
    band[thick:-thick, thick:-thick] = False
    band[-thick:, width // 5 : width - width // 5] = False
    return band


def _fitted(lab: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, float]:
    """A smooth ground through the border: (its colours, its spread, the share it explains)."""
    height, width = lab.shape[:2]
    terms, band = _terms(height, width), _band(height, width).ravel()
    values = lab.reshape(-1, 3).astype(np.float64)
    here, there = terms[band], values[band]
    away = np.linalg.norm(there - np.median(there, axis=0), axis=1)
    weight = 1.0 / (1.0 + (away / 12.0) ** 2)
    for _ in range(6):
        heavy = here * weight[:, None]
        fit = np.linalg.solve(heavy.T @ here + 1e-6 * np.eye(6), heavy.T @ there)
        away = np.linalg.norm(there - here @ fit, axis=1)
        near = float(np.clip(1.5 * np.median(away), 0.7, 12.0))
        weight = 1.0 / (1.0 + (away / near) ** 2) ** 2
    share = float((away < max(4.0, 3.5 * near)).mean())
    return (terms @ fit).reshape(lab.shape).astype(np.float32), near, share


def _distance(lab: NDArray[np.float32], ground: NDArray[np.float32]) -> Plane:
    """Colour distance, where a little more or less light (a soft shadow) counts for less."""
    apart = lab - ground
    light = apart[..., 0] * np.where(np.abs(apart[..., 0]) < 18, np.float32(0.7), np.float32(1.0))
    return np.asarray(np.sqrt(light**2 + apart[..., 1] ** 2 + apart[..., 2] ** 2), np.float32)


def _open_to_border(ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the places that look like ground: those joined to the border, and large windows."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        ground.astype(np.uint8), connectivity=4
    )
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    kept = np.zeros(count, bool)
    kept[np.unique(edge)] = True
    kept |= boxes[:, cv2.CC_STAT_AREA] > 0.004 * ground.size
    kept[0] = False
    return np.asarray(kept[labels])


def _without_holes(subject: NDArray[np.bool_], unlike: Plane) -> NDArray[np.bool_]:
    """With what the subject encloses, but for large windows on to the ground."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        (~subject).astype(np.uint8), connectivity=4
    )
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    open_ = np.zeros(count, bool)
    open_[np.unique(edge)] = True
    strange = np.bincount(labels.ravel(), unlike.ravel(), count) / np.maximum(
        boxes[:, cv2.CC_STAT_AREA], 1
    )
    open_ |= (boxes[:, cv2.CC_STAT_AREA] > 0.01 * subject.size) & (strange < 0.45)
    open_[0] = False
    return np.asarray(~open_[labels])


def _without_crumbs(subject: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only parts of a fair size."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(subject.astype(np.uint8))
    if count <= 1:
        return subject
    sizes = boxes[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    kept = sizes > max(12, 0.04 * int(sizes.max()))
    return np.asarray(kept[labels])


def _plain_subject(image: Colour) -> NDArray[np.bool_] | None:
    """The subject on a plain ground, at full size; None where the ground is not plain."""
    height, width = image.shape[:2]
    shrink = max(1.0, max(height, width) / _SIDE)
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = _lab(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8))
    ground, spread, share = _fitted(small)
    if spread > 4.0 or share < 0.8:
        return None
    smooth = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    calm = cv2.GaussianBlur(image, (0, 0), 0.8) if shrink > 1 else image
    away = _distance(_lab(np.asarray(calm, np.uint8)), np.asarray(smooth, np.float32))
    alike = away < max(5.5, 4.5 * spread)
    subject = _without_crumbs(~_open_to_border(alike))
    covered = float(subject.mean())
    return subject if 0.002 < covered < 0.97 else None


def _sides(height: int, width: int) -> list[NDArray[np.bool_]]:
    """The picture's head and its two sides, down to near its foot: where the ground is seen."""
    thick = max(2, round(0.035 * min(height, width)))
    parts = [np.zeros((height, width), bool) for _ in range(3)]
    foot = round(0.97 * height)
    parts[0][:thick] = True
    parts[1][:foot, :thick] = True
    parts[2][:foot, -thick:] = True
    return parts


def _nearest(points: NDArray[np.float32], sample: NDArray[np.float32], rank: int) -> Plane:
    """For each colour, its distance to the `rank`-nearest of a sample."""
    best = np.empty((len(points), 0), np.float32)
    for start in range(0, len(sample), 50):
        apart = ((points[:, None, :] - sample[None, start : start + 50]) ** 2).sum(axis=2)
        best = np.concatenate([best, apart], axis=1)
        if best.shape[1] > rank:
            best = np.partition(best, rank - 1, axis=1)[:, :rank]
    return np.asarray(np.sqrt(best.max(axis=1)), np.float32)


def _seen_ground(lab: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Of the head and the sides: all of the head, and what is seen on two of the three.

    What is seen on one side alone is rather a subject that reaches out of the picture.
    """
    sides = _sides(*lab.shape[:2])
    samples = [lab[side][:: max(1, int(side.sum()) // 300)] for side in sides]
    ground = sides[0].copy()
    for index in (1, 2):
        others = np.concatenate([samples[0], samples[3 - index]])
        ground[sides[index]] |= _nearest(lab[sides[index]], others, 2) < 14.0
    return ground


def _unlike(lab: NDArray[np.float32], ground: NDArray[np.bool_]) -> Plane:
    """0 to 1: how unlike the ground at the frame the colours are."""
    seen = lab[ground]
    sample = seen[:: max(1, len(seen) // 400)]
    apart = _nearest(lab.reshape(-1, 3), sample, 4).reshape(lab.shape[:2])
    return np.asarray(np.clip(apart / 26.0, 0, 1), np.float32)


def _guess(unlike: Plane) -> Plane:
    """0 to 1: unlike the ground, and near the middle."""
    height, width = unlike.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    central = np.exp(-(x**2 / 0.5 + np.where(y > 0.0, 0.4, 1.0) * y**2 / 0.8))
    soft = cv2.GaussianBlur(unlike, (0, 0), max(height, width) / 70)
    return np.asarray(0.5 * soft + 0.5 * central, np.float32)


def _cut_subject(image: Colour) -> NDArray[np.bool_]:
    """The subject before any ground, by GrabCut (Rother, Kolmogorov and Blake, 2004)."""
    height, width = image.shape[:2]
    shrink = max(1.0, max(height, width) / _CUT_SIDE)
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = _lab(small)
    ground = _seen_ground(lab)
    unlike = _unlike(lab, ground)
    guess = _guess(unlike)
    labels = np.where(guess > 0.52, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[ground & (np.arange(size[1])[:, None] < 0.6 * size[1])] = cv2.GC_BGD
    labels[guess > max(0.75, float(np.percentile(guess, 92)))] = cv2.GC_FGD
    cv2.setRNGSeed(7)
    models = (np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64))
    if (labels & 1).any() and not (labels & 1).all():
        cv2.grabCut(small, labels, (0, 0, 1, 1), *models, 4, cv2.GC_INIT_WITH_MASK)
    found = _without_crumbs(_without_holes((labels & 1) == 1, unlike))
    if not 0.01 < float(found.mean()) < 0.95:
        found = guess > float(np.percentile(guess, 60))
    soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 1.0)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC) > 0.5)


def find_subject(image: Colour) -> Ground:
    """Where the subject of a picture is."""
    plain = _plain_subject(image)
    if plain is not None:
        return Ground(plain, plain=True)
    return Ground(_cut_subject(image), plain=False)
