"""The tone that a client asks for, as terms that can stand in a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from imgen.catalog import Style
from imgen.prompts.compose import fold
from imgen.prompts.syntax import clean, split_terms

_ORDERS = re.compile(
    r"^(?:(?:please|just|kindly)\s+)?"
    r"(?:(?:make|keep|render|write|give)\s+(?:it|this|that|them)\s+(?:an?\s+)?|"
    r"(?:it\s+)?(?:should|must)\s+(?:be|look|feel)\s+|"
    r"(?:a\s+bit|a\s+little|much|way|some|slightly|very|really|more)\s+)+",
    re.IGNORECASE,
)
_COURTESIES = re.compile(r"[\s.!?;:]+$|\s+(?:please|thanks|thank you)[\s.!?]*$", re.IGNORECASE)
_STYLED = re.compile(
    r"^(?:in\s+)?(?:an?\s+|the\s+)?(.+?)\s+(?:style|look|tone|vibe)$", re.IGNORECASE
)
_NOTHING = {"please", "thanks", "thank you", "very", "more", "much", "really", "style", "tone"}
_WORDS_OF_A_STYLE = 2


def tone_terms(tone: str, styles: Mapping[str, Style]) -> Iterator[str]:
    """The terms of a tone; one that names a style brings the style's first words with it.

    Orders and courtesies are left out: `make it more epic, please!` says `epic`. A term with a
    minus in front, a name and a weight say nothing about tone.

    Args:
        tone: as the client wrote it; may be empty.
        styles: of the catalog, by key.
    """
    named = _by_name(styles)
    for raw in split_terms(re.sub(r"[@()\\]", " ", clean(tone))):
        term = _bare(raw)
        if not term or term.startswith("-") or fold(term) in _NOTHING:
            continue
        bare = _plain(_without_style(term))
        said = named[bare].positive[:_WORDS_OF_A_STYLE] if bare in named else ()
        if not any(bare in _plain(words) for words in said):
            yield term
        yield from said


def _by_name(styles: Mapping[str, Style]) -> dict[str, Style]:
    """By key and label; by the first of a style's words where no other style is called that."""
    named = {_plain(name): style for style in styles.values() for name in (style.key, style.label)}
    for style in styles.values():
        for words in style.positive[:1]:
            named.setdefault(_plain(words), style)
    return named


def _bare(raw: str) -> str:
    term = " ".join(raw.split())
    while (shorter := _COURTESIES.sub("", term)) != term:
        term = shorter
    return _ORDERS.sub("", term)


def _without_style(term: str) -> str:
    """`in a watercolor style` names the watercolour."""
    found = _STYLED.match(term)
    return found[1] if found else term


def _plain(term: str) -> str:
    """For comparing: one spelling, no hyphens."""
    return fold(term.replace("-", " ")).replace("color", "colour").replace("gray", "grey")
