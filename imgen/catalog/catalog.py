"""The catalog: what this deployment offers, in order, and how names are looked up in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imgen import errors
from imgen.catalog.entries import Character, Model, Style


@dataclass(frozen=True, slots=True)
class Catalog:
    """Models, styles and characters, each in the order in which they are shown."""

    models: Mapping[str, Model]
    """By key. The first is the default of surfaces that have no other."""
    styles: Mapping[str, Style]
    """By key."""
    characters: Mapping[str, Character]
    """By key."""
    quality_words: frozenset[str]
    """Lower-case negatives that speak of quality alone (`blurry`): when two sets of negatives are
    compared, they do not count."""

    @property
    def first_model(self) -> Model:
        """The first model; a checked catalog has one."""
        return next(iter(self.models.values()))

    def style_for(self, model: Model, wanted: str = "") -> Style:
        """The style asked for if the model offers it, else the model's default."""
        return self.styles[wanted if wanted in model.styles else model.default_style]

    def styles_of(self, model: Model) -> tuple[Style, ...]:
        """The styles that a model offers, in the order shown."""
        return tuple(self.styles[key] for key in model.styles)

    def character_named(self, name: str, *, field: str = "prompt") -> Character | None:
        """The character of that name, or None for no name.

        Raises:
            errors.Invalid: there is no such character; `field` says where the name came from.
        """
        if not name:
            return None
        character = self.characters.get(name)
        if character is None:
            raise errors.Invalid("Invalid character", code="invalid_character", field=field)
        return character
