"""Cuts a prompt into items: content words in their common form, and the little words between."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from imgen.library.meaning.lexicon import Lexicon, Words

_REPLACEMENTS = (
    (re.compile(r"<[^<>]{0,100}>"), " "),  # <lora:name:0.8>
    (re.compile(r":\d+(?:\.\d+)?(?=\s*[)\]])"), " "),  # (warm light:1.2)
    (re.compile(r"[’`´]"), "'"),
    (re.compile(r"\bcan't\b"), "cannot"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'s\b"), ""),
    (re.compile(r"'(?:d|m|ll|ve|re)\b"), " "),
    (re.compile(r"(?<=\w)'(?=\w)"), ""),
    (re.compile(r"\bf/?(?=\d)"), "f"),  # f/1.8
    (re.compile(r"\b(\d+(?:\.\d+)?) (mm|cm|fps|k)\b"), r"\1\2"),
    (re.compile(r"\b(\d+)(?=(?:girl|boy|wom[ae]n|m[ae]n|other|people|person)s?\b)"), r"\1 "),
    (re.compile(r"--+|[–—]"), ","),
    (re.compile(r"(?<=\w)-(?=\w)|_"), " "),
)
_WORD = re.compile(r"\d+(?:\.\d+)?\w*|\w+|[,;.!?:|\n]")
_LESS = re.compile(r"[a-z]{3,}less")


class Role(StrEnum):
    """What an item does in a prompt."""

    WORD = "word"
    NUMBER = "number"
    DETERMINER = "determiner"
    RELATION = "relation"
    PLACE = "place"
    """At the left, at the right, in the foreground or background of the picture."""
    VERB = "verb"
    PASSIVE = "passive"
    BEING = "being"
    AND = "and"
    OR = "or"
    NOT = "not"
    LITTLE = "little"
    STOP = "stop"
    """A comma, or any other end of a phrase."""


@dataclass(frozen=True, slots=True)
class Item:
    """One word or phrase."""

    role: Role
    value: str
    """The form in which it is compared."""
    plural: bool = False
    one: bool = False
    """Says that there is exactly one: a, one, single, lone."""


_ONE = frozenset(("a", "an", "1", "one", "single", "lone", "solitary", "solo", "another"))


def words_of(text: str) -> list[str]:
    """Lower-case words, with a comma at the end of each phrase; brackets and weights are gone."""
    text = unicodedata.normalize("NFKC", text).casefold()
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return ["," if word in ",;.!?:|\n" else word for word in _WORD.findall(text)]


def items_of(text: str, lexicon: Lexicon) -> list[Item]:
    """The items of a prompt, in order. Takes time in proportion to the text's length."""
    return list(_Cutter(without_request(words_of(text), lexicon), lexicon).items())


def without_request(words: list[str], lexicon: Lexicon) -> list[str]:
    """The words after an opening such as "please create"; all of them where nothing is asked."""
    start = 0
    while (
        start < len(words) and words[start] in lexicon.request and words[start + 1 :][:1] != ["of"]
    ):
        start += 1  # "a render of" names what is asked for
    asks = set(words[:start]) - {"i", "we", "my", "us", "me", "you", "paint", "design"}
    return words[start:] if asks else words


