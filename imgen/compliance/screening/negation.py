"""Whether a prompt asks for a thing or against it: "no blood or gore", "nudity not allowed".

A negation reaches the listed words right after it, over a few small words, and on through `or`.
It does not reach over anything else, so that "no hat, nude" and "not only nude" stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from imgen.compliance.screening.lexicon import lexicon
from imgen.compliance.screening.tokens import Token

Span = tuple[int, int]
"""First token of a phrase, and the one after its last."""

_ARTICLES = frozenset({"a", "an", "any", "the"})


class Negations:
    """Which listed phrases of a row of words are negated."""

    def __init__(self, row: Sequence[Token], spans: Sequence[Span]) -> None:
        self._row = row
        self._spans = spans
        """Of the listed phrases, in order."""

    def of(self, span: Span) -> bool:
        """Whether a listed phrase is negated."""
        return span in self._negated

    def plainly(self, span: Span) -> bool:
        """Whether it is negated with no more than an article between: `not a child or kid`."""
        return span in self._plain

    @cached_property
    def _plain(self) -> frozenset[Span]:
        joiners = lexicon().grammar.joiners
        found: set[Span] = set()
        ends: set[int] = set()
        for span in self._spans:
            before = self._back(span[0], _ARTICLES)
            joined = self._word(before) in joiners and before in ends
            if joined or self._is_negator(before):
                found.add(span)
                ends.add(span[1])
        return frozenset(found)

    @cached_property
    def _negated(self) -> frozenset[Span]:
        grammar = lexicon().grammar
        found: set[Span] = set()
        ends: set[int] = set()
        """Where negated phrases end."""
        for span in self._spans:
            before = self._back(span[0], grammar.fillers)
            if (
                self._is_negator(before)
                or self._is_free_of(before)
                or self._is_ruled_out(span[1])
                or self._goes_on(span, before, ends)
            ):
                found.add(span)
                ends.add(span[1])
        return frozenset(found)

    def _goes_on(self, span: Span, before: int, ends: set[int]) -> bool:
        """Whether a negation of the phrase before it goes on to this one."""
        grammar = lexicon().grammar
        if self._word(span[1]) in grammar.people and not self._starts(span[1]):
            return False
        if self._word(before) in grammar.joiners and before in ends:
            return True
        if self._word(before) in grammar.maybe_joiners and before in ends:
            return span[1] >= len(self._row) or self._starts(span[1])
        return span[0] in ends and span in self._enumerated

    @cached_property
    def _enumerated(self) -> frozenset[Span]:
        """Phrases of an enumeration that `or` ends: `no blood, gore or violence`."""
        joiners = lexicon().grammar.joiners
        found: set[Span] = set()
        starts: set[int] = set()
        for span in reversed(self._spans):
            if span[1] in starts or self._word(span[1]) in joiners:
                found.add(span)
                starts.add(span[0])
        return frozenset(found)

    def _back(self, start: int, passing: frozenset[str]) -> int:
        """The token before a phrase, over words that may stand between; -1 for none."""
        before = start - 1
        if self._starts(start):
            return -1
        while before >= 0 and self._word(before) in passing:
            if self._starts(before):
                return -1
            before -= 1
        return before

    def _is_negator(self, index: int) -> bool:
        negators = lexicon().grammar.negators
        if self._word(index) not in negators:
            return False
        # "not without blood" asks for it.
        return self._starts(index) or self._word(index - 1) not in negators

    def _is_free_of(self, index: int) -> bool:
        """`free of`, `devoid of any`: the `of` is among the words passed over."""
        return self._word(index) in lexicon().grammar.negators_of and self._word(index + 1) in (
            "of",
            "from",
        )

    def _is_ruled_out(self, end: int) -> bool:
        after = lexicon().grammar.after
        return not self._starts(end) and any(
            tuple(self._word(end + index) for index in range(length)) in after
            for length in (1, 2, 3)
        )

    def _word(self, index: int) -> str:
        return self._row[index].word if 0 <= index < len(self._row) else ""

    def _starts(self, index: int) -> bool:
        return index < len(self._row) and self._row[index].starts
