"""Trees of the landscape itself, softer than the drawn ones: leaf clumps shaded as spheres."""

from __future__ import annotations

import numpy as np

from imgen.engines.sketch.look import RGB, Light
from imgen.engines.sketch.painting.noise import Field, Noise, smoothstep
from imgen.engines.sketch.painting.sprite import Sprite

_GREENS: tuple[RGB, ...] = ((84, 118, 46), (70, 104, 52), (100, 124, 48))
_AUTUMN: tuple[RGB, ...] = ((206, 116, 36), (188, 72, 34), (214, 164, 52), (164, 92, 36))
_BLOSSOM: tuple[RGB, ...] = ((238, 178, 196), (244, 206, 214))
_PINE: tuple[RGB, ...] = ((46, 80, 54), (40, 70, 58), (56, 86, 50))
_BARK = (92, 70, 54)


def leafy(season: str, seed: int, light: Light, height: int, *, blossom: bool = False) -> Sprite:
    """A broadleaf tree, `height` pixels tall and about as wide."""
    rng = np.random.default_rng([seed, 161])
    set_ = _BLOSSOM if blossom else _AUTUMN if season == "autumn" else _GREENS
    base = set_[int(rng.integers(len(set_)))]
    y, x = _grid(height, height)
    noise, fine = Noise.seeded(seed, 162), Noise.seeded(seed, 163)
    wobble = noise.fbm(x, y, 0.055, 3)
    wx = x + wobble * np.float32(0.020)
    wy = y + noise.fbm(x + 7, y, 0.055, 3) * np.float32(0.020)
    ruffle = 1.0 + fine.fbm(x, y, 0.020, 2) * np.float32(0.20)
    top, nx, ny = _clumps(wx, wy, ruffle, rng)
    crown = smoothstep(0.0, 0.012, top)
    lx, ly = light.direction
    shade = nx * np.float32(lx) + ny * np.float32(ly)
    leaves = fine.fbm(x, y, 0.016, 2)
    tone = 0.46 + 0.34 * shade + 0.10 * top / 0.3 + 0.20 * leaves + 0.07 * wobble
    tone = tone - 0.22 * smoothstep(0.35, 0.66, y)
    colour = _ramped(base, np.clip(tone, 0.0, 1.0), light)
    trunk, bark = _trunk(x, y, light, rng)
    gaps = smoothstep(0.52, 0.62, fine.fbm(x + 3, y, 0.05, 2)) * smoothstep(0.14, 0.03, top)
    alpha = crown * (1.0 - gaps)
    image = bark + (colour - bark) * alpha[..., None]
    return np.dstack([image, np.maximum(alpha, trunk)]).astype(np.float32)


def conifer(season: str, seed: int, light: Light, height: int) -> Sprite:
    """A spruce in tiers, half as wide as it is tall; dusted where there is snow."""
    rng = np.random.default_rng([seed, 165])
    base = _PINE[int(rng.integers(len(_PINE)))]
    y, x = _grid(height, int(height * 0.56))
    x = x - np.float32(0.28)
    noise, fine = Noise.seeded(seed, 166), Noise.seeded(seed, 167)
    t = np.clip((y - 0.02) / 0.90, 0.0, 1.0)
    tiers = np.float32(rng.uniform(8.5, 11.5))
    sway = noise.fbm(x, y, 0.09, 3)
    phase = (t**0.86) * tiers + sway * np.float32(0.26) + np.abs(x) * np.float32(-2.4)
    saw = phase - np.floor(phase)
    reach = (0.012 + 0.235 * t**0.92) * (0.66 + 0.40 * saw) * (1 + sway * np.float32(0.16))
    reach = reach * smoothstep(0.965, 0.905, y + np.abs(x) * np.float32(0.10))
    needles = fine.fbm(x, y, 0.018, 2) * np.float32(0.022)
    inside = reach + needles * (0.4 + t) - np.abs(x)
    alpha = smoothstep(0.0, 0.008, inside) * (y < 0.965) * (y > 0.015)
    side = x / np.maximum(reach, 0.02) * np.float32(np.sign(light.direction[0]) or 1.0)
    tone = 0.34 + 0.26 * side + 0.22 * (saw - 0.5) + 0.24 * fine.fbm(x, y, 0.02, 2) + 0.10 * (1 - t)
    colour = _ramped(base, np.clip(tone, 0.0, 1.0), light)
    if season == "winter":
        snow = smoothstep(0.58, 0.28, saw + fine.at(x, y, 0.03) * np.float32(0.25)) * 0.85
        white = _ramped((226, 232, 240), np.clip(tone + 0.35, 0, 1), light)
        colour = colour + (white - colour) * snow[..., None]
    stem = (np.abs(x) < 0.016) & (y > 0.88) & (y < 0.985)
    bark = _ramped(_BARK, np.full_like(x, 0.35), light)
    image = bark + (colour - bark) * alpha[..., None]
    return np.dstack([image, np.maximum(alpha, stem)]).astype(np.float32)


