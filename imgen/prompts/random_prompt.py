"""Prompts made from nothing: a small grammar of scenes whose parts always fit together."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from imgen.catalog import Catalog

_FILE = Path(__file__).parent / "words" / "scenes.toml"

Slots = Sequence[Sequence[str]]
"""A scene: slots in order, each with its alternatives."""


def random_prompt(catalog: Catalog, rng: random.Random, character: str | None = None) -> str:
    """A random prompt in the tag-list form of the Imgen v2 document.

    Args:
        catalog: whose characters may appear.
        rng: where chance comes from; the same state gives the same prompt.
        character: None picks any (none, if the catalog has none), "" leaves it out, a name uses it.

    Raises:
        errors.Invalid: there is no such character (`invalid_character`, field `character`).
    """
    name = (
        _any_character(catalog, rng)
        if character is None
        else character.strip().lower().removeprefix("@")
    )
    catalog.character_named(name, field="character")
    scene = rng.choice(_scenes("portrait" if name else "scene"))
    parts = ", ".join(filter(None, (rng.choice(slot) for slot in scene)))
    return f"@{name} {parts}" if name else parts


def _any_character(catalog: Catalog, rng: random.Random) -> str:
    return rng.choice(list(catalog.characters)) if catalog.characters else ""


@cache
def _scenes(kind: str) -> tuple[Slots, ...]:
    """The scenes of one kind: `portrait` (with a character) or `scene` (without)."""
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(scene["slots"] for scene in document[kind])
