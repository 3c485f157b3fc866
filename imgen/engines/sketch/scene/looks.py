"""What a person looks like and wears: `short black bob haircut`, `dark brown eyes`, `red coat`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from imgen.engines.sketch.scene.nouns import subject_of
from imgen.engines.sketch.scene.tokens import Token
from imgen.engines.sketch.scene.vocabulary import Vocabulary

_LONGEST_RUN = 7
HAIR = frozenset(
    {"hair", "haircut", "bob", "crop", "waves", "curls", "braid", "braids", "ponytail", "bun"}
)
_SHORT = frozenset({"short", "cropped", "crop", "pixie", "buzz", "shaved"})
_LONG = frozenset({"long", "shoulder", "flowing", "waist"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body or a garment, and the words before it that describe it."""

    noun: str
    words: tuple[str, ...]
    worn: bool
    """A garment, where the other kind is grown."""

    @property
    def taken(self) -> int:
        """How many words it fills."""
        return len(self.words) + 1


def part_ahead(tokens: Sequence[Token], at: int, table: Vocabulary) -> Part | None:
    """The part that the words from `at` on lead up to, with nothing but adjectives between."""
    words: list[str] = []
    for token in tokens[at : at + _LONGEST_RUN]:
        word = token.text
        if word in table.grammar["body"] or word in table.grammar["garments"]:
            following = tokens[at + len(words) + 1 : at + len(words) + 2]
            if not following or not _goes_on(following[0].text, table):
                return Part(word, tuple(words), word in table.grammar["garments"])
        if not word or not _describes(word, bool(words), table):
            return None
        words.append(word)
    return None


def _goes_on(word: str, table: Vocabulary) -> bool:
    """`bob haircut`, `hair ribbon`: the part is told by the next word."""
    return word in table.grammar["body"] or word in table.grammar["garments"]


def _describes(word: str, inside: bool, table: Vocabulary) -> bool:
    """Whether a word may stand before a part without being a thing or a clause of its own."""
    if word in table.colours or (word == "and" and inside):
        return True
    if word in table.grammar["ends_phrase"] or word in table.grammar["negators"]:
        return False
    if word in ("the", "a", "an", "with") or word in table.grammar["light_words"]:
        return False
    subject = subject_of(word, 1)
    return not subject or subject in table.scenery


def attributes_of(part: Part, table: Vocabulary) -> set[str]:
    """What is told to whoever draws the person: the words, and plain names for hair and skin."""
    named = {part.noun, *part.words}
    colours = [word for word in part.words if word in table.colours or word in table.hair]
    named |= {f"{word} {part.noun}" for word in colours}
    if part.noun in HAIR:
        return (named - set(colours) - _SHORT - _LONG) | hair_of({part.noun, *part.words}, table)
    if part.noun in ("skin", "complexion"):
        named |= {f"{word} skin" for word in part.words}
    return named if part.worn else named - set(colours)


def hair_of(words: Collection[str], table: Vocabulary) -> set[str]:
    """The plain names of colour and cut among words about hair: `black hair`, `short hair`."""
    plain = {table.hair.get(word, f"{word} hair") for word in words}
    named = {name for name in plain if name.removesuffix(" hair") in table.colours}
    if "blonde" in words or "blond" in words:
        named = {"blonde hair"}
    if _SHORT.intersection(words):
        named.add("short hair")
    if _LONG.intersection(words):
        named.add("long hair")
    return named | {word for word in words if word in ("curly", "wavy", "straight")}


def forbidden_by(part: Part, table: Vocabulary) -> set[str]:
    """The attributes that no person may have where this part was negated."""
    if part.noun in HAIR:
        return hair_of(part.words, table) or {part.noun}
    if part.worn or not part.words:
        return {part.noun}
    return {f"{word} {part.noun}" for word in part.words}


def without(attributes: Collection[str], forbidden: Collection[str]) -> set[str]:
    """Attributes with what is forbidden taken out, and noted for what the seed decides."""
    kept = {
        name
        for name in attributes
        if name not in forbidden and not any(name.endswith(f" {word}") for word in forbidden)
    }
    return kept | {f"not {name}" for name in forbidden}
