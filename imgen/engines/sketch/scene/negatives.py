"""What must not appear: the things and surroundings that negated words name."""

from __future__ import annotations

from imgen.engines.sketch.scene.findings import Findings
from imgen.engines.sketch.scene.looks import Part, forbidden_by, part_ahead
from imgen.engines.sketch.scene.nouns import subject_of
from imgen.engines.sketch.scene.tokens import Token, tokens_of
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


def forbid(found: Findings, part: Part, table: Vocabulary) -> None:
    """Note that no person may have or wear this; a garment is no thing in the picture either."""
    found.forbidden |= forbidden_by(part, table)
    if part.worn:
        found.excluded.add(part.noun)


def read_negative(text: str) -> Findings:
    """Everything that a negative prompt names: `excluded` and `forbidden` are filled."""
    table = vocabulary()
    found = Findings()
    for term in _terms(tokens_of(text)):
        if not table.grammar["complaints"].isdisjoint(token.text for token in term[:-1]):
            continue
        _read_term(found, term, table)
    return found


def _terms(tokens: list[Token]) -> list[list[Token]]:
    """The words between the breaks."""
    terms: list[list[Token]] = [[]]
    for token in tokens:
        if token.text:
            terms[-1].append(token)
        else:
            terms.append([])
    return [term for term in terms if term]


def _read_term(found: Findings, term: list[Token], table: Vocabulary) -> None:
    at = 0
    while at < len(term):
        part = part_ahead(term, at, table)
        if part is not None:
            forbid(found, part, table)
            at += part.taken
            continue
        for length in range(min(LONGEST, len(term) - at), 0, -1):
            words = tuple(token.text for token in term[at : at + length])
            subject = subject_of(" ".join(words), len(words))
            if exclude(found, words, table.phrases.get(words, ()), subject, table):
                at += length - 1
                break
        at += 1
