"""Logo: few flat colours with clean edges, alone on a plain ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.styles.palette import mapped, palette_of
from imgen.engines.sketch.styles.pixels import (
    Pixels,
    coverage,
    mixed,
    quantised,
    saturated,
    unit,
    weight_of,
)
from imgen.engines.sketch.styles.style import Painting, Style

_GROUND = np.array((0.972, 0.966, 0.95), np.float32)


def _flat(
    image: NDArray[np.uint8], inside: NDArray[np.float32] | None, count: int
) -> NDArray[np.uint8]:
    """The picture in `count` colours (of what is inside), with smooth outlines and no islands."""
    vivid = quantised(saturated(unit(image), 1.25))
    size = 2 * max(1, round(np.sqrt(image.shape[0] * image.shape[1]) / 400)) + 1
    for _ in range(2):
        vivid = np.asarray(cv2.medianBlur(vivid, size), np.uint8)
    colours = palette_of(_only(vivid, inside), count)
    flat = np.asarray(cv2.medianBlur(mapped(vivid, colours), size), np.uint8)
    return np.asarray(cv2.GaussianBlur(flat, (0, 0), 0.7), np.uint8)


def _only(image: NDArray[np.uint8], inside: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """What is inside, as a sheet of its own."""
    if inside is None:
        return image
    pixels = image[inside > 0.6]
    side = int(np.sqrt(len(pixels)))
    if side < 4:
        return image
    return np.ascontiguousarray(pixels[: side * side].reshape(side, side, 3))


def _badge(shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A disc in the middle and a ring round it, each 0 to 1."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(x - (width - 1) / 2, y - (height - 1) / 2)
    radius = 0.43 * min(height, width)
    disc = np.clip(radius - away + 0.5, 0, 1)
    middle = radius * 1.06
    ring = np.clip(radius * 0.028 - np.abs(away - middle) + 0.5, 0, 1)
    return disc, ring


def finish(painting: Painting) -> NDArray[np.uint8]:
    """The subject, large and flat, on the ground; a scene without one becomes a round badge."""
    inside = coverage(painting)
    alone = float(inside.mean()) > 0.004
    picture = _centred(unit(painting.image), inside)
    if alone:
        inside = _centred(inside, inside)
    flat = unit(_flat(quantised(picture), inside if alone else None, _count(painting)))
    ground = np.broadcast_to(_GROUND, flat.shape)
    if alone:
        return quantised(mixed(ground, flat, np.clip((inside - 0.2) / 0.6, 0, 1)))
    disc, ring = _badge((flat.shape[0], flat.shape[1]))
    dark = painting.image[::8, ::8].reshape(-1, 3).astype(np.float32)
    ink = np.percentile(dark, 6, axis=0).astype(np.float32) / np.float32(255 * 1.15)
    badge = mixed(ground, flat, disc)
    return quantised(mixed(badge, np.broadcast_to(ink, flat.shape), ring))


def flattened(painting: Painting) -> NDArray[np.uint8]:
    """The subject in few flat colours, where it stands."""
    return _flat(painting.image, coverage(painting), _count(painting))


def _count(painting: Painting) -> int:
    """How many colours."""
    return max(4, round(9 - 2 * min(weight_of(painting), 1.5) + painting.detail))


def _centred(flat: Pixels, inside: NDArray[np.float32]) -> Pixels:
    """Move and enlarge the picture so that the subjects fill its middle; busts stay on its foot."""
    height, width = inside.shape
    rows, columns = np.nonzero(inside > 0.5)
    if len(rows) == 0:
        return flat
    left, top = int(columns.min()), int(rows.min())
    wide, tall = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
    zoom = float(np.clip(0.72 * min(height / tall, width / wide), 0.6, 3.0))
    x, y = left + wide / 2, top + tall / 2
    down = height / 2 - zoom * y
    if rows.max() >= height - 2:
        down = height - zoom * height
    move = np.array([[zoom, 0, width / 2 - zoom * x], [0, zoom, down]])
    edge = cv2.BORDER_REPLICATE if flat.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(
        cv2.warpAffine(flat, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=edge),
        np.float32,
    )


STYLE = Style(
    name="logo",
    words=(
        "logo",
        "logo design",
        "icon",
        "app icon",
        "emblem",
        "badge",
        "sticker",
        "flat design",
        "vector logo",
        "minimalist logo",
        "mascot logo",
    ),
    finish=finish,
    alone=flattened,
    flat=True,
    plain_ground=True,
)
