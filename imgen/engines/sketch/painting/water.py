"""Water that mirrors what stands above it."""

from __future__ import annotations

import cv2
import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.colour import Tone, display, mix, scaled, times
from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import blurred
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sky import sun_at


def lay_water(canvas: Canvas, day: Daylight, seed: int, *, rough: float) -> None:
    """Paint every pixel of `canvas.water`; `rough` 0 is a mirror, 1 a choppy sea."""
    top = int(np.argmax(canvas.water.max(axis=1) > 0.01))
    if canvas.water.max() < 0.01:
        return
    view = canvas.view
    wet = canvas.water[top:]
    z = canvas.distance[top:]
    x = (z * view.columns[None, :]).astype(np.float32)
    swell, chop = _waves(x, z, seed, rough, view.focal)
    mirror = _mirrored(canvas, top, z, swell + chop, chop, rough)
    body = display(mix(scaled(day.ambient, 0.30), (0.010, 0.045, 0.055), 0.35))
    flat = np.clip(np.float32(view.eye) / z, 0.0, 1.0)
    steep = np.clip(flat + (swell + chop) * np.float32(0.25) * smoothstep(0.0, 0.15, flat), 0, 1)
    share = 0.16 + 0.80 * (1.0 - steep) ** 5
    share = np.clip(share - chop * np.float32(0.20 * rough), 0.0, 0.97)
    colour = np.array(body, np.float32) + (mirror - np.array(body, np.float32)) * share[..., None]
    colour += (chop * np.float32(0.035 + 0.05 * rough) * smoothstep(400, 30, z))[..., None]
    _add_glitter(colour, canvas, day, top, z, seed)
    if rough > 0.3:
        _add_surf(colour, canvas, day, top, x, z, seed)
    part = canvas.image[top:]
    part += (np.clip(colour, 0, 1.2) - part) * wet[..., None]


def _waves(x: Field, z: Field, seed: int, rough: float, focal: float) -> tuple[Field, Field]:
    """Long and short waves, -1 to 1; each fades where it is too small to be seen."""
    noise = Noise.seeded(seed, 61)
    long = noise.fbm(x * np.float32(0.35), z, 6.0 + 6.0 * rough, 2)
    short = noise.fbm(x * np.float32(0.45), z, 1.1 + 0.9 * rough, 3)
    seen = np.float32(focal * 2.4) / (z * z)
    long = long * smoothstep(0.02, 0.12, seen * 6)
    short = short * smoothstep(0.04, 0.35, seen * 1.6)
    far = noise.at(x * np.float32(0.006), z * np.float32(0.05), 3.0)
    long = long + far * smoothstep(120, 900, z) * np.float32(0.35)
    return long.astype(np.float32), short.astype(np.float32)


def _mirrored(canvas: Canvas, top: int, z: Field, wave: Field, chop: Field, rough: float) -> Field:
    """The picture above the water, upside down, each thing about its own foot."""
    view = canvas.view
    rows = np.arange(top, view.height, dtype=np.float32)[:, None]
    columns = np.broadcast_to(np.arange(view.width, dtype=np.float32)[None, :], z.shape)
    source = 2.0 * np.float32(view.horizon) - rows + 0.0 * z
    lookup = np.minimum(canvas.distance, np.float32(2e4))
    dry = np.where(canvas.water > 0.5, np.float32(2e4), lookup)
    for _ in range(2):
        what = cv2.remap(
            dry, columns, np.maximum(source, 0).astype(np.float32), cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        what = np.maximum(what, z)
        source = 2 * np.float32(view.horizon) - rows + np.float32(2 * view.focal * view.eye) / what
    scale = np.float32(view.scale)
    amount = (4.0 + 26.0 * rough) * scale * np.clip(np.float32(view.eye * 9.0) / z, 0.05, 1.6)
    source = source - np.abs(wave) * amount * np.float32(1.6)
    sideways = columns + wave * amount * np.float32(0.30)
    limit = np.minimum(rows - 1, np.float32(view.horizon) + np.float32(view.focal * view.eye) / z)
    source = np.clip(source, -view.horizon, limit)
    source = np.where(source < 0, -source, source).astype(np.float32)
    image = canvas.image
    if rough > 0.15:
        image = blurred(image, 1.0, 1.0 + 5.0 * rough * float(scale))
    return np.asarray(
        cv2.remap(
            image, sideways.astype(np.float32), source, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        np.float32,
    )  # fmt: skip


def _add_glitter(
    colour: Field, canvas: Canvas, day: Daylight, top: int, z: Field, seed: int
) -> None:
    """The road of light below a low sun or moon."""
    if not day.facing or day.cover > 0.9:
        return
    view = canvas.view
    x, _ = sun_at(view, day)
    column = (np.arange(view.width, dtype=np.float32) - np.float32(x)) / np.float32(view.focal)
    below = (np.arange(top, view.height, dtype=np.float32) - np.float32(view.horizon)) / np.float32(
        view.focal
    )
    width = 0.035 + 0.22 * below[:, None]
    road = 1.0 / (1.0 + (column[None, :] / width) ** 2 * 1.6) ** 2
    noise = Noise.seeded(seed, 62)
    across = (z * view.columns[None, :]).astype(np.float32)
    spark = noise.fbm(across * np.float32(0.42), z * np.float32(1.1), 0.62, 3)
    fine = noise.at(
        column[None, :] * 90 + 0 * z, np.float32(7.0) * np.sqrt(np.maximum(z, 0.1)), 1.0
    )
    lights = smoothstep(0.05, 0.75, spark * 0.6 + fine * 0.7) * np.float32(1.25) + np.float32(0.14)
    peak = max(day.sun)
    tint = [min(1.0, 0.35 + 0.75 * part / max(peak, 1e-6)) for part in day.sun]
    power = float(np.clip(peak * 0.9, 0.25, 1.0))
    for channel in range(3):
        colour[..., channel] += road * lights * np.float32(tint[channel] * power * 0.85)


def _add_surf(
    colour: Field, canvas: Canvas, day: Daylight, top: int, x: Field, z: Field, seed: int
) -> None:
    """Clear shallows, and lines of foam that run along the shore."""
    shallow = canvas.shallow[top:]
    if float(shallow.max()) < 0.01:
        return
    light: Tone = mix(scaled(day.ambient, 1.8), scaled(day.sun, 0.56), 0.5)
    clear = np.array(display(times((0.16, 0.52, 0.50), light)), np.float32)
    colour += (clear - colour) * (shallow * np.float32(0.55))[..., None]
    noise = Noise.seeded(seed, 64)
    ragged = noise.fbm(x, z, 2.6, 3) * np.float32(0.20)
    lace = smoothstep(0.30, 0.06, np.abs(noise.fbm(x, z, 0.8, 3)))
    edge = shallow + ragged
    first = smoothstep(0.80, 0.93, edge)
    second = smoothstep(0.50, 0.56, edge) * smoothstep(0.66, 0.58, edge)
    foam = np.clip(first * (0.55 + 0.45 * lace) + second * lace * 0.8, 0.0, 1.0) * (shallow > 0.02)
    white = np.array(display(light), np.float32)
    colour += (white - colour) * (foam * np.float32(0.88))[..., None]