def _grid(height: int, width: int) -> tuple[Field, Field]:
    """Rows and columns in units of the height."""
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(height)
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(height)
    return np.repeat(y[:, None], width, axis=1), np.repeat(x[None, :], height, axis=0)


def _clumps(
    x: Field, y: Field, ruffle: Field, rng: np.random.Generator
) -> tuple[Field, Field, Field]:
    """Nearest sphere of leaves at each point: how far it bulges, and which way it faces."""
    top = np.zeros_like(x)
    nx, ny = np.zeros_like(x), np.zeros_like(x)
    count = int(rng.integers(13, 18))
    lean = float(rng.uniform(-0.04, 0.04))
    for index in range(count):
        turn = 2.399963 * index + float(rng.uniform(-0.4, 0.4))
        ring = np.sqrt((index + 0.5) / count)
        cx = 0.5 + lean + 0.30 * ring * float(np.cos(turn))
        cy = 0.35 + 0.20 * ring * float(np.sin(turn)) + 0.05 * abs(cx - 0.5)
        radius = float(rng.uniform(0.105, 0.165)) * (1.15 - 0.35 * ring)
        dx, dy = (x - np.float32(cx)) / radius, (y - np.float32(cy)) / radius
        bulge = np.maximum(1.0 - (dx * dx + dy * dy) * ruffle, 0.0)
        depth = np.sqrt(bulge) * np.float32(radius) + np.where(
            bulge > 0, np.float32(0.06 * (1 - ring) + 0.05 * (cy - 0.2)), np.float32(0)
        )
        nearer = depth > top
        top = np.where(nearer, depth, top)
        nx, ny = np.where(nearer, dx, nx), np.where(nearer, dy, ny)
    return top, nx, ny


def _trunk(x: Field, y: Field, light: Light, rng: np.random.Generator) -> tuple[Field, Field]:
    """(coverage, colour) of a stem that forks into the crown."""
    bend = float(rng.uniform(-0.03, 0.03))
    centre = 0.5 + bend * (1.0 - y) * 2.0
    flare = 0.020 + 0.012 * smoothstep(0.55, 1.0, y) + 0.022 * smoothstep(0.93, 1.0, y)
    cover = smoothstep(0.004, -0.004, np.abs(x - centre) - flare) * (y > 0.42)
    for side in (-1, 1):
        limb = centre + side * np.float32(0.55) * np.maximum(0.62 - y, 0.0)
        branch = smoothstep(0.004, -0.003, np.abs(x - limb) - 0.010) * (y > 0.34) * (y < 0.62)
        cover = np.maximum(cover, branch)
    round_ = (x - centre) / np.maximum(flare, 1e-3) * np.float32(np.sign(light.direction[0]) or 1.0)
    tone = np.clip(0.40 + 0.28 * round_ - 0.2 * smoothstep(0.72, 0.5, y), 0.0, 1.0)
    return cover.astype(np.float32), _ramped(_BARK, tone.astype(np.float32), light)


def _ramped(base: RGB, tone: Field, light: Light) -> Field:
    """A surface from its deepest shade (0) to full light (1), in the colours of the light."""
    own = np.array(base, np.float32) / np.float32(255)
    sun = np.array(light.sun, np.float32) / np.float32(255)
    shade = np.array(light.shade, np.float32) / np.float32(255)
    power = np.float32(max(0.0, min(1.0, light.strength)) ** 0.75)
    dark = own * (np.float32(0.10) + 0.16 * power) + shade * own * np.float32(0.42)
    mid = own * (0.22 + 0.62 * power) * (np.float32(0.55) + np.float32(0.45) * sun)
    high = (own * np.float32(0.72) + sun * np.float32(0.36)) * sun * (0.16 + 0.92 * power)
    low = np.clip(tone * 2.0, 0.0, 1.0)[..., None]
    up = np.clip(tone * 2.0 - 1.0, 0.0, 1.0)[..., None]
    first = dark + (mid - dark) * low
    return np.asarray(np.clip(first + (high - first) * up, 0.0, 1.0), np.float32)
