"""Ages under 18, in figures and in words: of people, not of whisky."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imgen.compliance.screening.lexicon import Ages, lexicon
from imgen.compliance.screening.tokens import Token

ADULT = 18
_STUCK = re.compile(r"(\d{1,2})(yo|y|yr|yrs|yearold|yearsold|year|years|yrold)")
_BEFORE_NOTHING = frozenset({"and", "with", "but", "naked", "nude", "yo", "so", "wearing"})
_CONTRACTED = frozenset({"shes", "hes", "im", "looks", "appears", "looking"})
"""What needs no `is` before an age."""
_GOES_ON = _BEFORE_NOTHING | frozenset(
    (
        *("in", "on", "at", "by", "under", "near", "beside", "from", "inside", "outside"),
        *("against", "behind", "before", "for", "to", "as", "is", "who", "topless", "undressed"),
    )
)
"""What may follow `a girl of twelve`, beside every word in -ing; `kings` would be counted."""
_YOUNGEST_IN_COMMAS = 5
_AFTER_YEARS = ("old", "olds", "young")


def age_at(row: Sequence[Token], index: int) -> tuple[str, int] | None:
    """An age under 18 that is told from a token on: in words for the operator, and its tokens."""
    ages = lexicon().grammar.ages
    word = row[index].word
    if not (word[0].isdigit() or word in ages.openers):
        return None
    if word in ages.before and index + 1 < len(row):
        start = index + 1
        if row[start].word in ("of", "is") and start + 1 < len(row):
            start += 1
        number, taken = _number(row, start, ages)
        if number and _is_minor(number):
            return f"aged {number}", start + taken - index
    if (
        told := _she_is(row, index, ages)
        or _in_commas(row, index, ages)
        or _below(row, index, ages)
    ):
        return told
    return _years_old(row, index, ages)


def _years_old(row: Sequence[Token], index: int, ages: Ages) -> tuple[str, int] | None:
    """`17 year old`, `17yo`, `six months old`."""
    stuck = _STUCK.fullmatch(row[index].word)
    if stuck:
        number, end = int(stuck[1]), index + 1
        short = stuck[2] != "years" and stuck[2] != "year"
    else:
        number, taken = _number(row, index, ages)
        end = index + taken
        unit = _word(row, end)
        if number < 0 or (unit not in ages.years and unit not in ages.months):
            return None
        if unit in ages.months:
            number = 0
        end += 1
        short = unit not in ("year", "years", "summers", "winters", *ages.months)
    if not _is_minor(number):
        return None
    told = f"{number} years old"
    if _word(row, end) in _AFTER_YEARS:
        end += 1
    elif (_word(row, end), _word(row, end + 1)) == ("of", "age"):
        end += 2
    elif not (short or _is_person(row, end) or _is_clause(row, index, end, number)):
        return None
    if _word(row, end) in ages.things and not _is_person(row, end + 1):
        return None
    return told, end - index


def _she_is(row: Sequence[Token], index: int, ages: Ages) -> tuple[str, int] | None:
    """`she is 13`, unless something is counted: `she is 5 feet tall`."""
    if row[index].word not in ages.pronouns:
        return None
    start = index + 1
    if row[index].word not in _CONTRACTED:
        if _word(row, start) not in ("is", "am"):
            return None
        start += 1
    number, taken = _number(row, start, ages)
    end = start + taken
    end += _word(row, end) == "years"
    ends = _starts(row, end) or row[end].word in _BEFORE_NOTHING
    return (f"is {number}", end - index) if _is_minor(number) and ends else None


def _in_commas(row: Sequence[Token], index: int, ages: Ages) -> tuple[str, int] | None:
    """`stepdaughter, 15`, as newspapers write it, or `a girl of fifteen`; not `girl, 16:9`, nor
    `a son of twelve kings`."""
    of = _word(row, index + 1) == "of"
    if row[index].word not in ages.kin or not (of or _starts(row, index + 1)):
        return None
    number, taken = _number(row, index + 1 + of, ages)
    end = index + 1 + of + taken
    following = _word(row, end)
    alone = _starts(row, end) and not following[:1].isdigit()
    alone = alone or (of and (following in _GOES_ON or following.endswith("ing")))
    if number < _YOUNGEST_IN_COMMAS or not _is_minor(number) or not alone:
        return None
    return f"{row[index].word}, {number}", end - index


def _below(row: Sequence[Token], index: int, ages: Ages) -> tuple[str, int] | None:
    """`under 16`, `younger than sixteen`, `not even 15`; not `under 17 degrees`."""
    word, before = row[index].word, _word(row, index - 1)
    if word not in ages.below or (word == "than" and before not in ("younger", "less")):
        return None
    if word in ("even", "yet") and before != "not":
        return None
    number, taken = _number(row, index + 1, ages)
    end = index + 1 + taken
    ends = (
        _starts(row, end)
        or row[end].word in _BEFORE_NOTHING
        or (before != "less" and _is_person(row, end))
    )
    if number < _YOUNGEST_IN_COMMAS or number > ADULT or not ends:
        return None
    return f"{word} {number}", end - index


def _is_clause(row: Sequence[Token], index: int, end: int, number: int) -> bool:
    """Whether `14 years` stands between commas, all by itself."""
    return number >= _YOUNGEST_IN_COMMAS and row[index].starts and _starts(row, end)


def _starts(row: Sequence[Token], index: int) -> bool:
    """Whether a clause starts there, or the row is at its end."""
    return index >= len(row) or row[index].starts


def _number(row: Sequence[Token], index: int, ages: Ages) -> tuple[int, int]:
    """The number that stands there and how many tokens it takes; -1 for none."""
    word = _word(row, index)
    if word in ages.numbers:
        return ages.numbers[word], 1
    if not word.isascii() or not word.isdigit() or len(word) > 2:
        return -1, 1
    following = _word(row, index + 1)
    if len(word) == 1 and len(following) == 1 and following.isascii() and following.isdigit():
        return int(word + following), 2
    return int(word), 1


def _is_minor(number: int) -> bool:
    return 0 <= number < ADULT


def _is_person(row: Sequence[Token], index: int) -> bool:
    return _word(row, index) in lexicon().grammar.people


def _word(row: Sequence[Token], index: int) -> str:
    return row[index].word if 0 <= index < len(row) else ""
