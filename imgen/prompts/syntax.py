"""The prompt syntax of Imgen v2: `@character`, `-negative`, and everything else positive.

Commas part terms, but not inside a pair of parentheses, so that weights such as `(red, blue:1.2)`
stay whole. A backslash takes the meaning from the `@` or parenthesis after it. An `@` that follows
a letter or digit is part of a word (an e-mail address), not a character.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from imgen import errors

_NAMES = re.compile(r"(?<![\w\\])@\w[\w-]*(?:@\w[\w-]*)*")
_WEIGHTED_NAME = re.compile(r"(?<!\\)\( ?(?<![\w\\])(@\w[\w-]*) ?(?:: ?[0-9.]+ ?)?\)")


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """A prompt taken apart."""

    character: str = ""
    """Name after the `@`, ASCII letters in lower case; empty for none. It may not exist."""
    positive: str = ""
    """What the user wants to see: terms parted by `, `; without the character."""
    negatives: tuple[str, ...] = ()
    """What the user does not want to see, in their order; without the minus."""


def parse(text: str) -> ParsedPrompt:
    """Take a raw prompt apart. Control characters become spaces, lone surrogates vanish.

    The time is linear in the length of the text.

    Raises:
        errors.Invalid: two or more characters are named (`invalid_character`, field `prompt`).
    """
    character, rest = _take_character(clean(text))
    positives, negatives = [], []
    for term in split_terms(rest):
        if term.startswith("-"):
            negatives.append(_escape_lone_parentheses(term.lstrip("- ")))
        else:
            positives.append(term)
    return ParsedPrompt(character, ", ".join(positives), tuple(filter(None, negatives)))


def format_prompt(parsed: ParsedPrompt) -> str:
    """A prompt as one text again: `@character positive, -negative`. `parse` gives it back."""
    name = f"@{parsed.character}" if parsed.character else ""
    lead = " ".join(filter(None, (name, parsed.positive)))
    return ", ".join(filter(None, (lead, *(f"-{term}" for term in parsed.negatives))))


def split_terms(text: str) -> list[str]:
    """The terms between commas that lie outside parentheses, trimmed, without empty ones."""
    partner = _partners(text)
    terms, start, position = [], 0, 0
    while position < len(text):
        if text[position] == ",":
            terms.append(text[start:position])
            start = position + 1
        # Past the whole pair: the commas inside belong to it.
        position = partner.get(position, position) + 1
    terms.append(text[start:])
    return [term.strip() for term in terms if term.strip()]


def clean(text: str) -> str:
    """One line of storable characters, with single spaces."""
    if not text.isprintable():
        text = "".join(map(_storable, text))
    return " ".join(text.split())


def _storable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return ""
    return " " if category == "Cc" else character


def _take_character(text: str) -> tuple[str, str]:
    """The character named in a clean text, and the text without it."""
    names = {
        name if not name.isascii() else name.lower()
        for found in _NAMES.findall(text)
        for name in found[1:].split("@")
    }
    if not names:
        return "", text
    if len(names) > 1:
        raise errors.Invalid("Invalid character", code="invalid_character", field="prompt")
    # A character alone in parentheses, perhaps with a weight, leaves nothing behind.
    text = _WEIGHTED_NAME.sub(r"\1", text)
    return names.pop(), " ".join(_NAMES.sub(" ", text).split())


def _partners(text: str) -> dict[int, int]:
    """Position of each opening parenthesis that is closed → position of its closing one."""
    partners, open_at = {}, []
    for found in re.finditer(r"(?<!\\)[()]", text):
        if found[0] == "(":
            open_at.append(found.start())
        elif open_at:
            partners[open_at.pop()] = found.start()
    return partners


def _escape_lone_parentheses(term: str) -> str:
    """Escape parentheses without a partner, lest they find one in another term."""
    partners = _partners(term)
    paired = {*partners, *partners.values()}
    return "".join(
        f"\\{character}"
        if character in "()" and index not in paired and term[index - 1 : index] != "\\"
        else character
        for index, character in enumerate(term)
    )
