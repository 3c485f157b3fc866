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
        peak = max(*self.sun, 1e-6)
        x, y = self.side * 0.9, -max(0.25, min(1.2, self.elevation))
        length = float(np.hypot(x, y))
        return Light(
            sun=rgb(scaled(self.sun, 1.6 / peak)),
            shade=rgb(scaled(self.ambient, 0.35 / max(*self.ambient, 1e-6))),
            direction=(x / length, y / length),
            strength=strength,
        )


def _hour(
    sun: Tone,
    ambient: Tone,
    sky: tuple[Tone, Tone, Tone, Tone],
    glow: Tone,
    haze: Tone,
    *,
    elevation: float,
    thickness: float = 0.06,
    stars: float = 0.0,
    night: bool = False,
) -> Daylight:
    return Daylight(
        sun, ambient, sky, glow, haze, elevation, 0.0, thickness, 0.3, stars, night
    )  # fmt: skip


_DAY_SKY = ((0.50, 0.68, 0.90), (0.30, 0.53, 0.90), (0.105, 0.30, 0.74), (0.035, 0.13, 0.47))

HOURS: Mapping[str, Daylight] = {
    "noon": _hour(
        (2.5, 2.35, 2.05), (0.36, 0.46, 0.64), _DAY_SKY, (0.5, 0.48, 0.4), (0.44, 0.60, 0.84),
        elevation=0.95,
    ),
    "morning": _hour(
        (2.4, 1.95, 1.40), (0.34, 0.41, 0.56),
        ((0.86, 0.74, 0.60), (0.52, 0.62, 0.80), (0.18, 0.37, 0.74), (0.06, 0.18, 0.50)),
        (0.8, 0.55, 0.3), (0.58, 0.63, 0.74), elevation=0.55, thickness=0.09,
    ),
    "afternoon": _hour(
        (2.5, 2.10, 1.60), (0.34, 0.42, 0.58),
        ((0.66, 0.72, 0.80), (0.40, 0.58, 0.84), (0.13, 0.33, 0.73), (0.045, 0.15, 0.48)),
        (0.6, 0.48, 0.3), (0.52, 0.62, 0.78), elevation=0.62,
    ),
    "golden_hour": _hour(
        (2.9, 1.68, 0.70), (0.26, 0.25, 0.30),
        ((1.05, 0.55, 0.19), (0.72, 0.47, 0.28), (0.20, 0.30, 0.48), (0.050, 0.125, 0.36)),
        (1.5, 0.66, 0.15), (0.66, 0.39, 0.19), elevation=0.20, thickness=0.10,
    ),
    "sunset": _hour(
        (2.4, 0.76, 0.22), (0.26, 0.20, 0.29),
        ((1.15, 0.33, 0.060), (0.78, 0.24, 0.12), (0.26, 0.115, 0.22), (0.045, 0.050, 0.18)),
        (1.8, 0.52, 0.09), (0.58, 0.22, 0.13), elevation=0.10, thickness=0.09,
    ),
    "sunrise": _hour(
        (2.3, 1.02, 0.46), (0.27, 0.24, 0.33),
        ((1.10, 0.54, 0.26), (0.82, 0.42, 0.36), (0.32, 0.28, 0.46), (0.085, 0.14, 0.37)),
        (1.5, 0.68, 0.26), (0.70, 0.42, 0.34), elevation=0.12, thickness=0.08,
    ),
    "dawn": _hour(
        (0.95, 0.52, 0.42), (0.21, 0.21, 0.32),
        ((0.70, 0.37, 0.29), (0.46, 0.29, 0.36), (0.17, 0.18, 0.36), (0.045, 0.075, 0.22)),
        (0.6, 0.28, 0.18), (0.38, 0.30, 0.38), elevation=0.09, thickness=0.14, stars=0.15,
    ),
    "dusk": _hour(
        (0.62, 0.30, 0.26), (0.27, 0.24, 0.38),
        ((0.62, 0.20, 0.09), (0.33, 0.13, 0.16), (0.085, 0.070, 0.19), (0.018, 0.024, 0.10)),
        (0.5, 0.15, 0.06), (0.20, 0.115, 0.16), elevation=0.07, thickness=0.09, stars=0.4,
        night=True,
    ),
    "blue_hour": _hour(
        (0.22, 0.27, 0.42), (0.12, 0.18, 0.36),
        ((0.31, 0.24, 0.28), (0.125, 0.17, 0.34), (0.035, 0.08, 0.24), (0.009, 0.026, 0.115)),
        (0.2, 0.12, 0.10), (0.10, 0.135, 0.26), elevation=0.25, thickness=0.10, stars=0.5,
        night=True,
    ),
    "night": _hour(
        (0.30, 0.40, 0.66), (0.052, 0.082, 0.165),
        ((0.060, 0.10, 0.19), (0.027, 0.052, 0.120), (0.009, 0.020, 0.062), (0.003, 0.008, 0.030)),
        (0.06, 0.08, 0.12), (0.034, 0.056, 0.115), elevation=0.31, thickness=0.07, stars=1.0,
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
    "fog": _Veil(0.9, 0.9, 0.25, 80.0, 0.92),
    "mist": _Veil(0.40, 0.35, 0.70, 9.0, 0.97),
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
    if hour.night:
        veil = replace(veil, dim=veil.dim**0.35, grey=veil.grey * 0.65)
    low, near, middle, zenith = (_grey(tone, veil.grey, veil.dim) for tone in hour.sky)
    if veil.cover >= 0.9:
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
        thickness=hour.thickness * veil.haze,
        cover=1.0 if cover >= 0.9 else cover * float(rng.uniform(0.8, 1.15)),
        stars=hour.stars * (0.0 if veil.cover >= 0.9 or "stars" in scene.excluded else 1.0),
    )  # fmt: skip
