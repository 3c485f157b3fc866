"""The prompt syntax: what is a character, what is a negative, and that nothing is lost."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imgen import errors
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse, split_terms

if TYPE_CHECKING:
    from _typeshed import TraceFunction

PIECES = st.sampled_from(
    [
        *("@aya", "@Aya", "@b-c", "@", "@@", "a@b", "\\", "\\@", "(", ")", "\\(", "\\)"),
        *("(@aya:1.2)", "(x, -y:1.1)", ",", ", ", " ", "-", "--", "- ", "-red", "sci-fi", ":1.2"),
        *("word", "é", "\n", "\x00", "\ud800", "\udfff", "\u200b", "\u2028", "🦊", ".", "_", "1"),
        *("İ", "ñ"),
    ]
)
PROMPTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=200))


def parsed(text: str) -> ParsedPrompt | None:
    try:
        return parse(text)
    except errors.Invalid:
        return None


def test_the_documents_example_is_taken_apart_as_it_says() -> None:
    text = (
        "@aya black lingerie, sitting on bed, looking_at_viewer, warm lighting, "
        "-red dress, -ugly hands"
    )
    assert parse(text) == ParsedPrompt(
        character="aya",
        positive="black lingerie, sitting on bed, looking_at_viewer, warm lighting",
        negatives=("red dress", "ugly hands"),
    )
    assert format_prompt(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "character", "positive", "negatives"),
    [
        ("", "", "", ()),
        ("a fox", "", "a fox", ()),
        ("@aya", "aya", "", ()),
        ("@AYA a fox", "aya", "a fox", ()),
        ("a fox, @aya", "aya", "a fox", ()),
        ("a fox with @aya in snow", "aya", "a fox with in snow", ()),
        ("@aya, a fox", "aya", "a fox", ()),
        ("@aya a fox, @aya", "aya", "a fox", ()),
        ("(@aya:1.2) a fox", "aya", "a fox", ()),
        ("(a fox, @aya)", "aya", "(a fox, )", ()),
        ("@my-own_1 a fox", "my-own_1", "a fox", ()),
        ("-red dress", "", "", ("red dress",)),
        ("-red dress, a fox, -rain", "", "a fox", ("red dress", "rain")),
        ("@aya -red dress", "aya", "", ("red dress",)),
        ("-@aya", "aya", "", ()),
        ("a fox,-rain", "", "a fox", ("rain",)),
        ("a fox, - rain", "", "a fox", ("rain",)),
        ("a fox, --rain", "", "a fox", ("rain",)),
        ("a fox, -, --, ,", "", "a fox", ()),
        ("a fox -rain", "", "a fox -rain", ()),
        ("sci-fi city, state-of-the-art", "", "sci-fi city, state-of-the-art", ()),
        ("(warm light:1.2), a fox", "", "(warm light:1.2), a fox", ()),
        ("(red, -blue:1.1), -rain", "", "(red, -blue:1.1)", ("rain",)),
        ("-(red, blue:1.1), a fox", "", "a fox", ("(red, blue:1.1)",)),
        ("((a, b), c), -d", "", "((a, b), c)", ("d",)),
        (r"\(a, -b\)", "", r"\(a", (r"b\)",)),
        ("(a, -b", "", "(a", ("b",)),
        (r"painted by \@home", "", r"painted by \@home", ()),
        ("write to me@example.org", "", "write to me@example.org", ()),
        ("a sign with @ on it", "", "a sign with @ on it", ()),
        ("line\none,\ttwo\x00three", "", "line one, two three", ()),
        ("half \ud83e a fox", "", "half a fox", ()),
    ],
)
def test_each_part_lands_where_it_belongs(
    text: str, character: str, positive: str, negatives: tuple[str, ...]
) -> None:
    assert parse(text) == ParsedPrompt(character, positive, negatives)


@pytest.mark.parametrize(
    "text", ["@aya @mira", "@aya and @mira", "@aya@mira", "(@aya:1.1), (@mira)", "@aya, -@mira"]
)
def test_two_characters_are_refused(text: str) -> None:
    with pytest.raises(errors.Invalid, match="Invalid character") as caught:
        parse(text)
    assert (caught.value.code, caught.value.field) == ("invalid_character", "prompt")


@settings(max_examples=1500, deadline=None)
@given(PROMPTS)
@example("-b), a(")
@example("a(, -b, c)")
@example("@@aya")
@example("foo\\, -bar")
@example("\\ @aya(bar), -x)")
@example("@İx")
def test_formatting_and_parsing_again_gives_the_same(text: str) -> None:
    first = parsed(text)
    if first is not None:
        assert parse(format_prompt(first)) == first
        once = format_prompt(first)
        assert format_prompt(parse(once)) == once


@settings(max_examples=500, deadline=None)
@given(PROMPTS)
def test_what_comes_out_can_be_stored(text: str) -> None:
    found = parsed(text)
    if found is not None:
        stored = format_prompt(found)
        stored.encode("utf-8")
        assert "\x00" not in stored
        assert "\n" not in stored


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("abc xyz_()", min_size=1, max_size=12), max_size=8))
def test_no_term_gets_lost_or_changed_order(terms: list[str]) -> None:
    text = ", ".join(terms)
    joined = ", ".join(split_terms(text))
    assert joined.replace(" ", "").replace(",", "") == text.replace(" ", "").replace(",", "")


def work(text: str) -> int:
    """How many calls and lines the interpreter runs to parse a text: time without a clock."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal steps
        steps += 1
        return count

    previous = sys.gettrace()
    sys.settrace(count)
    try:
        parsed(text)
    finally:
        sys.settrace(previous)
    return steps


@pytest.mark.parametrize(
    "piece", ["(", ")", "@", "-", ",", "\\", "(@a", "(@a:1", "@a@", "x, -(y), ", "-( , ", "\ud800"]
)
def test_twice_the_text_is_about_twice_the_work(piece: str) -> None:
    small, large = work(piece * 2_000), work(piece * 4_000)
    assert large <= 2.5 * small + 200


@pytest.mark.parametrize("piece", ["(", "@a", "(@a:1", "@a-", "1.", "(@aaaa ", "-", "\\@", ", "])
def test_a_million_characters_do_no_harm(piece: str) -> None:
    found = parsed(piece * (1_000_000 // len(piece)))
    assert found is None or parse(format_prompt(found)) == found
