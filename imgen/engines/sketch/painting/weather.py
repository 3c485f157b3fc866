"""What hangs in the air before everything else: rain, snow, leaves, sparks, shafts, lightning."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import display
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import blurred, widely_blurred
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sky import sun_at
from imgen.engines.sketch.scene.scene import Scene

_INDOORS = frozenset({"room", "cafe", "library", "tabletop", "studio", "space", "underwater"})
_LEAVES = ((214, 112, 40), (196, 70, 40), (226, 168, 58), (168, 92, 44))


def behind_things(canvas: Canvas, scene: Scene, day: Daylight) -> None:
    """Lightning and fireworks: in the sky, before anything is placed."""
    if scene.setting in _INDOORS:
        return
    if (scene.weather == "storm" or "lightning" in scene.features) and (
        "lightning" not in scene.excluded
    ):
        _lightning(canvas, scene.seed)
    if "fireworks" in scene.features:
        _fireworks(canvas, scene.seed)
    del day


def before_things(canvas: Canvas, scene: Scene, day: Daylight) -> None:
    """All that falls or floats between the picture and the viewer."""
    if "rays" in scene.features and scene.setting not in ("space", "underwater"):
        _shafts(canvas, scene, day)
    if "fireflies" in scene.features:
        _sparks(canvas, scene.seed)
    if scene.setting in _INDOORS:
        return
    if scene.weather in ("fog", "mist"):
        _drifts(canvas, scene, day)
    if scene.weather in ("rain", "storm"):
        _rain(canvas, scene)
    if scene.weather == "snow" or "snowflakes" in scene.features:
        _snow(canvas, scene.seed)
    if "leaves" in scene.features:
        _leaves(canvas, scene.seed)


def _rain(canvas: Canvas, scene: Scene) -> None:
    """Two depths of slanting streaks, and a grey veil that thickens with distance."""
    view = canvas.view
    rng = np.random.default_rng([scene.seed, 121])
    slant = float(rng.uniform(0.08, 0.26)) * (1 if rng.random() < 0.5 else -1)
    plane = np.zeros((view.height, view.width), np.float32)
    area = view.width * view.height / (view.scale * view.scale)
    for length, thick, count, power in ((16, 1, area / 900, 0.16), (44, 1, area / 3200, 0.26)):
        layer = np.zeros_like(plane)
        for _ in range(int(count)):
            x, y = rng.uniform(-0.1, 1.1) * view.width, rng.uniform(-0.1, 1.0) * view.height
            reach = length * view.scale * float(rng.uniform(0.6, 1.4))
            start = (round(x), round(y))
            end = (round(x + slant * reach), round(y + reach))
            cv2.line(layer, start, end, power, max(1, round(thick * view.scale)), cv2.LINE_AA)
        plane = np.maximum(plane, layer)
    plane = blurred(plane, 0.6 * view.scale)
    mean = canvas.image.mean(axis=(0, 1))
    tone = np.clip(mean * 0.6 + 0.42, 0.0, 1.0).astype(np.float32)
    canvas.image += (tone - canvas.image) * plane[..., None]


def _snow(canvas: Canvas, seed: int) -> None:
    """Flakes at three depths; the nearest are large and out of focus."""
    view = canvas.view
    rng = np.random.default_rng([seed, 123])
    area = view.width * view.height / (view.scale * view.scale)
    for radius, count, power, soft in (
        (0.9, area / 700, 0.75, 0.6), (1.9, area / 2600, 0.85, 0.9), (4.6, area / 24_000, 0.55, 2.4)
    ):  # fmt: skip
        plane = np.zeros((view.height, view.width), np.float32)
        for _ in range(int(count)):
            centre = (int(rng.integers(view.width)), int(rng.integers(view.height)))
            size = max(1, round(radius * view.scale * float(rng.uniform(0.6, 1.3))))
            cv2.circle(plane, centre, size, power, -1, cv2.LINE_AA)
        plane = blurred(plane, soft * view.scale)
        canvas.image += (np.float32(0.98) - canvas.image) * plane[..., None]


def _leaves(canvas: Canvas, seed: int) -> None:
    view = canvas.view
    rng = np.random.default_rng([seed, 125])
    for _ in range(int(rng.integers(24, 44))):
        size = float(rng.uniform(3, 9)) * view.scale
        centre = (int(rng.integers(view.width)), int(rng.integers(view.height)))
        colour = [part / 255 for part in _LEAVES[int(rng.integers(len(_LEAVES)))]]
        axes = (max(1, round(size)), max(1, round(size * float(rng.uniform(0.3, 0.6)))))
        cv2.ellipse(
            canvas.image, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA
        )


def _drifts(canvas: Canvas, scene: Scene, day: Daylight) -> None:
    """Banks of mist that lie low and part here and there."""
    view = canvas.view
    haze = np.array(display(day.haze), np.float32)
    x = np.broadcast_to(view.columns[None, :], (view.height, view.width))
    y = np.broadcast_to(view.rises[:, None], (view.height, view.width))
    bank = smoothstep(
        -0.35, 0.55, Noise.seeded(scene.seed, 127).fbm(x, y * np.float32(3.4), 0.55, 4)
    )
    low = smoothstep(0.24, 0.0, view.rises)[:, None] * smoothstep(-0.42, -0.02, view.rises)[:, None]
    strength = np.float32(0.72 if scene.weather == "fog" else 0.42)
    far = canvas.distance / (canvas.distance + np.float32(26.0))
    veil = bank * low * strength * (0.25 + 0.75 * far)
    if scene.weather == "fog":
        veil = veil + (1 - veil) * np.float32(0.34) * far
    veil = veil * (1.0 - 0.45 * canvas.subjects)
    canvas.image += (haze - canvas.image) * veil[..., None].astype(np.float32)


def _shafts(canvas: Canvas, scene: Scene, day: Daylight) -> None:
    """Beams that fan out from the sun's place."""
    view = canvas.view
    sx, sy = sun_at(view, day)
    sy = min(sy, -0.1 * view.height) if not day.facing else sy
    x = np.arange(view.width, dtype=np.float32)[None, :] - np.float32(sx)
    y = np.arange(view.height, dtype=np.float32)[:, None] - np.float32(sy - 0.15 * view.height)
    angle = (x / np.maximum(np.abs(y), 1.0)).astype(np.float32)
    noise = Noise.seeded(scene.seed, 129)
    beam = smoothstep(
        0.0,
        0.7,
        noise.at(angle, angle * 0 + 2, 0.16) * 0.7 + noise.at(angle, angle * 0 + 7, 0.05) * 0.3,
    )
    fall = smoothstep(1.05 * view.height, 0.1 * view.height, np.abs(y)) * (y > 0)
    far = canvas.distance / (canvas.distance + np.float32(400.0))
    light = (
        beam * fall * (1.0 - 0.7 * far) * np.float32(0.30) / (1.0 + angle * angle * np.float32(0.8))
    )
    for channel in range(3):
        tint = np.float32(0.35 + 0.65 * day.sun[channel] / max(*day.sun, 1e-6))
        layer = canvas.image[..., channel]
        layer += light * tint * (1.0 - 0.6 * layer)


