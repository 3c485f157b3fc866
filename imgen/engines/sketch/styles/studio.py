"""Studio portrait light: what the professional and the boudoir finish share."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.styles.noise import Field
from imgen.engines.sketch.styles.pixels import Pixels, blurred, mixed
from imgen.engines.sketch.styles.style import Painting


def key_light(painting: Painting, reach: float) -> Field:
    """A soft pool of light from the key's side, 0 to 1, over `reach` of the picture."""
    height, width = painting.depth.shape
    across, up = painting.light.direction
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    far = (x - np.float32(0.55 * across)) ** 2 + (y - np.float32(0.5 * up)) ** 2
    return np.asarray(np.exp(-far / np.float32(2.0 * reach * reach)), np.float32)


def softened(pixels: Pixels, radius: float, amount: float) -> Pixels:
    """A diffusion filter: a blurred copy screened over the sharp one (Orton's sandwich)."""
    glow = blurred(pixels, radius)
    screen = 1.0 - (1.0 - pixels) * (1.0 - glow)
    return mixed(pixels, np.asarray(screen, np.float32), amount)


def crisp(pixels: Pixels, radius: float, amount: float) -> Pixels:
    """Local contrast: what differs from its surroundings differs a little more."""
    return np.asarray(pixels + (pixels - blurred(pixels, radius)) * np.float32(amount), np.float32)
