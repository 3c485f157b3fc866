"""Learns the upscaler's kernels from drawn shapes: python scripts/learn_upscaler.py

Nothing but generated pictures is used ("dead leaves": occluding shapes whose sizes follow a power
law, with gradients and textures, as in Lee, Mumford and Huang, "Occlusion models for natural
images", 2001), so the data file carries nobody's rights. A few minutes on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.engines.sketch.edits import kernels as bank

SIDE = 384
RIDGE = 400.0
Image8 = NDArray[np.uint8]


def texture(side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A tile of stripes or noise around 0, in bytes."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    if rng.random() < 0.5:
        angle, pitch = rng.uniform(0, np.pi), 2 ** rng.uniform(1.3, 5)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / pitch)
        tile = np.clip(wave * rng.choice([1.0, 3.0]), -1, 1)
    else:
        noise = rng.standard_normal((side, side)).astype(np.float32)
        tile = np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 3)), np.float32)
        tile /= tile.std()
    return np.asarray(tile * rng.uniform(3, 30), np.float32)


def outline(
    middle: NDArray[np.float64], radius: float, rng: np.random.Generator
) -> NDArray[np.int32]:
    """A convex-ish polygon, an ellipse or a thin bar."""
    kind = rng.random()
    if kind < 0.35:
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        shape = np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.3, 1)], 1)
    elif kind < 0.75:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        shape = np.stack([np.cos(angles), np.sin(angles)], 1)
    else:
        thin = rng.uniform(0.02, 0.2)
        shape = np.array([[-2, -thin], [2, -thin], [2, thin], [-2, thin]])
    turn = rng.uniform(0, 2 * np.pi)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(np.rint(shape @ spin * radius + middle), np.int32)


def leaves(rng: np.random.Generator) -> Image8:
    """One picture of occluding shapes, smoothed as a lens would."""
    fine = 2 * SIDE
    base = rng.uniform(20, 235, 3)
    picture = np.zeros((fine, fine, 3), np.float32) + base
    tiles = [texture(fine, rng) for _ in range(5)]
    ramps = np.stack(np.meshgrid(np.linspace(-1, 1, fine), np.linspace(-1, 1, fine)), 2)
    for _ in range(900):
        radius = 5 / (1 - rng.random() * 0.999) ** 0.5
        middle = rng.uniform(0, fine, 2)
        mask = np.zeros((fine, fine), np.uint8)
        cv2.fillPoly(mask, [outline(middle, min(radius, fine / 3), rng)], 1)
        left, top, wide, tall = cv2.boundingRect(mask)
        box = (slice(top, top + tall), slice(left, left + wide))
        inside = mask[box] > 0
        if not inside.any():
            continue
        grey = rng.uniform(10, 245)
        colour = np.clip(grey + rng.normal(0, 40, 3), 0, 255)
        fill = np.zeros((tall, wide, 3), np.float32) + colour
        if rng.random() < 0.5:
            fill += (ramps[box] @ rng.normal(0, 40, 2))[..., None].astype(np.float32)
        if rng.random() < 0.45:
            fill += tiles[int(rng.integers(5))][box][..., None]
        picture[box][inside] = fill[inside]
    soft = cv2.GaussianBlur(picture, (0, 0), 2 * rng.choice([0.25, 0.45, 0.7, 1.0]))
    small = np.asarray(cv2.resize(soft, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float64)
    small += rng.normal(0, rng.uniform(0, 1.5), small.shape)
    return np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)


def halves(image: Image8) -> list[Image8]:
    """The picture at half its size, as the usual tools make it."""
    size = (image.shape[1] // 2, image.shape[0] // 2)
    return [
        np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8),
        *(
            np.asarray(Image.fromarray(image).resize(size, way))
            for way in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
        ),
    ]


class Sums:
    """The normal equations of every bucket."""

    def __init__(self) -> None:
        self.left = np.zeros((bank.BUCKETS, bank.TAPS, bank.TAPS))
        self.right = np.zeros((bank.BUCKETS, bank.TAPS, 4))

    def add(self, small: Image8, large: Image8) -> None:
        """Learn from one pair in its eight orientations."""
        for flip in (False, True):
            for turns in range(4):
                turned = (np.rot90(small, turns), np.rot90(large, turns))
                pair = tuple(
                    np.ascontiguousarray(part[:, ::-1] if flip else part) for part in turned
                )
                self._add(*pair)

    def _add(self, small: Image8, large: Image8) -> None:
        height, width = small.shape[:2]
        buckets = bank.buckets_of(small).ravel()
        plane = np.ascontiguousarray(small[..., 1])
        patches = bank.patches_of(plane, slice(0, height)).astype(np.float64)
        four = large[..., 1].reshape(height, 2, width, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
        wanted = four.astype(np.float64) - plane.reshape(-1, 1)
        order = np.argsort(buckets, kind="stable")
        counts = np.bincount(buckets, minlength=bank.BUCKETS)
        ends = np.cumsum(counts)
        for bucket in np.flatnonzero(counts):
            here = order[ends[bucket] - counts[bucket] : ends[bucket]]
            self.left[bucket] += patches[here].T @ patches[here]
            self.right[bucket] += patches[here].T @ wanted[here]

    def solved(self) -> NDArray[np.int16]:
        """Kernels per bucket, drawn towards that of all buckets where data is thin."""
        eye = np.eye(bank.TAPS)
        whole = np.linalg.solve(self.left.sum(0) + RIDGE * eye, self.right.sum(0))
        ridge = RIDGE * 20
        weights = [
            np.linalg.solve(left + ridge * eye, right + ridge * whole)
            for left, right in zip(self.left, self.right, strict=True)
        ]
        return np.asarray(np.clip(np.rint(np.array(weights) * bank.ONE), -32767, 32767), np.int16)


def main(pictures: int) -> None:
    """Learn both banks and write the data file beside the code that reads it."""
    sums = Sums()
    for index in range(pictures):
        large = leaves(np.random.default_rng([2026, index]))
        for small in halves(large):
            sums.add(small, large)
    first = sums.solved()
    kernels = bank.Kernels(first.astype(np.float32))
    sums = Sums()
    for index in range(pictures):
        large = leaves(np.random.default_rng([2027, index]))
        size = (SIDE // 4, SIDE // 4)
        mean = np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
        sums.add(bank.doubled(mean, kernels), large)
        for way in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS):
            quarter = np.asarray(Image.fromarray(large).resize(size, way))
            sums.add(bank.doubled(quarter, kernels), large)
    target = Path(bank.__file__).with_name(bank.FILE)
    np.savez_compressed(target, first=first, second=sums.solved())
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
