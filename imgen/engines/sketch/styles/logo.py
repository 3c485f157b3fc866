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


def _flat(painting: Painting, count: int) -> NDArray[np.uint8]:
    """The picture in `count` colours, with smooth outlines and no small islands."""
    height, width = painting.image.shape[:2]
    side = 0.75 if max(height, width) > 900 else 1.0
    size = (round(width * side), round(height * side))
    small = np.asarray(cv2.resize(painting.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    small = quantised(saturated(unit(small), 1.25))
    for _ in range(2):
        small = np.asarray(cv2.medianBlur(small, 7), np.uint8)
    colours = palette_of(small, count)
    flat = cv2.medianBlur(mapped(small, colours), 7)
    return np.asarray(cv2.resize(flat, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


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
    """The subject in flat colours on the ground; a scene without one becomes a round badge."""
    count = max(3, round(7 - 2 * min(weight_of(painting), 1.5) + painting.detail))
    flat = unit(_flat(painting, count + 2))
    shape = (flat.shape[0], flat.shape[1])
    inside = coverage(painting)
    share = float(inside.mean())
    ground = np.broadcast_to(_GROUND, flat.shape)
    if share > 0.03 and _plain(painting):
        return quantised(mixed(ground, flat, inside))
    flat = _centred(flat, inside)
    disc, ring = _badge(shape)
    dark = painting.image[::8, ::8].reshape(-1, 3).astype(np.float32)
    ink = np.percentile(dark, 6, axis=0).astype(np.float32) / np.float32(255 * 1.15)
    badge = mixed(ground, flat, disc)
    return quantised(mixed(badge, np.broadcast_to(ink, flat.shape), ring))


def _centred(flat: Pixels, inside: NDArray[np.float32]) -> Pixels:
    """Move and enlarge the picture so that the largest subject fills the middle of the badge."""
    height, width = inside.shape
    _, _, boxes, _ = cv2.connectedComponentsWithStats((inside > 0.5).astype(np.uint8))
    if len(boxes) < 2:
        return flat
    left, top, wide, tall, _ = boxes[1 + int(np.argmax(boxes[1:, 4]))].tolist()
    zoom = float(np.clip(0.56 * min(height, width) / max(wide, tall, 1), 1.0, 2.4))
    half_wide, half_tall = width / (2 * zoom), height / (2 * zoom)
    x = float(np.clip(left + wide / 2, half_wide, width - half_wide))
    y = float(np.clip(top + tall / 2, half_tall, height - half_tall))
    move = np.array([[zoom, 0, width / 2 - zoom * x], [0, zoom, height / 2 - zoom * y]])
    return np.asarray(
        cv2.warpAffine(
            flat, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        ),
        np.float32,
    )


def _plain(painting: Painting) -> bool:
    """Whether the ground outside the subjects is one calm tone."""
    outside = painting.image[::6, ::6][painting.subjects[::6, ::6] < 8]
    return len(outside) > 50 and float(outside.astype(np.float32).std(axis=0).mean()) < 30.0


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
    flat=True,
    plain_ground=True,
)
