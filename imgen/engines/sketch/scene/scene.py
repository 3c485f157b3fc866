"""What a picture shows, in words and numbers that say nothing about how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.engines.sketch.look import RGB


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in the picture. Three boats are three of these."""

    subject: str
    """Key of a `Subject`."""
    colour: RGB | None = None
    """The colour bound to the noun, if any."""
    size: float = 1.0
    """Times the usual size: `tiny` 0.5, `giant` 2."""
    position: float | None = None
    """0 = left edge, 1 = right edge; None leaves it to the painter."""
    depth: float | None = None
    """0 = foreground, 1 = far away; None leaves it to the painter."""
    attributes: frozenset[str] = frozenset()
    """Lower-case words bound to the noun."""
    seed: int = 0
    """Own to this one thing."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a prompt, its negatives and a style ask for."""

    setting: str
    """Key of the place: `mountains`, `sea`, `room`, …"""
    time: str
    """Key of the hour: `dawn`, `sunrise`, `morning`, `noon`, `afternoon`, `golden_hour`,
    `sunset`, `dusk`, `blue_hour`, `night`."""
    weather: str
    """`clear`, `cloudy`, `overcast`, `fog`, `mist`, `rain`, `storm`, `snow`."""
    season: str
    """`spring`, `summer`, `autumn`, `winter`."""
    things: tuple[Thing, ...] = ()
    """Main thing first."""
    features: frozenset[str] = frozenset()
    """Parts of the surroundings that the prompt names: `lake`, `stars`, `aurora`, `path`, …"""
    excluded: frozenset[str] = frozenset()
    """Subjects and features that must not appear."""
    composition: frozenset[str] = frozenset()
    """`close_up`, `wide`, `symmetrical`, `portrait`, `centred`, `low_angle`, `aerial`, …"""
    palette: tuple[RGB, ...] = ()
    """Colours that the picture as a whole leans to."""
    tint: RGB | None = None
    """A colour that the whole picture leans to by `tint_share`, 0 to 1: a LoRA's."""
    tint_share: float = 0.0
    mood: str = ""
    """`calm`, `happy`, `dark`, `dreamy`, `dramatic`, `cosy`, `romantic`, …; may be empty."""
    style: str = ""
    """Key of a `Style`; empty where the prompt names none."""
    quality: float = 0.0
    """-1 to 1: how much the quality tags ask for beyond the usual."""
    seed: int = 0
    """Decides everything that the prompt leaves open."""

    def has(self, subject: str) -> bool:
        """Whether a thing of this kind is in the picture."""
        return any(thing.subject == subject for thing in self.things)
