"""The last coat for a picture whose prompt names no style: a little glow, depth and grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.painting.filters import widely_blurred
from imgen.engines.sketch.styles.style import Painting


def varnished(painting: Painting) -> NDArray[np.uint8]:
    """Soft light around what is bright, a gentle curve, darker corners, fine grain."""
    height, width = painting.image.shape[:2]
    scale = float(np.sqrt(height * width)) / 1016.0
    image = painting.image.astype(np.float32) * np.float32(1 / 255)
    bright = np.clip(image - np.float32(0.66), 0.0, 1.0)
    glow = widely_blurred(bright, 19.0 * scale, 6)
    image += glow * (1.0 - np.clip(image, 0, 1)) * np.float32(0.75)
    np.clip(image, 0.0, 1.0, out=image)
    image += (image * image * (3.0 - 2.0 * image) - image) * np.float32(0.22)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    corner = 1.0 - np.float32(0.15) * np.clip((x * x + y * y) * 0.5, 0, 1) ** 1.5
    image *= corner[..., None].astype(np.float32)
    grain = np.random.default_rng([painting.seed, 141]).standard_normal(
        (height, width), dtype=np.float32
    )
    image += (grain * np.float32(0.0075))[..., None]
    return np.asarray(np.clip(image * 255.0 + 0.5, 0, 255), np.uint8)
