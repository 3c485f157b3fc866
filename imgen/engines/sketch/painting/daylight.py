"""The light of an hour and a weather: sun, sky, shade and haze, in linear radiance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from imgen.engines.sketch.look import Light
from imgen.engines.sketch.painting.colour import Tone, mix, rgb, scaled
from imgen.engines.sketch.scene.scene import Scene


@dataclass(frozen=True, slots=True)
class Daylight:
    """All that the painter must know about the light."""

    sun: Tone
    """Colour and strength of the key light (the moon at night)."""
    ambient: Tone
    """What the whole sky gives to a surface that faces up."""
    sky: tuple[Tone, Tone, Tone, Tone]
    """At the horizon, a little above, halfway, in the zenith."""
    glow: Tone
    """Around the sun."""
    haze: Tone
    """What distance fades to."""
    elevation: float
    """Tangent of the sun's height."""
    side: float
    """Where the sun stands: -1 far left, 1 far right of the view; its screen position follows."""
    thickness: float
    """Haze per kilometre."""
    cover: float
    """0 = no clouds, 1 = closed."""
    stars: float
    """0 to 1."""
    night: bool = False

    @property
    def facing(self) -> bool:
        """Whether the sun stands low enough to be in the picture."""
        return self.elevation < 0.42

    def for_subjects(self) -> Light:
        """The same light in the terms that a drawn thing understands."""
        power = max(self.sun) + 0.6 * max(self.ambient)
        strength = float(np.clip(power / 3.2, 0.04, 1.0))
        peak = max(max(self.sun), 1e-6)
        x, y = self.side * 0.9, -max(0.25, min(1.2, self.elevation))
        length = float(np.hypot(x, y))
        return Light(
            sun=rgb(scaled(self.sun, 1.6 / peak)),
            shade=rgb(scaled(self.ambient, 0.35 / max(max(self.ambient), 1e-6))),
            direction=(x / length, y / length),
            strength=strength,
        )


def _hour(
    sun: Tone, ambient: Tone, sky: tuple[Tone, Tone, Tone, Tone], glow: Tone, haze: Tone, *,
    elevation: float, thickness: float = 0.06, stars: float = 0.0, night: bool = False,
) -> Daylight:
    return Daylight(
        sun, ambient, sky, glow, haze, elevation, 0.0, thickness, 0.3, stars, night
    )  # fmt: skip


_DAY_SKY = ((0.62, 0.78, 0.95), (0.42, 0.64, 0.95), (0.17, 0.39, 0.83), (0.07, 0.21, 0.60))

HOURS: Mapping[str, Daylight] = {
    "noon": _hour(
        (2.9, 2.75, 2.45), (0.42, 0.52, 0.70), _DAY_SKY, (0.5, 0.48, 0.4), (0.56, 0.70, 0.90),
        elevation=1.1,
    ),
    "morning": _hour(
        (2.7, 2.3, 1.75), (0.40, 0.47, 0.62),
        ((0.92, 0.86, 0.76), (0.60, 0.72, 0.88), (0.25, 0.46, 0.83), (0.10, 0.26, 0.62)),
        (0.9, 0.7, 0.45), (0.74, 0.76, 0.82), elevation=0.62, thickness=0.09,
    ),
    "afternoon": _hour(
        (2.8, 2.45, 1.95), (0.40, 0.48, 0.62),
        ((0.80, 0.82, 0.84), (0.52, 0.69, 0.90), (0.20, 0.42, 0.82), (0.08, 0.23, 0.60)),
        (0.7, 0.58, 0.4), (0.66, 0.74, 0.86), elevation=0.72,
    ),
    "golden_hour": _hour(
        (3.0, 1.75, 0.80), (0.34, 0.34, 0.42),
        ((1.30, 0.80, 0.38), (0.95, 0.70, 0.46), (0.40, 0.46, 0.56), (0.15, 0.25, 0.48)),
        (1.9, 1.05, 0.42), (0.98, 0.64, 0.36), elevation=0.24, thickness=0.10,
    ),
    "sunset": _hour(
        (2.6, 0.98, 0.34), (0.28, 0.22, 0.32),
        ((1.45, 0.55, 0.16), (1.05, 0.42, 0.26), (0.38, 0.20, 0.34), (0.09, 0.10, 0.28)),
        (2.3, 0.85, 0.25), (0.86, 0.38, 0.24), elevation=0.11, thickness=0.09,
    ),
    "sunrise": _hour(
        (2.5, 1.25, 0.62), (0.32, 0.29, 0.38),
        ((1.35, 0.78, 0.42), (1.00, 0.60, 0.50), (0.42, 0.38, 0.55), (0.14, 0.20, 0.45)),
        (1.9, 0.95, 0.45), (0.92, 0.58, 0.46), elevation=0.13, thickness=0.12,
    ),
    "dawn": _hour(
        (1.0, 0.62, 0.52), (0.26, 0.26, 0.38),
        ((0.88, 0.52, 0.42), (0.62, 0.42, 0.48), (0.26, 0.27, 0.46), (0.08, 0.12, 0.30)),
        (0.8, 0.42, 0.30), (0.52, 0.42, 0.50), elevation=0.10, thickness=0.14, stars=0.15,
    ),
    "dusk": _hour(
        (0.55, 0.26, 0.24), (0.15, 0.14, 0.25),
        ((0.72, 0.28, 0.16), (0.42, 0.20, 0.25), (0.13, 0.11, 0.27), (0.03, 0.04, 0.15)),
        (0.6, 0.22, 0.10), (0.30, 0.19, 0.25), elevation=0.08, thickness=0.09, stars=0.4,
        night=True,
    ),
    "blue_hour": _hour(
        (0.22, 0.26, 0.40), (0.10, 0.15, 0.31),
        ((0.40, 0.34, 0.40), (0.18, 0.24, 0.44), (0.055, 0.11, 0.31), (0.016, 0.04, 0.16)),
        (0.25, 0.16, 0.14), (0.15, 0.19, 0.35), elevation=0.25, thickness=0.10, stars=0.5,
        night=True,
    ),
    "night": _hour(
        (0.24, 0.31, 0.50), (0.032, 0.050, 0.105),
        ((0.085, 0.13, 0.24), (0.040, 0.070, 0.155), (0.015, 0.030, 0.085), (0.006, 0.013, 0.045)),
        (0.09, 0.11, 0.16), (0.048, 0.075, 0.15), elevation=0.30, thickness=0.07, stars=1.0,
        night=True,
    ),
}  # fmt: skip
"""The light of each hour under a fair sky."""


