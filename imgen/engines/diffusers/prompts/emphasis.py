"""Prompt weights: `(warm light:1.3)` read into pieces of text, each with its weight."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSING = re.compile(r" ?: ?([0-9]{1,3}(?:\.[0-9]{0,6})?|\.[0-9]{1,6}) ?$")
_ESCAPED = re.compile(r"\\([()@\\])")
_TOKEN = re.compile(r"\\.|[()]|[^\\()]+|\\", re.DOTALL)
_HEAVIEST = 10.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt."""

    text: str
    weight: float = 1.0
    """1 is plain; above it counts for more. 0 to 10."""


def pieces(prompt: str) -> tuple[Piece, ...]:
    """A prompt in stretches of one weight; parentheses without a number stay as they are.

    Weights inside each other multiply. A backslash takes the meaning from a parenthesis.
    """
    tokens = _TOKEN.findall(prompt)
    partner = _partners(tokens)
    return _joined(_read(tokens, partner))


def plain(prompt: str) -> str:
    """The prompt without weights and without backslashes, for models that take neither."""
    return "".join(piece.text for piece in pieces(prompt))


def is_weighted(prompt: str) -> bool:
    """Whether any part of it counts for more or less than the rest."""
    return any(piece.weight != 1.0 for piece in pieces(prompt))


def _partners(tokens: list[str]) -> dict[int, int]:
    """Opening parenthesis → its closing one."""
    open_ones: list[int] = []
    partner: dict[int, int] = {}
    for place, piece in enumerate(tokens):
        if piece == "(":
            open_ones.append(place)
        elif piece == ")" and open_ones:
            partner[open_ones.pop()] = place
    return partner


def _read(tokens: list[str], partner: dict[int, int]) -> list[Piece]:
    """Without recursion: a prompt may nest as deep as it is long."""
    found: list[Piece] = []
    weights = [1.0]
    ends: set[int] = set()
    shortened: dict[int, str] = {}
    for place, token in enumerate(tokens):
        last = partner.get(place, 0) - 1
        number = _CLOSING.search(tokens[last]) if last > place else None
        if number:
            shortened[last] = tokens[last][: number.start()]
            ends.add(last + 1)
            weights.append(min(weights[-1] * float(number[1]), _HEAVIEST))
        elif place in ends:
            weights.pop()
        else:
            text = shortened.get(place, token)
            found.append(Piece(_ESCAPED.sub(r"\1", text), weights[-1]))
    return found


def _joined(found: list[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one weight made one, so that a plain prompt is one piece, as it was written."""
    joined: list[Piece] = []
    for piece in found:
        if joined and joined[-1].weight == piece.weight:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.weight)
        elif piece.text:
            joined.append(piece)
    return tuple(joined)