class _Cutter:
    """Walks over the words of one prompt."""

    def __init__(self, words: list[str], lexicon: Lexicon) -> None:
        self._words = words
        self._lexicon = lexicon
        self._stems = [self._stem(index) for index in range(len(words))]
        self._classes: tuple[tuple[Role, Collection[str]], ...] = (
            (Role.STOP, (",",)),
            (Role.NOT, lexicon.negators),
            (Role.OR, lexicon.continuing),
            (Role.AND, lexicon.conjunctions),
            (Role.DETERMINER, _ONE),
            (Role.DETERMINER, lexicon.determiners),
            (Role.BEING, lexicon.being),
            (Role.RELATION, lexicon.relations.keys()),
            (Role.RELATION, lexicon.prepositions),
            (Role.LITTLE, lexicon.stop),
        )

    def _stem(self, at: int) -> str:
        word = self._words[at]
        if word in self._lexicon.doing and self._next(at) in self._lexicon.determiners:
            return self._lexicon.doing[word]
        return self._lexicon.stemmer.stem(word)

    def _next(self, at: int) -> str:
        return self._words[at + 1] if at + 1 < len(self._words) else ","

    def items(self) -> Iterator[Item]:
        position = 0
        while position < len(self._words):
            found, length = self._phrase(position) or (self._word(position), 1)
            position += length
            yield from found

    def _phrase(self, at: int) -> tuple[list[Item], int] | None:
        """The longest known phrase that begins here."""
        lexicon = self._lexicon
        for length in range(min(lexicon.longest, len(self._words) - at), 0, -1):
            written = tuple(self._words[at : at + length])
            stems = tuple(self._stems[at : at + length])
            if written in lexicon.phrases:
                return [self._made(lexicon.phrases[written])], length
            if written in lexicon.nobody:
                return [Item(Role.NOT, "not"), Item(Role.WORD, "person"), _STOP], length
            if stems in lexicon.quality:
                return [Item(Role.LITTLE, "")], length
            if self._is_known(written, stems) and (length > 1 or not self._is_little(at)):
                *first, last = lexicon.synonyms[stems].split("+")
                content = self._content(last, at + length - 1, length)
                return [*(Item(Role.WORD, word) for word in first), content], length
        return None

    def _is_known(self, written: Words, stems: Words) -> bool:
        """Whether this is a phrase of the lexicon; "car parked" is not "car park"."""
        acting = self._lexicon.acting.get(stems)
        if acting is None:
            return stems in self._lexicon.synonyms
        return self._lexicon.stemmer.acting(written) in acting

    def _made(self, name: str) -> Item:
        """The item that a phrase of the lexicon stands for."""
        if name.startswith("number_"):
            return Item(Role.NUMBER, "#" + name.removeprefix("number_"))
        if name.startswith("at_"):
            return Item(Role.PLACE, name)
        if name == "without":
            return Item(Role.NOT, "not")
        if name in self._lexicon.relations:
            return Item(Role.RELATION, self._lexicon.relations[name])
        if name == "with":
            return Item(Role.RELATION, "with")
        return Item(Role.WORD, name)

    def _is_little(self, at: int) -> bool:
        """A preposition; but what opens with "inside" shows an interior."""
        opens = at == 0 or self._words[at - 1] == ","
        return self._words[at] in self._lexicon.prepositions and not opens

    def _word(self, at: int) -> list[Item]:
        word, lexicon = self._words[at], self._lexicon
        for role, members in self._classes:
            if word in members:
                value = lexicon.relations.get(word, word)
                return [Item(role, value, one=word in _ONE)]
        if self._stems[at] in lexicon.stop:
            return [Item(Role.LITTLE, word)]
        return self._plain(at)

    def _plain(self, at: int) -> list[Item]:
        word, lexicon = self._words[at], self._lexicon
        if word.isdecimal() and word.isascii():
            return [Item(Role.NUMBER, "#" + (word.lstrip("0") or "0"))]
        if self._stems[at] in lexicon.numbers:
            return [Item(Role.NUMBER, "#" + lexicon.numbers[self._stems[at]])]
        if _LESS.fullmatch(word) and word not in lexicon.stemmer.unchanged:
            bare = word.removesuffix("less")
            inner = Item(Role.WORD, lexicon.synonyms.get((lexicon.stemmer.stem(bare),), bare))
            return [Item(Role.NOT, "not"), inner, Item(Role.LITTLE, "")]
        return [self._content(self._stems[at], at, 1)]

    def _content(self, value: str, last: int, length: int) -> Item:
        """A word or phrase with a meaning of its own, ending at `last`."""
        word, stem = self._words[last], self._stems[last]
        role = Role.WORD
        if length == 1 and self._next(last) == "by" and _is_participle(word, stem):
            role = Role.PASSIVE
        elif length == 1 and self._is_verb(last):
            role = Role.VERB
        return Item(role, value, plural=self._lexicon.stemmer.is_plural(word))

    def _opens(self, word: str) -> bool:
        """Whether a group of words begins with this one: an article or a number."""
        lexicon = self._lexicon
        return word in lexicon.determiners or word in lexicon.numbers or word.isdecimal()

    def _is_verb(self, at: int) -> bool:
        """-ing; -s after a noun ("a fox sleeps"); no ending after a plural ("foxes chase a hen").

        "A sleeping fox", after an article, is described rather than acting.
        """
        word, stem = self._words[at], self._stems[at]
        before = self._words[at - 1] if at else ","
        if self._opens(before) and before != "that":
            return False
        to_something = self._opens(self._next(at))
        if stem == word:
            return to_something and self._lexicon.stemmer.is_plural(before)
        if word.endswith("ing"):
            return True
        if not word.endswith("s") or before == "," or before in self._lexicon.prepositions:
            return False
        return to_something or stem in self._lexicon.verbs


def _is_participle(word: str, stem: str) -> bool:
    return stem != word and not word.endswith(("ing", "s"))


_STOP = Item(Role.STOP, ",")