@dataclass(frozen=True, slots=True)
class _Veil:
    """What weather does to the light."""

    cover: float
    grey: float
    """How far the sky turns into its own mean grey."""
    sun: float
    """What is left of the direct light."""
    haze: float
    """Times the hour's haze."""
    dim: float = 1.0


_VEILS: Mapping[str, _Veil] = {
    "clear": _Veil(0.22, 0.0, 1.0, 1.0),
    "cloudy": _Veil(0.62, 0.12, 0.85, 1.2),
    "overcast": _Veil(1.0, 0.85, 0.16, 2.0, 0.82),
    "fog": _Veil(0.9, 0.9, 0.25, 22.0, 0.92),
    "mist": _Veil(0.45, 0.45, 0.65, 6.0, 0.97),
    "rain": _Veil(1.0, 0.9, 0.12, 5.0, 0.62),
    "storm": _Veil(1.0, 0.88, 0.08, 3.5, 0.42),
    "snow": _Veil(1.0, 0.8, 0.2, 6.0, 0.95),
}


def _grey(tone: Tone, share: float, dim: float) -> Tone:
    mean = 0.3 * tone[0] + 0.55 * tone[1] + 0.15 * tone[2]
    return scaled(mix(tone, (mean * 0.95, mean, mean * 1.06), share), dim)


def daylight_of(scene: Scene, rng: np.random.Generator) -> Daylight:
    """The light of a scene; the seed turns the sun within its hour."""
    hour = HOURS.get(scene.time, HOURS["noon"])
    veil = _VEILS.get(scene.weather, _VEILS["clear"])
    low, near, middle, zenith = (_grey(tone, veil.grey, veil.dim) for tone in hour.sky)
    if veil.grey > 0.6:
        flat = mix(near, middle, 0.5)
        low, near, middle, zenith = (mix(tone, flat, 0.62) for tone in (low, near, middle, zenith))
    side = float(rng.uniform(0.25, 0.8)) * (1 if rng.random() < 0.5 else -1)
    sun = scaled(_grey(hour.sun, veil.grey * 0.8, 1.0), veil.sun)
    # The light that the clouds take from the sun comes back, spread over the whole sky.
    ambient = tuple(
        (a + 0.16 * (1.0 - veil.sun) * s) * veil.dim
        for a, s in zip(_grey(hour.ambient, veil.grey, 1.0), hour.sun, strict=True)
    )
    cover = veil.cover
    if "no_clouds" in scene.features or "clouds" in scene.excluded:
        cover = 0.0
    elif "clouds" in scene.features:
        cover = max(cover, 0.55)
    return replace(
        hour, sun=sun, ambient=(ambient[0], ambient[1], ambient[2]),
        sky=(low, near, middle, zenith), glow=scaled(hour.glow, veil.sun),
        haze=_grey(hour.haze, veil.grey, veil.dim), side=side,
        thickness=hour.thickness * veil.haze, cover=cover * float(rng.uniform(0.8, 1.15)),
        stars=hour.stars * (0.0 if veil.grey > 0.6 or "stars" in scene.excluded else 1.0),
    )  # fmt: skip
