"""How one thing in a picture is to look: what the scene tells whoever draws or finishes it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RGB = tuple[int, int, int]
"""An sRGB colour, each channel 0 to 255."""


@dataclass(frozen=True, slots=True)
class Light:
    """The light in a scene, as far as a drawn thing needs to know it."""

    sun: RGB = (255, 244, 224)
    """Colour of the key light."""
    shade: RGB = (70, 84, 120)
    """Colour that shadows lean to."""
    direction: tuple[float, float] = (-0.6, -0.8)
    """Unit vector towards the key light in picture space (x right, y down)."""
    strength: float = 1.0
    """0 = night or dense fog, 1 = full sun."""

    @property
    def night(self) -> bool:
        """Whether windows, lamps and eyes should glow."""
        return self.strength < 0.35


@dataclass(frozen=True, slots=True)
class Look:
    """What a subject is asked to be, this once."""

    colour: RGB | None = None
    """The colour that the prompt bound to the noun, or None for the subject's own."""
    light: Light = field(default_factory=Light)
    detail: float = 0.6
    """0 = a bare shape, 1 = everything that can be drawn. Follows the steps and quality tags."""
    flip: bool = False
    """Face left instead of right."""
    mood: str = ""
    """`happy`, `calm`, `dark`, …; empty when the prompt does not say."""
    attributes: frozenset[str] = frozenset()
    """Lower-case words bound to the noun: `old`, `sleeping`, `hat`, `scarf`, `striped`, …"""
    seed: int = 0
    """Own to this one thing, so that two of a kind differ."""

    def rng(self) -> np.random.Generator:
        """A fresh generator: drawing twice gives the same thing twice."""
        return np.random.default_rng(self.seed)
