"""Things on their places: each drawn in the scene's light, hazed, shadowed, mirrored."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.look import Light, Look
from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import blurred, sampled
from imgen.engines.sketch.painting.noise import Field, Noise
from imgen.engines.sketch.painting.placing import Placed
from imgen.engines.sketch.painting.sites import SITES
from imgen.engines.sketch.painting.sprite import Sprite, drawn, laid, overlap
from imgen.engines.sketch.scene.scene import Scene

_MOONLIT = np.array((0.74, 0.78, 0.90), np.float32)
"""No lamp reaches what stands in the open at night."""


def look_of(item: Placed, scene: Scene, light: Light, detail: float) -> Look:
    """What a placed thing is asked to be."""
    thing = item.thing
    return Look(
        colour=thing.colour, light=light, detail=detail, flip=item.flip, mood=scene.mood,
        attributes=thing.attributes | ({"flying"} if item.place == "air" else frozenset()),
        seed=thing.seed,
    )  # fmt: skip


def stage(
    placed: list[Placed], canvas: Canvas, scene: Scene, day: Daylight, light: Light, detail: float
) -> None:
    """Draw everything, farthest first."""
    for item in placed:
        look = look_of(item, scene, light, detail)
        sprite, left, top = drawn(item.subject, look, item.box)
        if canvas.veil is not None:
            tint = np.array(canvas.veil[0], np.float32) / np.float32(255)
            sprite[..., :3] += (tint - sprite[..., :3]) * np.float32(canvas.veil[1])
        elif not canvas.floating:
            sprite = _hazed(sprite, item, day)
        if day.night and scene.setting in SITES:
            sprite[..., :3] *= _MOONLIT
        if scene.setting == "clouds":
            sprite = _sunk(sprite, item, top)
        elif item.place == "ground":
            _cast_shadow(canvas, sprite, item, day, light)
        elif item.place == "water":
            sprite = _dipped(sprite, item, top)
            _mirror(canvas, sprite, item, left, look.seed)
        laid(canvas.image, sprite, left, top)
        _record(canvas, sprite, left, top, item)


def _hazed(sprite: Sprite, item: Placed, day: Daylight) -> Sprite:
    veil = 1.0 - float(np.exp(-item.distance * 0.001 * min(day.thickness, 3.0)))
    if veil > 0.01:
        haze = np.array(display(day.haze), np.float32)
        sprite[..., :3] += (haze - sprite[..., :3]) * np.float32(min(veil, 0.8))
    return sprite


def _record(canvas: Canvas, sprite: Sprite, left: int, top: int, item: Placed) -> None:
    rows, columns, part = overlap(canvas.distance.shape, sprite, left, top)
    if not part.size:
        return
    cover = part[..., 3]
    seen = canvas.subjects[rows, columns]
    np.maximum(seen, cover, out=seen)
    away = canvas.distance[rows, columns]
    np.copyto(away, np.float32(item.distance), where=cover > 0.5)


def _cast_shadow(canvas: Canvas, sprite: Sprite, item: Placed, day: Daylight, light: Light) -> None:
    """A soft dark place under the foot, and the long shadow that the sun throws."""
    box = item.box
    height, width = canvas.image.shape[:2]
    shade = np.zeros((height, width), np.float32)
    centre = (int(box.left + box.width / 2), int(box.foot - 0.012 * box.height))
    axes = (max(2, int(box.width * 0.44)), max(1, int(box.width * 0.055)))
    cv2.ellipse(shade, centre, axes, 0, 0, 360, 0.75, -1)
    power = float(np.clip(max(day.sun) / 2.6, 0.0, 1.0))
    if power > 0.15:
        alpha = np.ascontiguousarray(sprite[..., 3])
        tilt = -light.direction[0] * min(2.2, 0.42 / max(0.18, day.elevation))
        squash = 0.20 + 0.16 * min(1.0, 0.25 / max(day.elevation, 0.1))
        margin = 0.04 * box.height
        foot = margin + box.height
        move = np.array(
            [
                [1.0, -tilt * 0.75, tilt * 0.75 * foot + box.left - margin],
                [0.0, squash, box.foot - squash * foot - 0.5],
            ],
            np.float32,
        )
        # Towards the viewer when the light stands behind the thing.
        if day.facing:
            move[1] = (0.0, -squash, box.foot + squash * foot - 0.06 * box.height)
        thrown = cv2.warpAffine(alpha, move, (width, height), flags=cv2.INTER_LINEAR)
        shade = np.maximum(shade, thrown * np.float32(0.62 * power))
    sigma = max(0.8, 0.012 * box.height)
    top, bottom = _band(shade, sigma)
    if bottom <= top:
        return
    soft = blurred(shade[top:bottom], sigma)
    soft *= 1.0 - canvas.water[top:bottom]
    soft *= (canvas.distance[top:bottom] < 15_000).astype(np.float32)
    tint = np.array(light.shade, np.float32) / 255.0 * 0.35
    part = canvas.image[top:bottom]
    part += (part * tint - part) * (soft * np.float32(0.72))[..., None]


def _band(shade: Field, sigma: float) -> tuple[int, int]:
    rows = np.nonzero(shade.max(axis=1) > 0.004)[0]
    if not len(rows):
        return 0, 0
    pad = int(3 * sigma) + 1
    return max(0, int(rows[0]) - pad), min(shade.shape[0], int(rows[-1]) + pad + 1)


def _dipped(sprite: Sprite, item: Placed, top: int) -> Sprite:
    """Cut off what lies under the waterline, with a soft edge."""
    line = item.box.foot - item.dip * item.box.height - top
    rows = np.arange(sprite.shape[0], dtype=np.float32)
    keep = np.clip((line - rows) / max(1.0, 0.006 * item.box.height) + 0.5, 0.0, 1.0)
    sprite[..., 3] *= keep[:, None]
    return sprite


def _sunk(sprite: Sprite, item: Placed, top: int) -> Sprite:
    """What stands on clouds has its foot in them."""
    if item.place != "ground":
        return sprite
    grid = np.indices(sprite.shape[:2], dtype=np.float32)
    rows, columns = grid[0:1].reshape(sprite.shape[:2]), grid[1:2].reshape(sprite.shape[:2])
    puffs = Noise.seeded(item.thing.seed, 65).fbm(columns, rows, 0.16 * item.box.height, 3)
    line = item.box.foot - 0.08 * item.box.height - top
    keep = (line - rows) / np.float32(0.07 * item.box.height) + puffs * np.float32(1.1)
    sprite[..., 3] *= np.clip(keep + 0.5, 0.0, 1.0)
    return sprite


def _mirror(canvas: Canvas, sprite: Sprite, item: Placed, left: int, seed: int) -> None:
    """The thing upside down on the water, broken by ripples and fading towards the viewer."""
    height = sprite.shape[0]
    line = int(item.box.foot - item.dip * item.box.height)
    flipped = np.ascontiguousarray(sprite[::-1])
    above = int(np.argmax(flipped[..., 3].max(axis=1) > 0.02))
    flipped = flipped[above:]
    rows = np.arange(flipped.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(flipped.shape[1], dtype=np.float32)[None, :]
    noise = Noise.seeded(seed % (2**63), 63)
    ripple = noise.fbm(
        columns * np.float32(0.25) + 0 * rows, rows + 0 * columns, height * 0.05 + 3, 2
    )
    shift = ripple * (0.010 + 0.05 * rows / max(1, height)) * np.float32(item.box.width)
    wavy = sampled(flipped, columns + shift, rows + np.abs(shift) * np.float32(0.6))
    fade = np.clip(0.62 - 0.50 * rows / max(1, height), 0.0, 1.0)
    wavy[..., 3] *= fade.astype(np.float32)
    wavy[..., :3] *= np.float32(0.82)
    y0, columns_, part = overlap(canvas.water.shape, wavy, left, line)
    if part.size:
        part[..., 3] *= canvas.water[y0, columns_]
        laid(canvas.image, wavy, left, line)
