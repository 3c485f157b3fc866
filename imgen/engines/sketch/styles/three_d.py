"""3d: everything as soft clay, modelled from the depth map under studio light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles import film, pigment
from imgen.engines.sketch.styles.noise import Field
from imgen.engines.sketch.styles.pixels import (
    blurred,
    coverage,
    luma,
    mixed,
    quantised,
    saturated,
    scale_of,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style


def _regions(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """255 inside areas of one colour, 0 on the lines between them."""
    small = cv2.GaussianBlur(image, (0, 0), 1.2)
    edges = np.zeros(image.shape[:2], np.uint8)
    for channel in range(3):
        plane = np.ascontiguousarray(small[..., channel])
        edges |= np.asarray(cv2.Canny(plane, 26, 64), np.uint8)
    return np.asarray(255 - edges, np.uint8)


def _relief(painting: Painting, flat: NDArray[np.uint8], scale: float) -> Field:
    """A height per pixel: each area swells from its edge, like a cushion, up to a limit."""
    height, width = flat.shape[:2]
    size = (max(8, width // 2), max(8, height // 2))
    small = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)
    reach = 17.0 * scale
    free = cv2.distanceTransform(_regions(small), cv2.DIST_L2, 5)
    rise = np.clip(free / reach, 0, 1)
    rise = np.sqrt(np.clip(1.0 - (1.0 - rise) ** 2, 0, 1)) * reach
    rise = blurred(np.asarray(rise, np.float32), 3.2 * scale)
    solid = cv2.resize(coverage(painting), size, interpolation=cv2.INTER_AREA)
    inside = np.asarray(solid, np.float32)
    depth = cv2.resize(painting.depth, size, interpolation=cv2.INTER_AREA)
    body = blurred(inside, 9 * scale) * np.float32(14 * scale)
    calm = np.clip((1.06 - depth) * 1.4, 0.0, 1.0)
    rise = (rise * calm + body).astype(np.float32)
    return np.asarray(
        cv2.resize(rise * 2.0, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
    )


def _occlusion(painting: Painting, relief: Field, scale: float) -> Field:
    """0 to 1: how much a place is shut in by nearer or higher ones around it."""
    level = (relief / np.float32(60 * scale) - painting.depth * 0.9).astype(np.float32)
    close = np.clip(blurred(level, 7 * scale) - level, 0, 0.3)
    wide = np.clip(blurred(level, 30 * scale) - level, 0, 0.4)
    return np.asarray(np.clip(close * 2.0 + wide * 1.3, 0, 0.75), np.float32)


def finish(painting: Painting) -> NDArray[np.uint8]:
    """Matt pastel clay, swelling forms, a wide soft key light, occlusion and a soft shadow."""
    scale, weight = scale_of(painting), weight_of(painting)
    flat = pigment.simplified(painting.image, 6.0 * scale)
    relief = _relief(painting, flat, scale)
    dx = cv2.Sobel(relief, cv2.CV_32F, 1, 0, scale=0.125)
    dy = cv2.Sobel(relief, cv2.CV_32F, 0, 1, scale=0.125)
    across, up = painting.light.direction
    length = np.sqrt(dx * dx + dy * dy + 1.0)
    facing = (-dx * np.float32(across) - dy * np.float32(up)) * np.float32(0.62) + np.float32(0.78)
    diffuse = np.clip(facing / length, 0, 1.25)
    shine = np.clip(diffuse - 0.86, 0, 1) ** 2 * np.float32(2.6)
    clay = saturated(unit(flat), 0.92)
    tone = luma(clay)[..., None]
    clay = clay * (1.0 + 0.30 * (0.62 - tone))
    clay = 1.0 - (1.0 - clay) * np.float32(0.9)
    shade = np.array(painting.light.shade, np.float32) / 255.0
    shadow = np.asarray(clay * (0.42 + 0.42 * shade), np.float32)
    shut = _occlusion(painting, relief, scale)
    lit = np.clip((diffuse - 0.30) / 0.56, 0, 1) * (1.0 - shut)
    pixels = mixed(
        shadow, clay * 1.07, np.asarray(np.clip(1 - weight * (1 - lit), 0, 1), np.float32)
    )
    shiny = np.asarray(pixels + (shine * weight)[..., None], np.float32)
    pixels = film.focused(painting, shiny, 2.2)
    pixels = film.bloomed(film.curved(pixels, 0.12), 0.3, 24 * scale, threshold=0.75)
    return quantised(pixels * film.vignette(painting.depth.shape, 0.14)[..., None])


STYLE = Style(
    name="3d",
    words=(
        "3d",
        "3d render",
        "3d style",
        "3d model",
        "3d art",
        "cgi",
        "octane render",
        "blender render",
        "clay render",
        "claymation",
        "clay",
        "plasticine",
        "unreal engine",
        "isometric",
    ),
    finish=finish,
)
