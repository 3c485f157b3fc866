"""What one disguised word may be read as: figures for letters, repeats, words stuck together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, product

from imgen.compliance.screening.lexicon import Words, lexicon, squeeze

LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b",
    "9": "g", "@": "a", "$": "s", "!": "i", "|": "il", "+": "t", "£": "l",
}  # fmt: skip
"""A figure or sign → the letters that it stands for."""
CENSORS = "*#%"
"""Signs that hide a letter: `n*de`."""

_MOST_DOUBTS = 3
"""Signs that may be either of two letters, beyond which all are taken for the same."""
_LONGEST = 48
"""Letters of a word beyond which nobody reads it, and neither do we."""
_SHORTEST_GLUED = 4
_FIGURES = "0123456789"


@lru_cache(maxsize=1 << 16)
def read_word(word: str) -> Words:
    """The listed words that a folded word is, or is a disguise of; empty for none.

    A plain listed word is itself; `nakedwoman` is two words.
    """
    known = lexicon()
    if word in known.words:
        return (word,)
    if not 3 <= len(word) <= _LONGEST or word in known.hiding or word.isdecimal():
        return ()
    return next(_disguised(word), ())


def _disguised(word: str) -> Iterator[Words]:
    """Ways to read a word that is not listed as it stands, the likeliest first."""
    known = lexicon()
    years = known.grammar.ages.years
    bare = word.strip(_FIGURES)
    # The figures of `10yearold` are the point of it.
    if len(bare) >= 3 and bare != word and bare in known.words and bare not in years:
        yield (bare,)
    for reading in leet(word):
        if reading in known.words:
            yield (reading,)
        for full in known.squeezed.get(squeeze(reading), ()):
            if repeats(reading, full):
                yield (full,)
    if word[-1] == "z" and word[:-1] + "s" in known.words:
        yield (word[:-1] + "s",)
    for reading in _swapped(word):
        if reading in known.firm:
            yield (reading,)
    if "v" in word and word.replace("v", "u") in known.firm:
        yield (word.replace("v", "u"),)
    for reading in leet(word):
        if stem := _stem(reading):
            yield (stem,)
        yield from _glued(reading)


@lru_cache(maxsize=1 << 14)
def whole_word(letters: str) -> str:
    """The single listed word that letters make, figures read as letters; empty for none."""
    known = lexicon()
    for way in leet(letters):
        if way in known.firm:
            return way
        if stem := _stem(way):
            return stem
    return ""


def _stem(word: str) -> str:
    """The listed beginning that a word has."""
    return next((stem for stem in lexicon().stems if word.startswith(stem)), "")


def leet(word: str) -> Iterator[str]:
    """A word as it is, then with letters for its figures and signs, in the ways that are likely."""
    yield word
    if word.isalpha() or not any(map(str.isalpha, word)):
        return
    ways = [LEET.get(letter, letter) for letter in word]
    if sum(len(way) > 1 for way in ways) <= _MOST_DOUBTS:
        yield from map("".join, product(*ways))
    else:
        yield "".join(way[0] for way in ways)
        yield "".join(way[-1] for way in ways)


def _swapped(word: str) -> Iterator[str]:
    """A word with `i` and `l` for one another, which a capital `I` looks like."""
    if 0 < sum(letter in "il" for letter in word) <= _MOST_DOUBTS + 1:
        yield from map("".join, product(*("il" if letter in "il" else letter for letter in word)))


def repeats(word: str, full: str) -> bool:
    """Whether a word is another one with letters repeated: `nuuude`, and not `bobs` for `boobs`.

    Both must be the same once squeezed.
    """
    return len(word) > len(full) and all(
        have >= want for have, want in zip(_runs(word), _runs(full), strict=True)
    )


def _runs(word: str) -> list[int]:
    runs = [1]
    for before, after in pairwise(word):
        if before == after:
            runs[-1] += 1
        else:
            runs.append(1)
    return runs


def _glued(word: str) -> Iterator[Words]:
    """A listed word that another one is stuck to."""
    known = lexicon()
    for cut in range(3, len(word) - 2):
        left, right = word[:cut], word[cut:]
        if (
            len(left) >= _SHORTEST_GLUED
            and left in known.firm
            and (right in known.grammar.companions or right in known.firm)
        ) or (
            len(right) >= _SHORTEST_GLUED
            and right in known.firm
            and left in known.grammar.companions
        ):
            yield (left, right)


@lru_cache(maxsize=1 << 14)
def read_censored(pattern: str) -> str:
    """The listed word that a word with hidden letters (`n*de`) must be, or an empty string."""
    shown = sum(sign not in CENSORS for sign in pattern)
    if shown * 2 < len(pattern) or len(pattern) > _LONGEST or pattern[0] in CENSORS:
        return ""
    return next(
        (
            word
            for word in _of_length(len(pattern))
            if all(a in CENSORS or a == b for a, b in zip(pattern, word, strict=True))
        ),
        "",
    )


@lru_cache(maxsize=_LONGEST + 1)
def _of_length(length: int) -> tuple[str, ...]:
    """The single listed words of that many letters."""
    return tuple(sorted(word for word in lexicon().firm if len(word) == length))
