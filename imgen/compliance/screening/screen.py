"""What a prompt asks for, told from its words alone, however they are disguised."""

from __future__ import annotations

from collections.abc import Iterable

from imgen.compliance.screening.hits import Hit, hits
from imgen.compliance.screening.lexicon import lexicon
from imgen.compliance.screening.terms import take_apart
from imgen.compliance.screening.tokens import tokens
from imgen.compliance.signal import Signal

VERSION = "1"
"""Raised when the lists or the reading of prompts change."""
_MOST_NAMED = 5


def screen(prompt: str, negative: str = "") -> tuple[Signal, ...]:
    """The categories that a prompt speaks of: at most one signal for each, `prompt.<category>`.

    Pure, and total: any text gives an answer. What is in the negative prompt, in `-terms` or
    negated in so many words is not asked for; but a negative prompt that rules out clothes or
    adults says something too.

    Args:
        prompt: as the user wrote it, `-terms` and `@character` included.
        negative: the negative prompt beside it.
    """
    wanted, unwanted = take_apart(prompt, negative)
    found = [*hits(tokens(wanted)), *_ruled_out(unwanted)]
    return _signals(found, prefix="prompt", detector="prompt")


def screen_text(text: str) -> tuple[Signal, ...]:
    """The categories that words read in a picture speak of: `text.<category>`, detector `text`."""
    return _signals(hits(tokens(text)), prefix="text", detector="text")


def _ruled_out(terms: Iterable[str]) -> Iterable[Hit]:
    """What a prompt says by what it rules out."""
    said = lexicon().in_negative
    for term in terms:
        words = tuple(token.word for token in tokens(term[:100]))
        if one := said.get(words):
            yield Hit(one.category, one.score, f"-{' '.join(words)}")


def _signals(found: Iterable[Hit], *, prefix: str, detector: str) -> tuple[Signal, ...]:
    by_category: dict[str, list[Hit]] = {}
    for hit in found:
        by_category.setdefault(hit.category, []).append(hit)
    return tuple(
        Signal(
            f"{prefix}.{category}",
            max(hit.score for hit in those),
            detector,
            ", ".join(list(dict.fromkeys(hit.words for hit in those))[:_MOST_NAMED]),
        )
        for category, those in by_category.items()
    )
