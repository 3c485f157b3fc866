"""The catalog: what this deployment offers, in order, and how names are looked up in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen import errors
from imgen.catalog.entries import Character, Look, Model, Style
from imgen.engines.protocol import Task


@dataclass(frozen=True, slots=True)
class Catalog:
    """Models, styles, characters and looks, each in the order in which they are shown."""

    models: Mapping[str, Model]
    """By key. The first is the default of surfaces that have no other."""
    styles: Mapping[str, Style]
    """By key."""
    characters: Mapping[str, Character]
    """By key."""
    quality_words: frozenset[str]
    """Lower-case negatives that speak of quality alone (`blurry`): when two sets of negatives are
    compared, they do not count."""
    looks: Mapping[str, Look] = field(default_factory=dict)
    """By key: what Imagine's `style` and `style_id` mean."""

    @property
    def first_model(self) -> Model:
        """The first model; a checked catalog has one."""
        return next(iter(self.models.values()))

    def model_named(self, key: str, *, field: str = "model") -> Model:
        """The model of that key.

        Raises:
            errors.Invalid: there is none; code `unknown_model`; `field` says who asked.
        """
        model = self.models.get(key)
        if model is None:
            raise errors.Invalid(
                f"There is no model {key}; there are {', '.join(self.models)}",
                code="unknown_model",
                field=field,
            )
        return model

    def style_for(self, model: Model, wanted: str = "") -> Style:
        """The style asked for if the model takes it, else the model's default."""
        return self.styles[wanted if self.takes(model, wanted) else model.default_style]

    def takes(self, model: Model, style: str) -> bool:
        """Whether a model makes pictures in the style of that key, listed by it or not."""
        if style in model.styles:
            return True
        return style in self.styles and self.styles[style].any_model

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

    def look_numbered(self, style_id: int) -> Look | None:
        """The look with that `style_id`, or None."""
        return next((one for one in self.looks.values() if one.style_id == style_id), None)

    def price(self, model: Model, task: Task, look: Look | None = None) -> int:
        """What one picture costs, in credits: the look's price where it has one.

        Args:
            model: the model that was asked for, also where another stands in for it: whoever
                integrates without weights so sees the prices to come.
            task: what is to be done.
            look: the look that the request names, if the operation takes one.
        """
        if look is not None and look.price is not None:
            return look.price
        return model.price(task)
