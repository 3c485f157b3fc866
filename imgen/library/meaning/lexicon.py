"""The words that the reading of a prompt relies on, loaded from the data files beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from imgen.library.meaning.stem import Stemmer

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word classes and equivalences. Words are lower case; phrases are tuples of words."""

    stemmer: Stemmer
    synonyms: Mapping[Words, str]
    """Stems of a word or phrase to what stands for its group; "oil+painting" is two words."""
    acting: Mapping[Words, frozenset[tuple[bool, ...]]]
    """Stems of a phrase of several words to which of its words may end in -ing or -ed."""
    phrases: Mapping[Words, str]
    """Words as written to the single word that the reader makes of them."""
    relations: Mapping[str, str]
    """A preposition to the relation that it states."""
    numbers: Mapping[str, str]
    """A number in words to its digits."""
    quality: frozenset[Words]
    """Stems of words and phrases that praise or ask for quality."""
    quality_negatives: frozenset[str]
    request: frozenset[str]
    stop: frozenset[str]
    determiners: frozenset[str]
    being: frozenset[str]
    assumed: frozenset[str]
    implied: frozenset[str]
    negators: frozenset[str]
    nobody: frozenset[Words]
    conjunctions: frozenset[str]
    continuing: frozenset[str]
    prepositions: frozenset[str]
    verbs: frozenset[str]
    overhead: frozenset[str]
    worn: frozenset[str]
    grounds: frozenset[str]
    doing: Mapping[str, str]
    longest: int
    """The most words in any phrase."""


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once per process (about 10 ms)."""
    files = resources.files("imgen.library.meaning") / "lexicon"
    words = tomllib.loads((files / "words.toml").read_text(encoding="utf-8"))
    groups = (files / "synonyms.txt").read_text(encoding="utf-8").splitlines()
    stemmer = Stemmer(words["irregular"], _set(words["unchanged"]["words"]))
    phrases = {
        tuple(way.split("_")): name
        for name, ways in words["phrases"].items()
        for way in ways.split()
    }
    synonyms = _synonyms(stemmer, groups)
    quality = frozenset(_stems(stemmer, phrase) for phrase in words["quality"].split())
    known: list[Words] = [*phrases, *synonyms, *quality]
    return Lexicon(
        stemmer=stemmer,
        synonyms=synonyms,
        acting=_acting(stemmer, groups),
        phrases=phrases,
        relations={way: name for name, ways in words["relations"].items() for way in ways.split()},
        numbers={name: str(value) for name, value in words["numbers"].items()},
        quality=quality,
        quality_negatives=frozenset(
            phrase.replace("_", " ") for phrase in words["quality_negatives"].split()
        ),
        nobody=frozenset(tuple(phrase.split("_")) for phrase in words["nobody"].split()),
        overhead=_set(words["overhead"]["words"]),
        worn=_set(words["worn"]["words"]),
        grounds=_set(words["grounds"]["words"]),
        doing=words["doing"],
        longest=max(map(len, known)),
        **_classes(words),
    )


def _classes(words: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    names = (
        "request stop determiners being assumed implied negators conjunctions continuing "
        "prepositions verbs"
    )
    return {name: _set(words[name]) for name in names.split()}


def _synonyms(stemmer: Stemmer, lines: Iterable[str]) -> dict[Words, str]:
    found: dict[Words, str] = {}
    for line in lines:
        if line and not line.startswith("#"):
            group = line.split()
            found |= {_stems(stemmer, phrase): group[0] for phrase in group}
    return found


def _acting(stemmer: Stemmer, lines: Iterable[str]) -> dict[Words, frozenset[tuple[bool, ...]]]:
    found: dict[Words, frozenset[tuple[bool, ...]]] = {}
    for line in lines:
        for phrase in [] if line.startswith("#") else line.split():
            words = tuple(phrase.split("_"))
            if len(words) > 1:
                stems = _stems(stemmer, phrase)
                found[stems] = found.get(stems, frozenset()) | {stemmer.acting(words)}
    return found


def _stems(stemmer: Stemmer, phrase: str) -> Words:
    return tuple(stemmer.stem(word) for word in phrase.split("_"))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())
