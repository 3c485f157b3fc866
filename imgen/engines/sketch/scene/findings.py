"""What was found in a text while reading it: settings and hours by weight, things, negatives."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgen.engines.sketch.look import RGB


@dataclass(slots=True)
class Mention:
    """A noun for a thing, with all that was bound to it."""

    subject: str
    count: int
    colour: RGB | None = None
    size: float = 1.0
    position: float | None = None
    depth: float | None = None
    attributes: set[str] = field(default_factory=set)
    weight: float = 1.0


@dataclass(slots=True)
class Head:
    """A noun that no table knows, at the end of its phrase."""

    noun: str
    phrase: str
    """The noun with the unknown words right before it."""
    is_place: bool
    """It follows `in`, `at` and the like."""
    mention: Mention
    """The thing that it would be; its subject is still empty."""


@dataclass(slots=True)
class Findings:
    """Everything said, in the order of saying."""

    said: dict[str, dict[str, float]] = field(default_factory=dict)
    """Kind → key → weight; the first of equals counts."""
    mentions: list[Mention] = field(default_factory=list)
    scenery: list[Mention] = field(default_factory=list)
    """Things that the surroundings show anyway: a moon, clouds, a mountain."""
    heads: list[Head] = field(default_factory=list)
    """Nouns that were not understood."""
    palette: list[RGB] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    """Attributes that no person may have: `hat`, `blonde hair`."""
    quality: float = 0.0
    words: int = 0

    def say(self, kind: str, key: str, weight: float) -> None:
        """Note that something was said; a weight of 0 or less says that it is not wanted."""
        if weight <= 0.05:
            self.excluded.add(key)
            return
        table = self.said.setdefault(kind, {})
        table[key] = max(table.get(key, 0.0), weight)

    def strongest(self, kind: str) -> str:
        """The key with the highest weight, the first of equals; empty if nothing was said."""
        table = {
            key: weight
            for key, weight in self.said.get(kind, {}).items()
            if key not in self.excluded
        }
        return max(table, key=lambda key: table[key]) if table else ""

    def all(self, kind: str) -> frozenset[str]:
        """Every key of a kind that was said and not excluded."""
        return frozenset(self.said.get(kind, {})) - self.excluded
