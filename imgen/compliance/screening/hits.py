"""Where a row of words speaks of a category, innocent phrases and negations considered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgen.compliance.screening.ages import age_at
from imgen.compliance.screening.lexicon import ANY, END, Listed, Words, lexicon
from imgen.compliance.screening.negation import Negations, Span
from imgen.compliance.screening.tokens import Token


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed phrase that was found."""

    category: str
    score: float
    words: str
    """As it is listed, not as it was written."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A listed phrase in a row of words."""

    span: Span
    words: Words
    listed: tuple[Listed, ...]


def hits(row: Sequence[Token]) -> Iterator[Hit]:
    """The hits of a row of words. The time is linear in its length."""
    matches = list(_matches(row))
    if matches:
        innocent = _innocent(row)
        matches = [one for one in matches if not any(_within(one.span, it) for it in innocent)]
        negations = Negations(row, sorted({one.span for one in matches}))
        for match in matches:
            yield from _unless_negated(match, negations)
    index = 0
    while index < len(row):
        told = age_at(row, index)
        if told:
            yield Hit("minor", 1.0, told[0])
        index += told[1] if told else 1


def _unless_negated(match: _Match, negations: Negations) -> Iterator[Hit]:
    for one in match.listed:
        if one.category == "minor":
            # A negation is no licence: only the plain words that rule minors out are taken back.
            negated = match.words in lexicon().negatable and negations.plainly(match.span)
        else:
            negated = negations.of(match.span)
        if not negated:
            shown = " ".join(word for word in match.words if word != END)
            yield Hit(one.category, one.score, shown)


def _matches(row: Sequence[Token]) -> Iterator[_Match]:
    listed = lexicon().listed
    for index, token in enumerate(row):
        for words, what in listed.get(token.word, ()) if token.listed else ():
            end = _match(row, index, words, innocent=False)
            if end:
                yield _Match((index, end), words, what)


def _innocent(row: Sequence[Token]) -> list[Span]:
    phrases = lexicon().innocent
    return [
        (index, end)
        for index, token in enumerate(row)
        for words in phrases.get(token.word, ())
        if (end := _match(row, index, words, innocent=True))
    ]


def _match(row: Sequence[Token], index: int, words: Words, *, innocent: bool) -> int:
    """Where a phrase ends that begins at a token; 0 when it is not there."""
    end = index + 1
    for word in words[1:]:
        if word == END:
            return end if end == len(row) or row[end].starts else 0
        if end == len(row) or row[end].starts:
            return 0
        if word == ANY:
            if innocent and _stands_out(row[end].word):
                return 0
        elif row[end].word != word:
            return 0
        end += 1
    return end


def _stands_out(word: str) -> bool:
    known = lexicon()
    return word in known.firm or word in known.grammar.people


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
