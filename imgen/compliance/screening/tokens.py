"""A prompt as a row of words, disguises taken off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imgen.compliance.screening.fold import fold
from imgen.compliance.screening.lexicon import lexicon
from imgen.compliance.screening.readings import (
    CENSORS,
    LEET,
    leet,
    read_censored,
    read_word,
    whole_word,
)

_WORD = re.compile(r"[^\W_]+")
_BREAKS = frozenset(',;.!?:()[]{}|"\n<>=•·—–…')
_SIGNS = frozenset(LEET) - frozenset("0123456789")
_MOST_PIECES = 10
"""Pieces that a word torn apart is sought in."""
_LONGEST_PIECE = 3
_LONGEST_TORN = 18
"""Letters of a word that is sought in pieces."""
_SHORTEST_RUN = 3
"""Single letters in a row before they are taken for a word spelt out."""
_NOT_LATIN = re.compile("[\u0e00-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word."""

    word: str
    """Folded, and what it was a disguise of where it was one."""
    listed: bool
    """Whether it is a word of the lists."""
    starts: bool
    """Whether a clause starts with it: a comma, full stop or the like is before it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Letters and figures in a row, with what stands before them."""

    text: str
    gap: str

    @property
    def apart(self) -> bool:
        """Whether there is a space before it."""
        return self.gap in {"", " "} or " " in self.gap or "\n" in self.gap

    @property
    def starts(self) -> bool:
        """Whether a clause starts with it."""
        return self.gap == "" or (self.gap != " " and not _BREAKS.isdisjoint(self.gap))


def tokens(text: str) -> list[Token]:
    """The words of a text of any length, in time linear in it."""
    folded = fold(text)
    if _NOT_LATIN.search(folded):
        for word in lexicon().unspaced:
            folded = folded.replace(word, f" {word} ")
    pieces, end = [], 0
    for found in _WORD.finditer(folded):
        pieces.append(_Piece(found[0], folded[end : found.start()]))
        end = found.end()
    last = folded[end:]
    return list(_read(pieces, last))


def _read(pieces: list[_Piece], last: str) -> Iterator[Token]:
    index = 0
    while index < len(pieces):
        words: tuple[str, ...]
        words, taken = (), 0
        if _may_be_disguised(pieces, index):
            words, taken = _spelt_out(pieces, index) or _torn(pieces, index, last) or ((), 0)
        if not taken:
            words, taken = read_word(pieces[index].text), 1
        for position, word in enumerate(words or (pieces[index].text,)):
            first = position == 0
            yield Token(word, listed=bool(words), starts=first and pieces[index].starts)
        index += taken


def _may_be_disguised(pieces: list[_Piece], index: int) -> bool:
    """Whether a piece may be a part of a word: most are words between two spaces."""
    return (
        len(pieces[index].text) <= _LONGEST_PIECE
        or index + 1 == len(pieces)
        or pieces[index + 1].gap != " "
        or pieces[index].gap not in ("", " ")
    )


def _spelt_out(pieces: list[_Piece], index: int) -> tuple[tuple[str, ...], int] | None:
    """Words spelt with something between their letters: `n u d e`, and how many pieces they are."""
    if len(pieces[index].text) > 1 or (index and len(pieces[index - 1].text) == 1):
        return None
    end = index
    while end < len(pieces) and len(pieces[end].text) == 1:
        end += 1
    if end - index < _SHORTEST_RUN:
        return None
    run = pieces[index:end]
    plain = "".join(piece.text for piece in run)
    signed = run[0].text + "".join(_sign(piece.gap) + piece.text for piece in run[1:])
    ways = (way for letters in dict.fromkeys((plain, signed)) for way in leet(letters))
    words, sure = max(map(_best_cut, ways), key=lambda one: one[1])
    # A spelt-out word that only holds a listed one is not torn apart again to find that.
    return (words, end - index) if sure or not lexicon().hiding.isdisjoint(words) else None


def _best_cut(letters: str) -> tuple[tuple[str, ...], int]:
    """The better of two ways to cut a row of letters into words: `lolisex` is `loli sex`."""
    first = _cut(letters, greedy=True)
    if first[1] in (0, len(letters)):
        return first
    return max(first, _cut(letters, greedy=False), key=lambda one: one[1])