def _glowing(shape: tuple[int, int], spots: list[tuple[int, int, float]], scale: float) -> Field:
    plane = np.zeros(shape, np.float32)
    for x, y, power in spots:
        cv2.circle(plane, (x, y), max(1, round(1.6 * scale * power)), power, -1, cv2.LINE_AA)
    soft = blurred(plane, 7.0 * scale) * np.float32(5.0)
    return np.asarray(np.clip(plane + soft, 0.0, 1.2), np.float32)


def _sparks(canvas: Canvas, seed: int) -> None:
    view = canvas.view
    rng = np.random.default_rng([seed, 131])
    spots = [
        (
            int(rng.integers(view.width)),
            int(np.clip(rng.normal(0.66, 0.14), 0.1, 0.97) * view.height),
            float(rng.uniform(0.45, 1.0)),
        )
        for _ in range(int(rng.integers(40, 70)))
    ]
    light = _glowing((view.height, view.width), spots, view.scale)
    for channel, tint in enumerate((1.0, 0.86, 0.38)):
        canvas.image[..., channel] += light * np.float32(tint * 0.9)


def _lightning(canvas: Canvas, seed: int) -> None:
    """One forked bolt from the clouds to the horizon, and its glow."""
    view = canvas.view
    rng = np.random.default_rng([seed, 133])
    plane = np.zeros((view.height, view.width), np.float32)
    x = float(rng.uniform(0.2, 0.8)) * view.width
    _bolt(plane, x, 0.0, view.horizon * 0.99, 2.2 * view.scale, rng, 0)
    plane *= (canvas.distance > 3000).astype(np.float32)
    glow = widely_blurred(plane, 56.0 * view.scale, 8)
    for channel, tint in enumerate((0.82, 0.86, 1.0)):
        canvas.image[..., channel] += (plane + glow * np.float32(1.1)) * np.float32(tint)


def _bolt(
    plane: Field, x: float, y: float, end: float, thick: float, rng: np.random.Generator, level: int
) -> None:
    step = (end - y) / 22
    drift = float(rng.uniform(-0.5, 0.5))
    while y < end:
        nx = x + (drift + float(rng.normal(0, 0.55))) * step
        ny = y + step * float(rng.uniform(0.7, 1.3))
        cv2.line(
            plane,
            (round(x), round(y)),
            (round(nx), round(ny)),
            1.0,
            max(1, round(thick)),
            cv2.LINE_AA,
        )
        x, y = nx, ny
        if level < 2 and rng.random() < 0.13:
            _bolt(
                plane,
                x,
                y,
                y + (end - y) * float(rng.uniform(0.25, 0.6)),
                thick * 0.55,
                rng,
                level + 1,
            )


def _fireworks(canvas: Canvas, seed: int) -> None:
    view = canvas.view
    rng = np.random.default_rng([seed, 135])
    for _ in range(int(rng.integers(4, 7))):
        cx, cy = rng.uniform(0.12, 0.88) * view.width, rng.uniform(0.12, 0.6) * view.horizon
        reach = float(rng.uniform(0.08, 0.17)) * view.focal
        tint = np.array(
            [(1, 0.5, 0.3), (0.5, 0.8, 1), (1, 0.85, 0.4), (0.9, 0.45, 0.9)][int(rng.integers(4))],
            np.float32,
        )
        plane = np.zeros((view.height, view.width), np.float32)
        rays = int(rng.integers(26, 44))
        for ray in range(rays):
            turn = 2 * np.pi * (ray + float(rng.uniform(-0.3, 0.3))) / rays
            far = reach * float(rng.uniform(0.75, 1.0))
            dx, dy = float(np.cos(turn)), float(np.sin(turn))
            inner = (round(cx + dx * far * 0.3), round(cy + dy * far * 0.3))
            outer = (round(cx + dx * far), round(cy + dy * far + 0.10 * far))
            cv2.line(plane, inner, outer, 0.75, max(1, round(1.1 * view.scale)), cv2.LINE_AA)
            cv2.circle(plane, outer, max(1, round(1.5 * view.scale)), 1.0, -1, cv2.LINE_AA)
        soft = blurred(plane, 5.0 * view.scale) * np.float32(1.4)
        canvas.image += (plane + soft)[..., None] * tint
