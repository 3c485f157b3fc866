"""Brings inflected English words to one form, so that "chased" and "chasing" compare as equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VOWELS = "aeiouy"
_BRITISH = (
    (re.compile(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|ful|ite|able|er|ers|less|hood)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{2})([tb])re(?=s?$)"), r"\1er"),
    (re.compile(r"(?<=[a-z]{4})is(?=(?:e|es|ed|ing)$)"), "iz"),
    (re.compile(r"(?<=[aeiou])([^aeiou]{1,2}[aeiou])ll(?=(?:ed|ing|er|ers)$)"), r"\1l"),
)
"""British endings to American ones. Rough: both sides of a comparison go the same way."""
_GROUPS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Stemmer:
    """Suffix rules with a list of exceptions.

    The result need not be a dictionary word; it must be the same for the forms of one word and
    different for different words. Where a rule is unsure it leaves the word alone: an unequal pair
    of forms costs a cache hit, an equal pair of words would serve a wrong picture.
    """

    irregular: Mapping[str, str]
    unchanged: frozenset[str]

    def stem(self, word: str) -> str:
        """The common form of a lower-case word."""
        known = self.irregular.get(word)
        if known:
            return known
        if len(word) > 4:
            for ending, american in _BRITISH:
                word = ending.sub(american, word)
        if len(word) <= 3 or word in self.unchanged or not word.isalpha():
            return word
        if word.endswith("ied"):
            return word[:-3] + "y"
        for suffix in ("ing", "ed"):
            if word.endswith(suffix) and _GROUPS.search(word[: -len(suffix)]):
                return _completed(word[: -len(suffix)])
        return _singular(word)

    def acting(self, words: tuple[str, ...]) -> tuple[bool, ...]:
        """Which of some lower-case words have a verb's ending, -ing or -ed, that is taken off."""
        return tuple(word.endswith(("ing", "ed")) and self.stem(word) != word for word in words)

    def is_plural(self, word: str) -> bool:
        """Whether a lower-case noun is in the plural."""
        if word in self.unchanged or not word.isalpha():
            return False
        if word in self.irregular:
            return not word.endswith(("ing", "ed")) and self.irregular[word] != word
        return len(word) > 3 and _singular(word) != word


def _singular(word: str) -> str:
    if word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def _completed(base: str) -> str:
    """What stood before -ing or -ed: undo a doubled consonant, put back a dropped e."""
    if len(base) < 3:
        return base
    last, before = base[-1], base[-2]
    if last == before and last not in "lsfzeo":
        return base[:-1]
    if last in "vcu" or base.endswith("dg") or (last in "sz" and before != last):
        return base + "e"
    if last == "l" and before in "bcdfgkptz":
        return base + "e"
    syllables = len(_GROUPS.findall(base))
    consonant_vowel_consonant = (
        last not in _VOWELS + "wx" and before in _VOWELS and base[-3] not in "aeiou"
    )
    if consonant_vowel_consonant and (syllables == 1 or base.endswith("at")):
        return base + "e"
    return base
