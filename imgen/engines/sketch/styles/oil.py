"""Oil: brush strokes that follow the form, laid thick on canvas under a raking light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film, noise, pigment
from imgen.engines.sketch.styles.pixels import (
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

Flow = tuple[NDArray[np.float32], NDArray[np.float32]]


def _stroke_layer(
    canvas: NDArray[np.uint8],
    source: NDArray[np.uint8],
    along: Flow,
    width: float,
    where: NDArray[np.float32] | None,
    rng: np.random.Generator,
) -> None:
    """Lay strokes of one brush over `canvas`, in random order, each in its place's own colour.

    With `where`, only places above 0.12 in it are painted. After Hertzmann, "Painterly rendering
    with curved brush strokes of multiple sizes" (1998), with straight strokes.
    """
    height, picture_width = source.shape[:2]
    pitch = max(2.0, width * 0.8)
    rows, columns = np.mgrid[0 : height : pitch * 1.0, 0 : picture_width : pitch * 1.6]
    x = np.clip(columns.ravel() + rng.normal(0, pitch * 0.5, columns.size), 0, picture_width - 1)
    y = np.clip(rows.ravel() + rng.normal(0, pitch * 0.4, rows.size), 0, height - 1)
    order = rng.permutation(x.size)
    at = (y[order].astype(int), x[order].astype(int))
    if where is not None:
        kept = where[at] > 0.12
        at = (at[0][kept], at[1][kept])
    soft = cv2.GaussianBlur(source, (0, 0), max(0.6, width * 0.28))
    colours = soft[at].astype(np.float32) + rng.normal(0, 5.5, (at[0].size, 1)).astype(np.float32)
    colours = np.clip(colours + rng.normal(0, 2.5, colours.shape), 0, 255)
    half = width * rng.uniform(0.9, 2.2, at[0].size)
    turn = rng.normal(0, 0.16, at[0].size)
    dx = along[0][at] * np.cos(turn) - along[1][at] * np.sin(turn)
    dy = along[0][at] * np.sin(turn) + along[1][at] * np.cos(turn)
    ends = np.rint(
        np.stack(
            [at[1] - dx * half, at[0] - dy * half, at[1] + dx * half, at[0] + dy * half], axis=1
        )
    ).astype(int)
    thick = max(1, round(width))
    for (x0, y0, x1, y1), colour in zip(ends.tolist(), colours.tolist(), strict=True):
        cv2.line(canvas, (x0, y0), (x1, y1), colour, thick)


def _busy(image: NDArray[np.uint8], painting: Painting, sigma: float) -> NDArray[np.float32]:
    """Where small brushes are wanted: fine structure, and the subjects."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rough = cv2.absdiff(grey, cv2.GaussianBlur(grey, (0, 0), sigma)) * np.float32(1 / 24)
    around = cv2.blur(rough, (9, 9))
    return np.asarray(around + unit(painting.subjects) * np.float32(0.06), np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Three brushes from broad to fine, bristle marks along the form, canvas, impasto light."""
    scale, weight = scale_of(painting), weight_of(painting)
    source = quantised(film.curved(saturated(unit(painting.image), 1.2), 0.3 * weight))
    along = pigment.flow(unit(source), 7.0 * scale)
    rng = np.random.default_rng([painting.seed, 41])
    canvas = np.asarray(cv2.GaussianBlur(source, (0, 0), 4.0 * scale + 0.5), np.uint8)
    brush = (15.0 - 4.0 * painting.detail) * scale
    busy = _busy(source, painting, 3.0 * scale + 0.5)
    _stroke_layer(canvas, source, along, brush, None, rng)
    _stroke_layer(canvas, source, along, brush * 0.5, busy * 1.6, rng)
    _stroke_layer(canvas, source, along, max(2.0, brush * 0.24), busy, rng)
    shape = (canvas.shape[0], canvas.shape[1])
    speck = np.asarray(cv2.GaussianBlur(noise.white(shape, painting.seed), (0, 0), 0.8), np.float32)
    bristle = pigment.streaked(speck, along, round(20 * scale))
    bristle *= np.float32(1.0 / max(float(bristle.std()), 1e-6))
    grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    relief = bristle * 0.32 + grey * 9.0 + pigment.canvas(shape, painting.seed, scale) * 0.22
    relief = relief.astype(np.float32)
    sun = np.array(painting.light.direction, np.float32)
    lit = cv2.Sobel(relief, cv2.CV_32F, 1, 0, scale=0.125) * -sun[0]
    lit = lit + cv2.Sobel(relief, cv2.CV_32F, 0, 1, scale=0.125) * -sun[1]
    lit = np.tanh(lit * 1.1) * np.float32(0.15 * weight)
    pixels = unit(canvas) * (1.0 + bristle * np.float32(0.022 * weight))[..., None]
    return quantised((pixels + (lit * (0.35 + 0.65 * grey))[..., None]).astype(np.float32))


STYLE = Style(
    name="oil",
    words=(
        "oil painting",
        "oil paint",
        "oil on canvas",
        "in oil",
        "in oils",
        "oils",
        "impasto",
        "impressionist",
        "impressionism",
        "painterly",
        "acrylic painting",
        "classical painting",
        "old master",
    ),
    finish=finish,
)
