"""Where a row of words speaks of a category, innocent phrases and negations considered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgen.compliance.screening.ages import age_at
from imgen.compliance.screening.lexicon import ANY, END, Listed, Phrases, Words, lexicon
from imgen.compliance.screening.negation import Negations, Span
from imgen.compliance.screening.tokens import Token

_PASSING = frozenset({"suggestive", "self_harm"})
"""What a phrase of another category may name in passing: bare `breasts`, `suicide` bombers."""


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
        matches = [one for one in matches if not _is_part(one, matches)]
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
    first = lexicon().listed.next
    for index, token in enumerate(row):
        if token.listed and token.word in first:
            for end, place in _follow(row, index + 1, first[token.word], innocent=False):
                for words, listed in place.ending.items():
                    yield _Match((index, end), words, listed)


def _innocent(row: Sequence[Token]) -> list[Span]:
    first = lexicon().innocent.next
    return [
        (index, end)
        for index, token in enumerate(row)
        if token.word in first
        for end, _ in _follow(row, index + 1, first[token.word], innocent=True)
    ]


def _follow(
    row: Sequence[Token], end: int, place: Phrases, *, innocent: bool
) -> Iterator[tuple[int, Phrases]]:
    """Where phrases end that have come as far as `place` by a token of the row."""
    if place.ending:
        yield end, place
    if end == len(row) or row[end].starts:
        if END in place.next:
            yield end, place.next[END]
        return
    word = row[end].word
    if word in place.next:
        yield from _follow(row, end + 1, place.next[word], innocent=innocent)
    if ANY in place.next and not (innocent and _stands_out(word)):
        yield from _follow(row, end + 1, place.next[ANY], innocent=innocent)


def _stands_out(word: str) -> bool:
    known = lexicon()
    return word in known.firm or word in known.grammar.people


def _is_part(match: _Match, matches: Sequence[_Match]) -> bool:
    """Whether it only says in passing what a longer phrase says outright."""
    return all(one.category in _PASSING for one in match.listed) and any(
        other.span != match.span and _within(match.span, other.span) for other in matches
    )


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
