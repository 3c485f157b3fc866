"""What a drawable thing is: its words, its size in the world, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from imgen.engines.sketch.look import Look

Place = Literal["ground", "water", "air", "sky", "underwater", "indoors"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of thing that can stand in a picture."""

    name: str
    """Singular noun and key: `cat`."""
    words: tuple[str, ...]
    """Further singular nouns that mean it: `kitten`, `tabby`."""
    aspect: float
    """Width / height of the box that it is drawn in."""
    height_m: float
    """Typical height in metres, for scale among other things and perspective."""
    places: tuple[Place, ...]
    """Where it belongs, best first."""
    draw: Callable[[Look], str]
    """SVG elements (no `<svg>` root) that fill the box x: 0..100*aspect, y: 0..100 (y down; things
    on the ground stand at y = 100). Any `id` must start with `{name}{look.seed}-`, so that many can
    share one document. Straight SVG 1.1 paths, gradients and clips only: no text, no filters."""
