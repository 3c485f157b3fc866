"""The words that sketch understands, loaded once from a table, with plurals and typos forgiven."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from imgen.engines.sketch.look import RGB

Meaning = tuple[str, str]
"""What a phrase says: a kind (`setting`, `time`, …) and a key."""

_PHRASE_KINDS = (
    "setting", "time", "weather", "season", "mood", "composition", "feature", "where",
)  # fmt: skip
LONGEST = 4
"""Words in the longest phrase."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every table, ready to be asked."""

    phrases: Mapping[tuple[str, ...], tuple[Meaning, ...]]
    """A phrase may say several things: `starry` is a time and a feature."""
    colours: Mapping[str, RGB]
    counts: Mapping[str, int]
    sizes: Mapping[str, float]
    quality: Mapping[tuple[str, ...], float]
    groups: Mapping[str, frozenset[str]]
    """Subjects of each group."""
    group_words: Mapping[str, tuple[str, ...]]
    """The groups that a word stands for."""
    scenery: frozenset[str]
    """Subjects that the surroundings show by themselves."""
    scenery_in_plural: frozenset[str]
    kin: Mapping[str, tuple[str, ...]]
    home: Mapping[str, tuple[str, ...]]
    grammar: Mapping[str, frozenset[str]]
    """Words that hold a sentence together, by what they do."""
    hair: Mapping[str, str]
    """A word for a colour of hair → the plain words for it."""
    craft: frozenset[tuple[str, ...]]
    """Phrases about how a picture is made, which name nothing in it."""
    typos: Mapping[str, str]
    """A long word with one letter left out → the word."""


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def words_of(phrase: str) -> tuple[str, ...]:
    """A phrase as the reader sees it: `bird's-eye view` is three words."""
    return tuple(phrase.lower().replace("-", " ").replace("'s", "").replace("é", "e").split())


def _rgb(code: str) -> RGB:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def deletions(word: str) -> Iterable[str]:
    """The word with each letter left out in turn, and the word itself."""
    yield word
    for index in range(1, len(word)):
        yield word[:index] + word[index + 1 :]


def _grammar(table: Mapping[str, str]) -> dict[str, frozenset[str]]:
    grammar = {name: frozenset(_split(listed)) for name, listed in table.items()}
    grammar["parts"] |= grammar["surfaces"]
    return grammar


@cache
def vocabulary() -> Vocabulary:
    """The table that ships with the package."""
    text = resources.files("imgen.engines.sketch.scene").joinpath("vocabulary.toml")
    table = tomllib.loads(text.read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for kind in _PHRASE_KINDS:
        for key, listed in table[kind].items():
            for phrase in _split(listed):
                words = words_of(phrase)
                phrases[words] = (*phrases.get(words, ()), (kind, key))
    single = [words[0] for words in phrases if len(words) == 1]
    known = [*single, *table["colour"], *table["size"], *table["kin"]]
    typos: dict[str, str] = {}
    for word in known:
        if len(word) >= 6:
            for short in deletions(word):
                typos.setdefault(short, word)
    group_words: dict[str, tuple[str, ...]] = {}
    for group, listed in table["group_words"].items():
        for word in _split(listed):
            group_words[word] = (*group_words.get(word, ()), group)
    return Vocabulary(
        phrases=phrases,
        colours={name: _rgb(code) for name, code in table["colour"].items()},
        counts=table["count"],
        sizes=table["size"],
        quality={words_of(phrase): value for phrase, value in table["quality"].items()},
        groups={name: frozenset(_split(listed)) for name, listed in table["groups"].items()},
        group_words=group_words,
        scenery=frozenset(_split(table["scenery"]["always"])),
        scenery_in_plural=frozenset(_split(table["scenery"]["plural"])),
        kin={noun: tuple(_split(listed)) for noun, listed in table["kin"].items()},
        home={name: tuple(_split(listed)) for name, listed in table["home"].items()},
        grammar=_grammar(table["grammar"]),
        hair=table["hair"],
        craft=frozenset(words_of(phrase) for phrase in _split(table["grammar"]["craft"])),
        typos=typos,
    )
