"""Which unknown word is the noun of its phrase, and so may stand for a thing or a place."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from imgen.engines.sketch.scene.tokens import Token
from imgen.engines.sketch.scene.vocabulary import Vocabulary

_NO_NOUNS = ("ly", "ed", "ful", "less", "ous", "able")


def phrase_of(
    tokens: Sequence[Token], at: int, waiting: Collection[str], table: Vocabulary
) -> tuple[str, bool] | None:
    """The unknown noun at `at` with the unknown words before it, and whether it is a place.

    Args:
        waiting: the words before it that wait for their noun.

    Returns:
        None where the word is no noun, goes on in the next word, or speaks of the picture itself.
    """
    grammar, word = table.grammar, tokens[at].text
    ahead = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if ahead and ahead not in grammar["ends_phrase"] and ahead not in grammar["wears"]:
        return None
    if word in grammar["no_things"] or len(word) < 3 or tokens[at].weight <= 0.05:
        return None
    if word.isdigit() or word.endswith(_NO_NOUNS):
        return None
    first = at
    while first > max(0, at - 2) and _belongs(tokens[first - 1].text, waiting, table):
        first -= 1
    before = first - 1
    skipped = {"a", "an", "the", *table.sizes, *table.counts, *table.colours}
    while before >= 0 and tokens[before].text in skipped:
        before -= 1
    place = before >= 0 and tokens[before].text in grammar["leads_to_place"]
    return " ".join(token.text for token in tokens[first : at + 1]), place


def _belongs(word: str, waiting: Collection[str], table: Vocabulary) -> bool:
    return word in waiting and word not in table.colours and word not in table.sizes
