"""Pixel art: a true grid of big square pixels, a small palette, ordered dither."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film
from imgen.engines.sketch.styles.palette import dithered, palette_of
from imgen.engines.sketch.styles.pixels import quantised, saturated, unit, weight_of
from imgen.engines.sketch.styles.style import Painting, Style


def cell_of(height: int, width: int, detail: float) -> int:
    """The side of one big pixel, in picture pixels: about 112 to 176 of them on the short side."""
    return max(2, round(min(height, width) / (112 + 64 * detail)))


def _shrunk(image: NDArray[np.uint8], columns: int, rows: int, cell: int) -> NDArray[np.uint8]:
    """One value per cell: the mean of whole cells, with the last ones padded by their edge."""
    height, width = image.shape[:2]
    whole = cv2.copyMakeBorder(
        image, 0, rows * cell - height, 0, columns * cell - width, cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Shrink to the grid, outline the subjects, map to the palette with dither, enlarge."""
    height, width = painting.image.shape[:2]
    weight = weight_of(painting)
    cell = cell_of(height, width, painting.detail)
    columns, rows = -(-width // cell), -(-height // cell)
    tones = film.curved(saturated(unit(painting.image), 1.0 + 0.3 * weight), 0.3 * weight)
    small = _shrunk(quantised(tones), columns, rows, cell)
    sharp = cv2.addWeighted(small, 1.6, cv2.GaussianBlur(small, (0, 0), 1.0), -0.6, 0)
    colours = palette_of(small, 14 + round(14 * painting.detail))
    grid = dithered(np.asarray(sharp, np.uint8), colours, 0.75)
    inside = (_shrunk(painting.subjects, columns, rows, cell) > 127).astype(np.uint8)
    rim = inside - cv2.erode(inside, np.ones((2, 2), np.uint8))
    darkest = colours[int(np.argmin(colours.sum(axis=1)))]
    outline = np.rint(darkest * np.float32(0.75)).astype(np.uint8)
    grid[rim > 0] = outline
    big = cv2.resize(grid, (columns * cell, rows * cell), interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(big[:height, :width])


STYLE = Style(
    name="pixel-art",
    words=(
        "pixel art",
        "pixelart",
        "pixel",
        "pixelated",
        "8 bit",
        "8bit",
        "16 bit",
        "16bit",
        "retro game",
        "sprite",
    ),
    finish=finish,
)
