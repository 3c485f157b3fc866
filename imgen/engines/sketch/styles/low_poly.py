"""Low poly: the picture as a mesh of flat triangular facets, finer where there is more to see."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import contours, film
from imgen.engines.sketch.styles.pixels import (
    Pixels,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def _outline_points(painting: Painting, pitch: float) -> NDArray[np.float32]:
    """Points along the subjects' edge, so that facets end where things end."""
    solid = (painting.subjects > 127).astype(np.uint8)
    rings, _ = cv2.findContours(solid, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    step = max(2, round(pitch))
    points = [ring[::step, 0, :] for ring in rings if len(ring) > 2 * step]
    if not points:
        return np.zeros((0, 2), np.float32)
    return np.concatenate(points).astype(np.float32)


def _points(painting: Painting, pixels: Pixels) -> NDArray[np.float32]:
    """Mesh points (x, y): the frame, the subjects' outline, edges, and a loose grid between."""
    height, width = painting.image.shape[:2]
    scale = scale_of(painting)
    rng = np.random.default_rng([painting.seed, 5])
    pitch = (52.0 - 22.0 * painting.detail) * scale
    y, x = np.mgrid[0 : height + pitch : pitch, 0 : width + pitch : pitch]
    loose = np.stack([x.ravel(), y.ravel()], axis=1)
    loose = loose + rng.uniform(-0.42, 0.42, loose.shape) * pitch
    loose = np.where(np.array([[0.0, 0.0]]) > loose, 0.0, loose)
    busy = contours.edges(pixels, 2.4 * scale, 0.018)
    cell = max(3, round(9 * scale))
    small = cv2.resize(busy, (width // cell, height // cell), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(rng.random(small.shape) < small * 1.3)
    fine = np.stack([columns, rows], axis=1) * cell + rng.uniform(0, cell, (len(rows), 2))
    corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    every = np.concatenate([corners, _outline_points(painting, 11 * scale), fine, loose])
    return np.asarray(np.clip(every, 0, (width - 1, height - 1)), np.float32)


def _facets(points: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """The Delaunay triangles, (count, 3, 2)."""
    mesh = cv2.Subdiv2D((0, 0, width, height))
    mesh.insert(np.unique(np.rint(points), axis=0).tolist())
    triangles = np.asarray(mesh.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = (triangles >= -0.5).all(axis=(1, 2))
    inside &= (triangles[..., 0] <= width - 0.5).all(axis=1)
    inside &= (triangles[..., 1] <= height - 0.5).all(axis=1)
    return triangles[inside]


def _shades(
    facets: NDArray[np.float32], image: NDArray[np.uint8], painting: Painting, weight: float
) -> NDArray[np.float32]:
    """A colour per facet: the mean of seven samples in it, lit by a tilt of its own."""
    height, width = image.shape[:2]
    mixes = np.array(
        [
            [1, 1, 1],
            [4, 1, 1],
            [1, 4, 1],
            [1, 1, 4],
            [3, 3, 1],
            [1, 3, 3],
            [3, 1, 3],
        ],
        np.float32,
    )
    mixes /= mixes.sum(axis=1, keepdims=True)
    places = np.einsum("sk,fkc->fsc", mixes, facets)
    x = np.clip(places[..., 0].astype(int), 0, width - 1)
    y = np.clip(places[..., 1].astype(int), 0, height - 1)
    colour = image[y, x].astype(np.float32).mean(axis=1)
    middle = np.rint(facets.mean(axis=1)).astype(int)
    far = painting.depth[middle[:, 1], middle[:, 0]]
    tilt = np.random.default_rng([painting.seed, 6]).normal(0, 1, len(facets)).clip(-2, 2)
    light = 1.0 + weight * tilt * (0.085 - 0.06 * far)
    return np.asarray(colour * light[:, None], np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Mesh, mean colours, flat fill at twice the size, averaged down for smooth edges."""
    height, width = painting.image.shape[:2]
    weight = weight_of(painting)
    pixels = film.curved(saturated(unit(painting.image), 1.0 + 0.18 * weight), 0.25 * weight)
    image = quantised(pixels)
    facets = _facets(_points(painting, pixels), width, height)
    shades = np.clip(_shades(facets, image, painting, weight), 0, 255)
    fine = 2 if max(height, width) <= 1600 else 1
    sheet = cv2.resize(image, (width * fine, height * fine), interpolation=cv2.INTER_LINEAR)
    corners = np.rint((facets + 0.5) * fine).astype(np.int32)
    for corner, shade in zip(corners, shades.tolist(), strict=True):
        cv2.fillConvexPoly(sheet, corner, shade)
    if fine == 1:
        return np.asarray(sheet, np.uint8)
    return np.asarray(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


STYLE = Style(
    name="low-poly",
    words=("low poly", "lowpoly", "low polygon", "polygonal", "polygon art", "geometric facets"),
    finish=finish,
)
