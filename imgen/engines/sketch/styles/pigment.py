"""Paint as a substance: density, paper, canvas, strokes that follow the form."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles.noise import Field, clouds, white
from imgen.engines.sketch.styles.pixels import Pixels, blurred, luma


def dense(pixels: Pixels, density: Field) -> Pixels:
    """More or less pigment: `density` 1 leaves a colour, 2 doubles its layer, 0 is bare paper.

    Bousseau, Kaplan, Thollot and Sillion, "Interactive watercolor rendering with temporal
    coherence and abstraction" (2006), equation 1.
    """
    return np.asarray(pixels - (pixels - pixels * pixels) * (density - 1.0)[..., None], np.float32)


def paper(shape: tuple[int, int], seed: int, scale: float) -> Field:
    """The relief of cold-pressed paper, mean 0 and deviation about 1."""
    rough = white(shape, seed)
    fine = cv2.GaussianBlur(rough, (0, 0), 0.9 * scale + 0.3)
    coarse = cv2.GaussianBlur(rough, (0, 0), 2.0 * scale + 0.3)
    relief = fine / max(float(fine.std()), 1e-6) * 0.6 + coarse / max(float(coarse.std()), 1e-6)
    return np.asarray(relief * np.float32(0.75), np.float32)


def canvas(shape: tuple[int, int], seed: int, scale: float) -> Field:
    """The relief of woven canvas, -1 to 1."""
    height, width = shape
    pitch = max(2.6, 3.4 * scale)
    y = np.arange(height, dtype=np.float32)[:, None] * np.float32(2 * np.pi / pitch)
    x = np.arange(width, dtype=np.float32)[None, :] * np.float32(2 * np.pi / pitch)
    wander = clouds(shape, 60 * scale, seed, 2) * np.float32(1.2)
    weave = np.sin(x + wander) * np.float32(0.5) + np.sin(y + wander) * np.float32(0.5)
    return np.asarray(weave, np.float32)


def flow(pixels: Pixels, sigma: float) -> tuple[Field, Field]:
    """A unit vector per pixel along the form: (x, y), from the smoothed structure tensor.

    Kyprianidis and Kang, "Image and video abstraction by coherence-enhancing filtering" (2011).
    """
    height, width = pixels.shape[:2]
    small = cv2.resize(
        luma(pixels), (max(8, width // 2), max(8, height // 2)), interpolation=cv2.INTER_AREA
    )
    dx = cv2.Sobel(small, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(small, cv2.CV_32F, 0, 1)
    xx, yy, xy = (blurred(part, sigma / 2) for part in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * cv2.phase(
        np.ascontiguousarray(xx - yy), np.ascontiguousarray(2.0 * xy)
    ) + np.float32(np.pi / 2)
    double = (np.cos(2 * angle), np.sin(2 * angle))
    c2, s2 = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in double)
    angle = 0.5 * cv2.phase(c2, s2)
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def streaked(field: Field, along: tuple[Field, Field], length: int) -> Field:
    """Smear a field along a flow over about `length` pixels: bristle marks from white noise.

    Line integral convolution by repeated doubling (Cabral and Leedom, 1993): each pass averages
    the field with itself moved twice as far.
    """
    height, width = field.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    step = 1.0
    while step < length:
        half = np.float32(step / 2)
        ahead = cv2.remap(
            field,
            x + along[0] * half,
            y + along[1] * half,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        behind = cv2.remap(
            field,
            x - along[0] * half,
            y - along[1] * half,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        field = np.asarray(cv2.addWeighted(ahead, 0.5, behind, 0.5, 0.0), np.float32)
        step *= 2
    return field


def simplified(image: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    """Flat areas with firm edges: a Kuwahara filter with four square sectors.

    Each pixel takes the mean of the calmest of the four squares that it is a corner of.
    Kuwahara et al., "Processing of RI-angiocardiographic images" (1976).
    """
    height, width = image.shape[:2]
    shrink = 2 if radius >= 4 else 1
    small = image
    if shrink == 2:
        half_size = (max(4, width // 2), max(4, height // 2))
        small = np.asarray(cv2.resize(image, half_size, interpolation=cv2.INTER_AREA), np.uint8)
    side = max(2, round(radius / shrink)) + 1
    values = small.astype(np.float32)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REFLECT_101)
    grey_mean = cv2.boxFilter(grey, -1, (side, side), borderType=cv2.BORDER_REFLECT_101)
    square = cv2.boxFilter(grey * grey, -1, (side, side), borderType=cv2.BORDER_REFLECT_101)
    spread = square - grey_mean * grey_mean
    result, least = mean, np.full(grey.shape, np.inf, np.float32)
    half = side // 2
    padded_mean = cv2.copyMakeBorder(mean, half, half, half, half, cv2.BORDER_REFLECT_101)
    padded_spread = cv2.copyMakeBorder(spread, half, half, half, half, cv2.BORDER_REFLECT_101)
    rows, columns = grey.shape
    for top, left in ((0, 0), (0, 2 * half), (2 * half, 0), (2 * half, 2 * half)):
        there = (slice(top, top + rows), slice(left, left + columns))
        calmer = padded_spread[there] < least
        least = np.where(calmer, padded_spread[there], least)
        result = np.where(calmer[..., None], padded_mean[there], result)
    flat = np.clip(result + 0.5, 0, 255).astype(np.uint8)
    if shrink == 2:
        flat = cv2.resize(flat, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(flat, np.uint8)
