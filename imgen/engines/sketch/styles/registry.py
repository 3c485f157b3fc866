"""The table of styles, and how a key or the words of a prompt find one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from imgen.engines.sketch.styles import (
    anime,
    boudoir,
    cinematic,
    illustration,
    ink,
    line_art,
    logo,
    low_poly,
    oil,
    photoreal,
    pixel_art,
    product,
    professional,
    three_d,
    watercolour,
)
from imgen.engines.sketch.styles.style import Style

_ALL = (
    anime.STYLE,
    boudoir.STYLE,
    cinematic.STYLE,
    illustration.STYLE,
    ink.STYLE,
    line_art.STYLE,
    logo.STYLE,
    low_poly.STYLE,
    oil.STYLE,
    photoreal.STYLE,
    pixel_art.STYLE,
    product.STYLE,
    professional.STYLE,
    three_d.STYLE,
    watercolour.STYLE,
)

STYLES: Mapping[str, Style] = MappingProxyType({style.name: style for style in _ALL})
"""Every style by its key."""


def _plain(text: str) -> str:
    """Lower case, with hyphens, underscores and punctuation as single spaces."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


_BY_PHRASE: Mapping[str, Style] = MappingProxyType(
    {_plain(phrase): style for style in _ALL for phrase in (*style.words, style.name)}
)
_IN_TEXT = tuple(
    (phrase, style) for style in _ALL for phrase in sorted({_plain(word) for word in style.words})
)


def find_style(key_or_words: str) -> Style | None:
    """The style that a key, a phrase or a whole prompt asks for; None where none is named.

    A text that is nothing but a key or a phrase finds its style. Within a longer text, whole words
    count; the longest phrase wins, then the one named first.
    """
    text = _plain(key_or_words)
    if text in _BY_PHRASE:
        return _BY_PHRASE[text]
    padded = f" {text} "
    found = [
        (-len(phrase), padded.find(f" {phrase} "), style)
        for phrase, style in _IN_TEXT
        if f" {phrase} " in padded
    ]
    return min(found, key=lambda hit: hit[:2])[2] if found else None
