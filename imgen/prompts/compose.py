"""The prompts an engine is given: the words of user, model, style and character, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imgen.catalog import Character, Model, Style
from imgen.prompts.syntax import ParsedPrompt, clean, split_terms


@dataclass(frozen=True, slots=True)
class ComposedPrompt:
    """What an engine is told to paint, and to keep out."""

    positive: str
    """Terms parted by `, `."""
    negative: str
    """Terms parted by `, `; may be empty."""


def compose(
    parsed: ParsedPrompt,
    *,
    model: Model,
    style: Style,
    character: Character | None,
    negative: str = "",
) -> ComposedPrompt:
    """Put a prompt together, in the order of the Imgen v2 document.

    Positive: trigger, character, the user's prompt, style. Negative: the model's base, style,
    character, the prompt's `-terms`, the explicit ones. A term that is there already, in any case
    and with spaces or underscores, is not added again.

    Args:
        parsed: the user's prompt.
        model: the model that will run.
        style: the style that applies.
        character: the character that `parsed` names, or None.
        negative: further negatives, comma-separated, with or without a leading minus.
    """
    positives = [
        *(split_terms(character.trigger) + list(character.positive) if character else ()),
        *split_terms(parsed.positive),
        *style.positive,
    ]
    negatives = [
        *model.base_negatives,
        *style.negatives,
        *(character.negatives if character else ()),
        *all_negatives(parsed, negative),
    ]
    return ComposedPrompt(positive=_join(positives), negative=_join(negatives))


def all_negatives(parsed: ParsedPrompt, negative: str) -> tuple[str, ...]:
    """What the user does not want to see: the prompt's `-terms` and the `negative` field's."""
    return (*parsed.negatives, *explicit_negatives(negative))


def explicit_negatives(text: str) -> tuple[str, ...]:
    """The terms of a `negative` field, which are negative with or without a leading minus."""
    return tuple(filter(None, (term.lstrip("- ") for term in split_terms(clean(text)))))


def fold(term: str) -> str:
    """What two terms that say the same have in common: `Looking_at_viewer`, `looking at viewer`."""
    return " ".join(term.replace("_", " ").casefold().split())


def _join(terms: Iterable[str]) -> str:
    first: dict[str, str] = {}
    for term in terms:
        first.setdefault(fold(term), term)
    return ", ".join(first.values())
