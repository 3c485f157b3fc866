"""Which subject a noun means, and which word a misspelt one was meant to be."""

from __future__ import annotations

from functools import cache

from imgen.engines.sketch.scene.vocabulary import deletions, vocabulary
from imgen.engines.sketch.subjects.registry import SUBJECTS, find_subject

_LONGEST_NOUN = 3
_LONGEST_WORD = 24


def subject_of(noun: str, length: int) -> str:
    """Key of the subject that a noun of `length` words means, or its nearest kin; else empty."""
    if length > _LONGEST_NOUN:
        return ""
    found = find_subject(noun)
    if found is not None:
        return found.name
    if length == 1:
        for form in (noun, noun.removesuffix("s"), noun.removesuffix("es")):
            for near in vocabulary().kin.get(form, ()):
                if near in SUBJECTS:
                    return near
    return ""


def corrected(word: str) -> str:
    """The known word that this one is a slip of the pen for; empty if there is none."""
    table = vocabulary()
    if not 5 <= len(word) <= _LONGEST_WORD or word in table.grammar["meant"]:
        return ""
    for short in deletions(word):
        known = table.typos.get(short) or _subject_typos().get(short)
        if known and _slip(word, known):
            return known
    return ""


def _slip(word: str, known: str) -> bool:
    """Whether one is the other with a letter lost or added, or with two neighbours swapped."""
    if len(word) == len(known):
        wrong = [at for at, pair in enumerate(zip(word, known, strict=True)) if pair[0] != pair[1]]
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and (word[wrong[0]] == known[wrong[1]] and word[wrong[1]] == known[wrong[0]])
        )
    return abs(len(word) - len(known)) == 1


@cache
def _subject_typos() -> dict[str, str]:
    """A long noun with one letter left out → the noun."""
    typos: dict[str, str] = {}
    for subject in SUBJECTS.values():
        for word in (subject.name, *subject.words):
            if len(word) >= 6 and " " not in word:
                for short in deletions(word):
                    typos.setdefault(short, word)
    return typos
