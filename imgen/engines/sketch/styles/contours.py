"""Lines drawn around things: from colour edges, depth steps and the subjects' outline."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.styles.noise import Field
from imgen.engines.sketch.styles.pixels import Pixels, blurred, coverage, luma
from imgen.engines.sketch.styles.style import Painting


def _slope(field: Field) -> Field:
    """Gradient magnitude per pixel."""
    dx = cv2.Scharr(field, cv2.CV_32F, 1, 0, scale=1 / 32)
    dy = cv2.Scharr(field, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def outline(painting: Painting, width: float) -> Field:
    """0 to 1: a line of about `width` pixels along the subjects' edge."""
    mask = blurred(coverage(painting), max(0.6, width * 0.5))
    return np.asarray(np.clip(4.0 * mask * (1.0 - mask) * 1.5 - 0.25, 0.0, 1.0), np.float32)


def horizons(painting: Painting, width: float, step: float = 0.05) -> Field:
    """0 to 1: a line of about `width` pixels where the depth jumps by more than `step`."""
    depth = blurred(painting.depth, max(0.6, width * 0.5))
    jump = _slope(depth) * np.float32(2.2 * width)
    return np.asarray(np.clip((jump - step) / (step + 0.04), 0.0, 1.0), np.float32)


def edges(pixels: Pixels, width: float, threshold: float = 0.05) -> Field:
    """0 to 1: lines of about `width` pixels where the colour changes, in any channel."""
    soft = blurred(pixels, max(0.6, width * 0.55))
    strongest = np.zeros(pixels.shape[:2], np.float32)
    for channel in (luma(soft), soft[..., 0] - soft[..., 2]):
        np.maximum(strongest, _slope(np.ascontiguousarray(channel)), out=strongest)
    strongest *= np.float32(2.2 * width)
    return np.asarray(np.clip((strongest - threshold) / (threshold + 0.05), 0.0, 1.0), np.float32)


def thinned(lines: Field) -> Field:
    """Keep the crest of each line: what is weaker than its neighbourhood fades."""
    around = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    crest = np.clip(1.0 - (around - lines) * 6.0, 0.0, 1.0)
    return np.asarray(lines * crest, np.float32)


def inked(grey: Field, sigma: float, *, sharp: float = 18.0, threshold: float = 0.006) -> Field:
    """0 (paper) to 1 (ink): brush-like lines that swell at strong edges.

    A difference of Gaussians through a soft threshold; see Winnemöller, Kyprianidis and Olsen,
    "XDoG: an eXtended difference-of-Gaussians compendium" (2012).
    """
    near = cv2.GaussianBlur(grey, (0, 0), max(0.5, sigma))
    far = blurred(grey, max(0.8, sigma * 1.6))
    ink = np.tanh(np.maximum((far - near) - threshold, 0.0) * np.float32(sharp))
    return np.asarray(ink, np.float32)
