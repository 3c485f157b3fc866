"""A prompt as words with weights, cut at its punctuation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LIMIT = 6000
_WEIGHTED = re.compile(r"\(([^():]{1,300}):\s*(-?\d{1,3}(?:\.\d{1,3})?)\s*\)")
_PIECE = re.compile(r"\x02(\d+)\x03|\x04|[a-z0-9]+|[,.;:!?\n|]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or one break."""

    text: str
    """Lower case; empty for a break between clauses."""
    weight: float = 1.0


def tokens_of(prompt: str) -> list[Token]:
    """Words and breaks; `(warm light:1.3)` gives its words their weight. Takes any text."""
    folded = unicodedata.normalize("NFKD", prompt[:_LIMIT]).lower()
    plain = "".join(
        char for char in folded if not unicodedata.combining(char) and char not in "\x02\x03\x04"
    ).replace("’", "'").replace("'s", "").replace("n't", " not")  # fmt: skip
    weights: list[float] = []

    def marked(match: re.Match[str]) -> str:
        weights.append(max(-3.0, min(3.0, float(match[2]))))
        return f" \x02{len(weights) - 1}\x03 {match[1]} \x04 "

    tokens: list[Token] = []
    weight = 1.0
    for match in _PIECE.finditer(_WEIGHTED.sub(marked, plain)):
        piece = match[0]
        if match[1] is not None:
            weight = weights[int(match[1])]
        elif piece == "\x04":
            weight = 1.0
        elif piece[0].isalnum():
            tokens.append(Token(piece, weight))
        else:
            tokens.append(Token(""))
    return tokens
