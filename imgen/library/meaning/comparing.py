"""The second check of a cache lookup: do two prompts that lie close together ask for the same?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from imgen.library.meaning.items import Item, Role
from imgen.library.meaning.lexicon import Lexicon, lexicon
from imgen.library.meaning.placing import misplaced
from imgen.library.meaning.prompt import Prompt
from imgen.library.meaning.reading import Act, Reading, read, read_terms

_MOST_ACTS = 8
"""How often one verb is looked at in each prompt; bounds the time of endless repetition."""


class Difference(StrEnum):
    """In what two prompts differ."""

    WORDS = "words"
    """One names something that the other does not."""
    EXCLUDED = "excluded"
    """One excludes something that the other does not."""
    DESCRIBED = "described"
    """The same words are said of other things (red cup, green plate)."""
    PLACED = "placed"
    ROLES = "roles"
    """Who does it and to whom it is done are exchanged."""
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Reason:
    """One difference, with the words that it was seen in."""

    difference: Difference
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a stored picture may answer a query, and if not, why."""

    same: bool
    reasons: tuple[Reason, ...] = ()


def same_meaning(
    query: Prompt, stored: Prompt, *, quality: Collection[str] | None = None
) -> Verdict:
    """Compare what embeddings blur: negation, number, colour, place, roles, and single words.

    Meant for pairs that an embedding already holds for close. Any word that one side has and the
    other lacks counts as a difference, unless the lexicon knows both as one or knows it to be
    without weight; so the check is strict about what it does not understand. Takes time in
    proportion to the lengths; never fails on any text.

    Args:
        query: what is asked for.
        stored: what a picture was made from.
        quality: negative terms that exclude nothing (blurry, ugly hands); those of the lexicon
            when left out. Compared without regard to case, `_` or surrounding space.
    """
    words = lexicon()
    plain = words.quality_negatives if quality is None else _plain_all(frozenset(quality))
    reasons = tuple(_differences(_understood(query, plain), _understood(stored, plain), words))
    return Verdict(same=not reasons, reasons=reasons)


@lru_cache(maxsize=512)
def _understood(prompt: Prompt, quality: frozenset[str]) -> Reading:
    """A prompt as read, negatives included; kept, as one query meets several candidates."""
    words = lexicon()
    reading = read(prompt.positive, words)
    terms = frozenset(term for term in prompt.negatives if _plain(term) not in quality)
    reading.excluded |= read_terms(terms, words)
    return reading


@lru_cache(maxsize=8)
def _plain_all(terms: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_plain, terms))


def _plain(term: str) -> str:
    return " ".join(term.replace("_", " ").casefold().split())


def _differences(one: Reading, other: Reading, words: Lexicon) -> Iterator[Reason]:
    yield from _words(one, other, words)
    yield from _exclusions(one, other)
    yield from _descriptions(one, other)
    yield from _counts(one, other)
    for first, second in ((one, other), (other, one)):
        for detail in misplaced(first, second, words):
            yield Reason(Difference.PLACED, detail)
        yield from _roles(first, second)
    yield from _exchanges(one, other)


def _words(one: Reading, other: Reading, words: Lexicon) -> Iterator[Reason]:
    """What only one side names. Media and acts that go without saying may lack on one of them."""
    lacking = [_lacking(one, other), _lacking(other, one)]
    implied = all(side & words.implied for side in lacking)
    for side in lacking:
        for word in sorted(side - words.assumed - (frozenset() if implied else words.implied)):
            yield Reason(Difference.WORDS, word)


def _lacking(here: Reading, there: Reading) -> set[str]:
    return here.words - there.words - ({"inside"} if "in" in there.little else set())


def _exclusions(one: Reading, other: Reading) -> Iterator[Reason]:
    for excluded in sorted(" ".join(sorted(each)) for each in one.excluded ^ other.excluded):
        yield Reason(Difference.EXCLUDED, excluded)


def _descriptions(one: Reading, other: Reading) -> Iterator[Reason]:
    """The same word said of two different things that both prompts name."""
    for word in sorted(one.described.keys() & other.described.keys()):
        here, there = one.described[word], other.described[word]
        if not here & there and here & other.heads and there & one.heads:
            yield Reason(Difference.DESCRIBED, f"{word}: {_any(here)}, {_any(there)}")


def _counts(one: Reading, other: Reading) -> Iterator[Reason]:
    for here, there in ((one, other), (other, one)):
        for head in sorted((here.single - here.plural) & (there.plural - there.single)):
            yield Reason(Difference.COUNT, head)


def _exchanges(one: Reading, other: Reading) -> Iterator[Reason]:
    """The same sentence with words in each other's places, whatever the sentence says.

    Clauses in another order, and parts joined by "and" or "beside" in another order, are no such
    exchange.
    """
    here, there = _values(one), _values(other)
    if Counter(map(tuple, here)) == Counter(map(tuple, there)):
        return
    first, second = (
        [item for clause in one.clauses for item in clause],
        [item for clause in other.clauses for item in clause],
    )
    if [item.role for item in first] != [item.role for item in second]:
        return
    differing = [
        index
        for index, pair in enumerate(zip(first, second, strict=True))
        if pair[0].value != pair[1].value
    ]
    if not differing or Counter(first[i].value for i in differing) != Counter(
        second[i].value for i in differing
    ):
        return
    between = first[differing[0] : differing[-1] + 1]
    regrouped = _groups(first) != _groups(second)
    if regrouped or any(map(_separates, between)) or _encloses(between, len(differing)):
        yield Reason(Difference.ROLES, " and ".join(sorted({first[i].value for i in differing})))


def _groups(items: list[Item]) -> Counter[tuple[str, ...]]:
    """The words that stand together, whatever their order."""
    runs = groupby(items, key=lambda item: item.role in (Role.WORD, Role.NUMBER))
    return Counter(tuple(sorted(item.value for item in run)) for together, run in runs if together)


def _encloses(between: list[Item], differing: int) -> bool:
    """Whether words stand around others without an "and" ("cat watches dog")."""
    joined = any(item.role is not Role.WORD for item in between)
    return len(between) > differing and not joined


def _values(reading: Reading) -> list[list[str]]:
    """The words of each clause and of each part of it that stands between "and"s."""
    parts: list[list[str]] = []
    for clause in reading.clauses:
        parts.append([])
        for item in clause:
            if item.role is Role.AND:
                parts.append([])
            else:
                parts[-1].append(item.value)
    return parts


def _separates(item: Item) -> bool:
    """Whether the words before and after this item have different parts to play."""
    if item.role is Role.RELATION:
        return item.value not in ("beside", "with", "between", "of")
    return item.role in (Role.VERB, Role.PASSIVE, Role.PLACE, Role.NOT)


def _roles(one: Reading, other: Reading) -> Iterator[Reason]:
    """The same verb, done by whom the other side has it done to."""
    for verb in sorted(one.acts.keys() & other.acts.keys()):
        acts, others = one.acts[verb][:_MOST_ACTS], other.acts[verb][:_MOST_ACTS]
        for here in acts:
            shared = any(here.doers & there.doers for there in others)
            if not shared and any(_exchanged(here, there) for there in others):
                yield Reason(Difference.ROLES, f"{_any(here.doers)} {verb}")


def _exchanged(here: Act, there: Act) -> bool:
    if not here.doers or not there.doers:
        return False
    if here.direct in there.doers or there.direct in here.doers:
        return True
    return bool(here.doers & there.concerned and there.doers & here.concerned)


def _any(words: Collection[str]) -> str:
    return " or ".join(sorted(words))