def _cut(letters: str, *, greedy: bool) -> tuple[tuple[str, ...], int]:
    """A row of letters cut into words, and how many of the letters are in listed ones.

    Args:
        greedy: whether the longest word that fits is taken first, or the shortest.
    """
    words: list[str] = []
    sure = position = 0
    rest = ""
    while position < len(letters):
        found, listed = _word_at(letters, position, alone=not rest, sure=sure > 0, greedy=greedy)
        if found:
            words += [rest] * bool(rest) + [found]
            sure += len(found) * listed
            rest, position = "", position + len(found)
        else:
            if rest and rest[-1].isdigit() != letters[position].isdigit():
                words.append(rest)
                rest = ""
            rest += letters[position]
            position += 1
    return (*words, *([rest] if rest else [])), sure


def _word_at(
    letters: str, position: int, *, alone: bool, sure: bool, greedy: bool
) -> tuple[str, bool]:
    """The word that stands there, or an empty string, and whether it is a listed one.

    Args:
        alone: whether no letters without a meaning stand right before.
        sure: whether there was a listed word before.
        greedy: whether the longest listed word is taken, or the shortest.
    """
    known = lexicon()
    longest = min(_LONGEST_TORN, len(letters) - position)
    heads = [letters[position : position + length] for length in range(longest, 2, -1)]
    # Three letters are too easily part of a longer word to be one in its midst.
    three = alone and (sure or position + 3 == len(letters))
    listed = [word for word in heads if word in known.words and (three or len(word) > 3)]
    innocent = next((word for word in heads if word in known.hiding), "")
    if listed and len(listed[0]) > len(innocent):
        return listed[0 if greedy else -1], True
    return innocent or next((word for word in heads if word in known.grammar.companions), ""), False


def _torn(pieces: list[_Piece], index: int, last: str) -> tuple[tuple[str, ...], int] | None:
    """A listed word torn into pieces (`nu de`, `n-ude`, `$ex`), and how many pieces it was."""
    known = lexicon()
    own = pieces[index]
    after = pieces[index + 1].gap if index + 1 < len(pieces) else last
    if own.gap[-1:] in ("@", "$") or after[:1] == "$":
        found = _with_signs(own, after)
        if found:
            return (found,), 1
    joined, tight = own.text, own.text
    all_short = len(own.text) <= _LONGEST_PIECE
    odd = own.text not in known.grammar.short
    closed = True
    for end in range(index + 1, min(len(pieces), index + _MOST_PIECES)):
        piece = pieces[end]
        closed = closed and not piece.apart
        all_short = all_short and len(piece.text) <= _LONGEST_PIECE and not piece.starts
        odd = odd or piece.text not in known.grammar.short
        if not closed and not all_short:
            return None
        joined += piece.text
        tight += _sign(piece.gap) + piece.text
        if len(joined) > _LONGEST_TORN:
            return None
        if closed or odd:
            for way in (joined, tight) if closed else (joined,):
                word = whole_word(way) if len(way) >= (3 if closed else 4) else ""
                if word and not _is_plain(pieces[index : end + 1]):
                    return (word,), end + 1 - index
        if closed and (hidden := _censored(pieces[index : end + 1])):
            return (hidden,), end + 1 - index
    return None


def _is_plain(pieces: list[_Piece]) -> bool:
    """Whether every piece is a listed word by itself: `school-girl` need not be joined."""
    return all(len(piece.text) > 2 and read_word(piece.text) for piece in pieces)


def _with_signs(piece: _Piece, after: str) -> str:
    """A word whose first or last letter is a sign: `$ex`, `@nal`, `boob$`."""
    head = piece.gap[-1] if piece.gap[-1:] in ("@", "$") else ""
    tail = "$" if after[:1] == "$" else ""
    return whole_word(head + piece.text + tail) if len(piece.text) > 1 else ""


def _censored(pieces: list[_Piece]) -> str:
    """What pieces with nothing but censoring signs between them stand for."""
    if not all(piece.gap and set(piece.gap) <= set(CENSORS) for piece in pieces[1:]):
        return ""
    pattern = pieces[0].text + "".join(piece.gap + piece.text for piece in pieces[1:])
    return read_censored(pattern)


def _sign(gap: str) -> str:
    """The letter-like signs between two pieces."""
    return "".join(sign for sign in gap if sign in _SIGNS)
