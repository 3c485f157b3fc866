"""The listed words, loaded once from the data files beside them.

A phrase is words with spaces between. In it, `a|b` is either word, `word?` may be missing, `*` is
any one word that is neither listed nor a word for a person, `*?` likewise or nothing, a word that
ends in `~` stands for every word that begins so, and `=` at the end of a phrase keeps its last word
from being read in the plural too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

from imgen.compliance.screening.fold import fold
from imgen.compliance.signal import CATEGORIES

STRENGTHS = {"strong": 1.0, "clear": 0.8, "mild": 0.5}
"""How a category's file grades its words → the score of a hit."""
ANY = "*"
END = "end"
"""As the last word of a phrase: a clause ends here."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A phrase that speaks of a category."""

    category: str
    score: float


@dataclass(slots=True)
class Phrases:
    """Phrases by their first words: what may follow, and what ends here."""

    next: dict[str, Phrases] = field(default_factory=dict)
    ending: dict[Words, tuple[Listed, ...]] = field(default_factory=dict)
    """The phrases that end here → what they speak of; nothing for innocent ones."""

    def add(self, words: Words, listed: tuple[Listed, ...] = ()) -> None:
        """Add a phrase, without the `~` of its words."""
        plain = tuple(word.rstrip("~") for word in words)
        place = self
        for word in plain:
            place = place.next.setdefault(word, Phrases())
        place.ending[plain] = listed


@dataclass(frozen=True, slots=True)
class Ages:
    """How ages are told."""

    numbers: Mapping[str, int]
    years: frozenset[str]
    months: frozenset[str]
    before: frozenset[str]
    pronouns: frozenset[str]
    things: frozenset[str]
    kin: frozenset[str]
    below: frozenset[str]
    openers: frozenset[str]
    """What an age may begin with, figures apart."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The small words by which a prompt is read."""

    negators: frozenset[str]
    negators_of: frozenset[str]
    fillers: frozenset[str]
    joiners: frozenset[str]
    maybe_joiners: frozenset[str]
    after: frozenset[Words]
    people: frozenset[str]
    companions: frozenset[str]
    short: frozenset[str]
    ages: Ages


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every list, ready to be asked. Words are folded; phrases are tuples of words."""

    listed: Phrases
    innocent: Phrases
    negatable: frozenset[Words]
    """Signs of minors that a negation takes back."""
    in_negative: Mapping[Words, Listed]
    """What a negative prompt says by naming it."""
    words: frozenset[str]
    """Every word of a listed phrase, and what ages are told with: these are sought in disguise."""
    firm: frozenset[str]
    """Single listed words."""
    stems: frozenset[str]
    """Beginnings of words, without the `~`."""
    squeezed: Mapping[str, tuple[str, ...]]
    """A word without its repeated letters → the words that it may be."""
    hiding: frozenset[str]
    """Innocent words that hold a listed one."""
    unspaced: tuple[str, ...]
    """Listed words of scripts that are written without spaces."""
    grammar: Grammar


@cache
def lexicon() -> Lexicon:
    """The built-in lexicon, read once per process."""
    files = resources.files("imgen.compliance.screening") / "words"
    read = {
        name: tomllib.loads((files / f"{name}.toml").read_text(encoding="utf-8"))
        for name in (*CATEGORIES, "look_alikes", "grammar")
    }
    entries: dict[Words, dict[str, float]] = {}
    for category in CATEGORIES:
        for strength, score in STRENGTHS.items():
            for words in _all_words(read[category][strength]):
                scores = entries.setdefault(words, {})
                scores[category] = max(score, scores.get(category, 0.0))
    grammar = _grammar(read["grammar"])
    sought = {word.rstrip("~") for words in entries for word in words if word != ANY}
    sought |= {*grammar.ages.numbers, *grammar.ages.years, "old"}
    firm = frozenset(words[0].rstrip("~") for words in entries if len(words) == 1)
    minor = read["minor"]
    listed, innocent = Phrases(), Phrases()
    for words, scores in entries.items():
        for known in _known_forms(words, sought):
            listed.add(known, tuple(Listed(*pair) for pair in scores.items()))
    for words in _all_words(read["look_alikes"]["phrases"]):
        innocent.add(words)
    return Lexicon(
        listed=listed,
        innocent=innocent,
        negatable=frozenset(_all_words(minor["negatable"])),
        in_negative={words: Listed("minor", 0.8) for words in _all_words(minor["in_negative"])}
        | {words: Listed("nudity", 0.8) for words in _all_words(read["grammar"]["clothes"])},
        words=frozenset(sought),
        firm=firm,
        stems=frozenset(word[:-1] for words in entries for word in words if word.endswith("~")),
        squeezed=_squeezed(firm | {word for word in sought if len(word) > 3}),
        hiding=frozenset(map(fold, read["look_alikes"]["words"])) - sought,
        unspaced=tuple(
            sorted((w for w in firm if w and _is_unspaced(w[0])), key=len, reverse=True)
        ),
        grammar=grammar,
    )


def squeeze(word: str) -> str:
    """A word with each run of one letter cut to a single one."""
    return "".join(
        letter for index, letter in enumerate(word) if index == 0 or letter != word[index - 1]
    )


def _is_unspaced(letter: str) -> bool:
    """Whether it belongs to a script that is written without spaces (Hangul, here, too)."""
    return letter >= "\u0e00"


def _grammar(read: Mapping[str, Any]) -> Grammar:
    sets = {
        name: frozenset(read[name])
        for name in (
            *("negators", "negators_of", "fillers", "joiners", "maybe_joiners"),
            *("people", "companions", "short"),
        )
    }
    ages = read["ages"]
    return Grammar(
        **sets,
        after=frozenset(tuple(phrase.split()) for phrase in read["after"]),
        ages=Ages(
            numbers=ages["numbers"],
            **{
                name: frozenset(ages[name])
                for name in ("years", "months", "before", "pronouns", "things", "kin", "below")
            },
            openers=frozenset(
                {*ages["numbers"], *ages["before"], *ages["pronouns"], *ages["kin"], *ages["below"]}
            ),
        ),
    )


def _all_words(phrases: Iterable[str]) -> Iterator[Words]:
    """Every way to say the phrases, with the plurals of their last words."""
    for phrase in phrases:
        exact = phrase.endswith("=")
        ways = []
        for part in phrase.removesuffix("=").split():
            options = part.removesuffix("?").split("|")
            ways.append([fold(one) for one in options] + [""] * part.endswith("?"))
        for way in product(*ways):
            words = tuple(filter(None, way))
            yield words
            if not exact and (plural := _plural(words[-1])):
                yield (*words[:-1], plural)


def _known_forms(words: Words, sought: Iterable[str]) -> Iterator[Words]:
    """A phrase, and with each known word that begins as its last one does, where that ends in `~`.

    A word that is listed for itself is not read as its beginning.
    """
    yield words
    if words[-1].endswith("~"):
        stem = words[-1].rstrip("~")
        yield from ((*words[:-1], word) for word in sought if word.startswith(stem))


def _plural(word: str) -> str:
    if not word.isascii() or not word.isalpha() or len(word) < 3 or word == END:
        return ""
    if word.endswith(("x", "ch", "sh")):
        return word + "es"
    return "" if word.endswith("s") else word + "s"


def _squeezed(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in sorted(words):
        found[squeeze(word)] = (*found.get(squeeze(word), ()), word)
    return found
