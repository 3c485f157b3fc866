"""Whether two readings put the same things in different places."""

from __future__ import annotations

from collections.abc import Iterator

from imgen.library.meaning.lexicon import Lexicon
from imgen.library.meaning.reading import MIRRORED, Reading, Relation

_PLACING = frozenset(
    (
        *("above", "under", "front", "behind", "left", "right", "beside", "between"),
        *("outside", "far", "toward", "away", "into", "out"),
    )
)
"""Relations that two pictures must share; "in", "on", "at" and "with" go without saying."""

_MOVING = frozenset(
    ("through", "across", "along", "around", "against", "among", "to", "from", "after")
)
"""Relations that must not differ where both sides state one of the same two things."""

_ALIKE = (frozenset(("beside", "at")),)
"""Relations that are written for one another ("by the bed", "beside the bed")."""


def misplaced(here: Reading, there: Reading, words: Lexicon) -> Iterator[str]:
    """The relations of `here` that `there` turns round, contradicts, or never states."""
    stated: dict[frozenset[str], list[Relation]] = {}
    for relation in there.relations:
        stated.setdefault(frozenset(relation[1:]), []).append(relation)
    kinds = {kind for kind, *_ in there.relations}
    for relation in sorted(here.relations - there.relations):
        kind, first, second = relation
        others = stated.get(frozenset((first, second)), [])
        if others:
            wrong = not any(_alike(relation, known, words) for known in others)
        else:
            wrong = kind in _PLACING and kind not in kinds and not _unsaid(kind, there)
        if wrong:
            yield f"{first} {kind} {second}"
    if not there.is_list:
        yield from sorted((here.loose & _PLACING) - there.little)


def _unsaid(kind: str, reading: Reading) -> bool:
    """Whether a reading lacks a relation because of how it is written, or where rules fail."""
    if reading.is_list:
        return True
    if reading.loose & {kind, *(way for way, turned in MIRRORED.items() if turned == kind)}:
        return True
    return any(frozenset((kind, known)) in _ALIKE for known in reading.little)


def _alike(one: Relation, other: Relation, words: Lexicon) -> bool:
    """Whether two relations of the same two things are written for one another."""
    kinds = {one[0], other[0]}
    turned = one[1] != other[1]
    if kinds == {"with"} or kinds in _ALIKE:
        return True
    if len(kinds) == 1:
        return not turned
    if kinds == {"in", "on"}:
        return not turned and one[2] in words.grounds
    if kinds == {"of", "on"}:
        return turned  # a plate of pasta, pasta on a plate; not: a statue of, on a horse
    if kinds == {"in", "with"}:
        return turned or one[2] in words.worn | words.grounds | words.overhead
    return not kinds & _PLACING and not kinds <= _MOVING
