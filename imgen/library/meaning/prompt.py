"""What is compared: a prompt's positive text and the set of its negatives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """One side of a comparison."""

    positive: str
    """What the user wrote, without `@character` and `-terms`."""
    negatives: frozenset[str] = frozenset()
    """Terms that the picture must not show: `-terms` and the negative field, one term each."""
