"""What a style is: its words, what it wants of the scene, and how it finishes the painting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgen.engines.sketch.look import Light


@dataclass(frozen=True, slots=True)
class Painting:
    """A painted scene before its finish."""

    image: NDArray[np.uint8]
    """(height, width, 3), sRGB."""
    depth: NDArray[np.float32]
    """(height, width): 0 at the viewer, 1 at the horizon and in the sky."""
    subjects: NDArray[np.uint8]
    """(height, width): coverage of the subjects, 255 where one was drawn. The finish may keep
    these crisper than the ground."""
    light: Light
    seed: int
    detail: float = 0.6
    """0 to 1; follows the steps and the quality tags."""
    guidance: float = 5.0
    """1 to 20: how strongly the style is laid on; 5 is the style as meant."""


@dataclass(frozen=True, slots=True)
class Style:
    """One way of finishing a painting."""

    name: str
    """Key: `watercolour`."""
    words: tuple[str, ...]
    """Words and phrases in a prompt that ask for it: `watercolor`, `aquarelle`."""
    finish: Callable[[Painting], NDArray[np.uint8]]
    """Painting → (height, width, 3) uint8, deterministic by `seed`, any size from 256 to 2048."""
    flat: bool = False
    """Ask the painter for flat fills (no gradients, no texture): logos, line art, anime flats."""
    plain_ground: bool = False
    """Ask for the subject alone on a plain or seamless ground: logo, product shot."""
    alone: Callable[[Painting], NDArray[np.uint8]] | None = None
    """Like `finish`, for a subject that is cut out: colours alone, the ground goes. Where None,
    styles with a plain ground leave the painting as it is."""
