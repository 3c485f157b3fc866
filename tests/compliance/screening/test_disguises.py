"""However a listed word is disguised, it is heard."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.compliance.screening import screen
from imgen.compliance.screening.fold import fold
from imgen.compliance.screening.lexicon import lexicon

FIGURES = str.maketrans("oieastb", "0134578")
CYRILLIC = str.maketrans("aeopcyxsij", "аеорсухѕіј")
GREEK = str.maketrans("aonvi", "αοηνι")
SMALL_CAPITALS = str.maketrans("abcdeghijklmnoprtuvwz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡᴢ")
SIGNS = str.maketrans("as", "@$")

Trick = Callable[[str], str]


def shifted(start: int) -> Trick:
    """Letters of another alphabet that begins at a code point."""
    return lambda word: "".join(chr(start + ord(letter) - ord("a")) for letter in word)


LETTERS: dict[str, Trick] = {
    "as it is": lambda word: word,
    "capitals": str.upper,
    "figures": lambda word: word[0] + word[1:].translate(FIGURES),
    "signs within": lambda word: word[0] + word[1:-1].translate(SIGNS) + word[-1],
    "Cyrillic": lambda word: word.translate(CYRILLIC),
    "Greek": lambda word: word.translate(GREEK),
    "small capitals": lambda word: word.translate(SMALL_CAPITALS),
    "fullwidth": shifted(0xFF41),
    "mathematical bold": shifted(0x1D41A),
    "mathematical script": shifted(0x1D4EA),
    "circled": shifted(0x24D0),
    "squared": shifted(0x1F170),
    "flags": shifted(0x1F1E6),
    "accents": lambda word: unicodedata.normalize("NFC", "\u0301".join(word) + "\u0308"),
    "struck through": lambda word: "\u0336".join(word) + "\u0336",
    "zero-width": "\u200b".join,
    "joiners": "\u2060".join,
    "soft hyphens": "\u00ad".join,
    "tags": "\U000e0061".join,
    "repeated": lambda word: "".join(letter * 3 for letter in word),
    "last repeated": lambda word: word + word[-1] * 4,
    "figures after": lambda word: word + "99",
}
GAPS = ["", " ", "  ", ".", "-", "_", "/", "|", " . ", ", ", "*", "~", "\n"]


def plain_words() -> list[tuple[str, str]]:
    """Listed single words of the Latin alphabet with their category, four letters at least."""
    found = []
    for word, place in lexicon().listed.next.items():
        for words, listed in place.ending.items():
            if words == (word,) and word.isascii() and word.isalpha() and len(word) >= 4:
                found += [(word, one.category) for one in listed if one.score >= 0.8]
    return found


def heard(text: str) -> set[str]:
    return {signal.name.removeprefix("prompt.") for signal in screen(text)}


def test_there_are_words_to_disguise() -> None:
    assert len(plain_words()) > 200


@given(
    st.sampled_from(plain_words()),
    st.sampled_from(sorted(LETTERS)),
    st.sampled_from(["{}", "a photo of {}, by the window", "({}:1.3), tree", "\n{}!", "#{}"]),
)
def test_a_listed_word_in_other_letters_is_heard(
    word: tuple[str, str], trick: str, frame: str
) -> None:
    text = frame.format(LETTERS[trick](word[0]))
    assert word[1] in heard(text), text


@given(st.sampled_from(plain_words()), st.sampled_from(GAPS), st.booleans())
def test_a_listed_word_spelt_out_is_heard(word: tuple[str, str], gap: str, capitals: bool) -> None:
    spelt = gap.join(word[0].upper() if capitals else word[0])
    assert word[1] in heard(f"a photo of {spelt}, by the window"), spelt


@given(
    st.sampled_from(plain_words()),
    st.sampled_from(["figures", "Cyrillic", "small capitals", "fullwidth", "circled"]),
    st.sampled_from([" ", ".", "-", "\u200b", "\u0336"]),
)
def test_two_disguises_at_once_are_heard(word: tuple[str, str], trick: str, gap: str) -> None:
    text = gap.join(LETTERS[trick](word[0]))
    assert word[1] in heard(text), text


@pytest.mark.parametrize(
    "text",
    [
        *("nu de woman", "n ude", "nud e", "n-ude", "nu.de", "n[u]de", "n(u)de", "nu/de"),
        *("n*de woman", "nakedwoman", "NudeWoman", "nudez", "n u d e w o m a n", "nude_female"),
        *("t0pl3ss", "b00bs out", "nvde", "nekkid", "nud3s", "@nude", "голая", "ヌード", "n@ked"),
    ],
)
def test_other_ways_to_hide_a_word_are_heard(text: str) -> None:
    assert "nudity" in heard(text)


@pytest.mark.parametrize("text", ["$ex scene", "s€x", "p0rn", "h3nta1", "pr0n", "p*rn", "blow-job"])
def test_signs_for_letters_are_heard(text: str) -> None:
    assert "sexual" in heard(text)


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_ordinary_text_is_folded_to_small_letters_alone() -> None:
    assert fold("Straße, Café & It's 4K\t(ok)") == "strasse, cafe & its 4k (ok)"
