"""Text without its disguises: one plain letter for every letter that only looks different."""

from __future__ import annotations

import unicodedata

_LOOKS_LIKE = {
    "a": "аɑαᴀ∂ⲁаⱥɐꭺᎪ🅐🅰",
    "b": "ьвβʙƀɓᏏ🅑🅱",
    "c": "сϲᴄƈȼⲥᏟ¢🅒🅲",
    "d": "ԁɗđᴅɖᎠ🅓🅳",
    "e": "еєɛεᴇəɘɇҽⲉᎬ€℮ǝ🅔🅴",
    "f": "ғƒꜰϝ🅕🅵",
    "g": "ɡɢǥɠԍᏀ🅖🅶",
    "h": "һнʜħհɦᎻ🅗🅷",
    "i": "іıɪιɨΙⲓاᎥ🅘🅸",
    "j": "јᴊϳɉᎫ🅙🅹",
    "k": "кκᴋƙҝᏦ🅚🅺",
    "l": "ʟłɭƚⅼӏӀᏞ🅛🅻",
    "m": "мᴍɱᎷ🅜🅼",
    "n": "пηɴɲŋոנ🅝🅽",
    "o": "оοᴏøօσөסⲟ๐໐०০🅞🅾",
    "p": "рρᴘƥⲣᏢ🅟🅿",
    "q": "ԛɋգ🅠🆀",
    "r": "гʀɍɾᖇᏒ🅡🆁",
    "s": "ѕꜱʂƽᏚ🅢🆂",
    "t": "тτᴛŧƭᎢ🅣🆃",
    "u": "υᴜսʉцυ🅤🆄",
    "v": "νᴠѵᏙ🅥🆅",
    "w": "ԝωᴡшɯᎳ🅦🆆",
    "x": "хχⲭ×🅧🆇",
    "y": "уγʏүყɏᎽ🅨🆈",
    "z": "ᴢʐƶᏃ🅩🆉",
    "ss": "ßẞ",
    "ae": "æ",
    "oe": "œ",
    "th": "þ",
}
"""Letters → characters drawn like them that Unicode does not count as the same letter."""

_REGIONAL_A = 0x1F1E6
"""Flags are spelt with these: 26 letters from here on."""
_MOST_KEPT = 20_000
"""Characters whose folding is remembered; the rest is worked out anew each time."""
_INVISIBLE_LETTERS = frozenset("ᅟᅠㅤﾠ")
"""Hangul fillers: letters by their category, and nothing to see."""
_APOSTROPHES = frozenset("'’ʼ`´‘")
_SILENT = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


class _Folding(dict[int, str]):
    """Code point → what it is read as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        read = _read(chr(code))
        if len(self) < _MOST_KEPT:
            self[code] = read
        return read


def fold(text: str) -> str:
    """A text in plain lower-case letters where it has letters that look like them.

    Accents, invisible characters and apostrophes vanish; fullwidth, circled, mathematical and
    look-alike letters of other scripts become Latin ones; control characters that are no space
    vanish too. Letters of other scripts that look like no Latin one stay.
    """
    return text.translate(_folding)


def _read(character: str) -> str:
    if character.isspace():
        return "\n" if character in "\n\r\v\f\x85\u2028\u2029" else " "
    return "".join(map(_read_plain, unicodedata.normalize("NFKD", character.casefold())))


def _read_plain(character: str) -> str:
    """One character of a compatibility decomposition, which may be another capital."""
    small = character.casefold()
    if small in _alike:
        return _alike[small]
    if small in _APOSTROPHES or small in _INVISIBLE_LETTERS:
        return ""
    category = unicodedata.category(character)
    if category in _SILENT or category == "Cc":
        return ""
    if 0 <= ord(character) - _REGIONAL_A < 26:
        return chr(ord("a") + ord(character) - _REGIONAL_A)
    return small


_alike = {one: letter for letter, ones in _LOOKS_LIKE.items() for one in ones.casefold()} | {
    one: letter for letter, ones in _LOOKS_LIKE.items() for one in ones
}
# "ß" folds to "ss" by itself; its parts must stay what they are.
_alike = {one: letter for one, letter in _alike.items() if not one.isascii()}
_folding = _Folding()
