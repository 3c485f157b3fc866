"""What must not appear: the things and surroundings that negated words name."""

from __future__ import annotations

from imgen.engines.sketch.scene.findings import Findings
from imgen.engines.sketch.scene.nouns import subject_of
from imgen.engines.sketch.scene.tokens import tokens_of
from imgen.engines.sketch.scene.vocabulary import LONGEST, Meaning, Vocabulary, vocabulary


def exclude(
    found: Findings, words: tuple[str, ...], meanings: tuple[Meaning, ...], subject: str,
    table: Vocabulary,
) -> bool:  # fmt: skip
    """Note that whatever these words mean must not appear; False if they mean nothing."""
    groups = table.group_words.get(words[0], ()) if len(words) == 1 else ()
    for group in groups:
        found.excluded |= {group, *table.groups[group]}
    if subject:
        found.excluded.add(subject)
    for kind, key in meanings:
        if kind in ("feature", "weather", "time", "season", "setting"):
            found.excluded.add(key)
            if (kind, key) == ("weather", "cloudy"):
                found.excluded.add("clouds")
    return bool(groups or subject or meanings)


def read_negative(text: str) -> set[str]:
    """Keys of everything that a negative prompt names."""
    table = vocabulary()
    found = Findings()
    tokens = [token.text for token in tokens_of(text)]
    at = 0
    while at < len(tokens):
        for length in range(min(LONGEST, len(tokens) - at), 0, -1):
            words = tuple(tokens[at : at + length])
            if not all(words):
                continue
            subject = subject_of(" ".join(words), len(words))
            if exclude(found, words, table.phrases.get(words, ()), subject, table):
                at += length - 1
                break
        at += 1
    return found.excluded
