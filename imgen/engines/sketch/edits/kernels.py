"""Doubles a picture with learnt kernels: which one, the local gradient decides.

After Romano, Isidoro and Milanfar, "RAISR: Rapid and accurate image super resolution" (2016), with
kernels that map 7 x 7 small pixels straight to 2 x 2 large ones. The kernels are whole numbers of
1/4096, so all sums are exact and every machine arrives at the same bytes.
`scripts/learn_upscaler.py` makes the data file from drawn shapes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RADIUS = 3
SIDE = 2 * RADIUS + 1
TAPS = SIDE * SIDE
ANGLES, STRENGTHS, COHERENCES = 16, 5, 3
BUCKETS = ANGLES * STRENGTHS * COHERENCES
ONE = 4096
"""The value of a kernel weight of 1."""
FILE = "kernels.npz"

_STRENGTH_STEPS = np.array([2.5, 7.0, 18.0, 45.0])
"""Gradient strengths (bytes per pixel) between the classes."""
_COHERENCE_STEPS = np.array([0.35, 0.65])
_WINDOW = np.array([1, 4, 7, 8, 7, 4, 1], np.float32)
_ROWS_AT_ONCE = 96


@dataclass(frozen=True, slots=True)
class Kernels:
    """A bank of kernels: one for every bucket."""

    weights: NDArray[np.float32]
    """(buckets, taps, 4): whole numbers; the four large pixels row by row."""


@cache
def learnt_kernels() -> tuple[Kernels, Kernels]:
    """The shipped banks: for a picture as it came, and for one that was doubled before."""
    with files(__package__).joinpath(FILE).open("rb") as source, np.load(source) as data:
        first, second = (data[name].astype(np.float32) for name in ("first", "second"))
    return Kernels(first), Kernels(second)


def buckets_of(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(height, width): the class of each pixel by the angle, strength and order of its gradient.

    The structure tensor is summed in whole numbers.
    """
    grey = (image.astype(np.int64) @ np.array([2, 5, 1])).astype(np.float64)
    right = cv2.Sobel(grey, cv2.CV_64F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
    down = cv2.Sobel(grey, cv2.CV_64F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
    window = _WINDOW.astype(np.float64)
    xx, yy, xy = (
        cv2.sepFilter2D(part, cv2.CV_64F, window, window, borderType=cv2.BORDER_REFLECT_101)
        for part in (right * right, down * down, right * down)
    )
    root = np.sqrt((xx - yy) ** 2 + 4.0 * xy * xy)
    large, small = np.sqrt((xx + yy + root) / 2.0), np.sqrt(np.maximum(xx + yy - root, 0.0) / 2.0)
    unit = 8.0 * 8.0 * float(_WINDOW.sum())
    angle = np.floor((np.arctan2(2.0 * xy, xx - yy) / (2 * np.pi) + 0.5) * ANGLES)
    strength = np.searchsorted(_STRENGTH_STEPS, (large / unit).ravel()).reshape(root.shape)
    order = (large - small) / np.maximum(large + small, 1e-9)
    coherence = np.searchsorted(_COHERENCE_STEPS, order.ravel()).reshape(root.shape)
    turn = np.clip(angle.astype(np.int64), 0, ANGLES - 1)
    return np.asarray((turn * STRENGTHS + strength) * COHERENCES + coherence, np.int64)


def patches_of(plane: NDArray[np.uint8], rows: slice) -> NDArray[np.float32]:
    """(rows * width, taps): what surrounds each pixel, less the pixel itself."""
    height = plane.shape[0]
    padded = cv2.copyMakeBorder(plane, *(RADIUS,) * 4, cv2.BORDER_REFLECT_101)
    start, stop = rows.indices(height)[:2]
    part = padded[start : stop + 2 * RADIUS].astype(np.float32)
    windows = sliding_window_view(part, (SIDE, SIDE)).reshape(-1, TAPS)
    return np.asarray(windows - windows[:, TAPS // 2 : TAPS // 2 + 1], np.float32)


def doubled(image: NDArray[np.uint8], kernels: Kernels) -> NDArray[np.uint8]:
    """(2 * height, 2 * width, channels) of (height, width, channels)."""
    height, width, channels = image.shape
    colour = image if channels == 3 else np.repeat(image[..., :1], 3, axis=2)
    buckets = buckets_of(colour)
    result = np.empty((2 * height, 2 * width, channels), np.uint8)
    for start in range(0, height, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, height))
        order = np.argsort(buckets[rows].ravel(), kind="stable")
        counts = np.bincount(buckets[rows].ravel(), minlength=BUCKETS)
        ends = np.cumsum(counts)
        for channel in range(channels):
            plane = np.ascontiguousarray(image[..., channel])
            patches = patches_of(plane, rows)
            four = np.empty((len(patches), 4), np.float32)
            for bucket in np.flatnonzero(counts):
                here = order[ends[bucket] - counts[bucket] : ends[bucket]]
                four[here] = patches[here] @ kernels.weights[bucket]
            value = np.rint(four / ONE) + plane[rows].reshape(-1, 1)
            block = np.clip(value, 0, 255).astype(np.uint8).reshape(-1, width, 2, 2)
            wide = block.transpose(0, 2, 1, 3).reshape(-1, 2 * width)
            result[2 * rows.start : 2 * rows.stop, :, channel] = wide
    return result
