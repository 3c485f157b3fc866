"""Which subjects are people who can take a look of their own."""

from __future__ import annotations

PEOPLE = frozenset({"person", "portrait"})
"""Keys of subjects."""
