"""Captions made of prompts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.library.caption.captioner import LONGEST
from imgen.library.caption.plain import plain_terms, plain_text
from imgen.library.caption.prompt_captioner import PromptCaptioner, sentence


@pytest.mark.parametrize(
    ("prompt", "caption"),
    [
        (
            "portrait, shallow depth of field, warm sunset light",
            "A portrait with shallow depth of field and warm sunset light.",
        ),
        (
            "misty lake, golden dawn light, reflections on still water",
            "A misty lake with golden dawn light and reflections on still water.",
        ),
        (
            "masterpiece, best quality, (red fox:1.3) in snow, <lora:x:0.6>, 8k, cinematic",
            "A red fox in snow, in a cinematic style.",
        ),
        ("an owl, sitting on a branch, moonlight", "An owl sitting on a branch with moonlight."),
        ("mountains at dawn", "Mountains at dawn."),
        ("two cats playing chess, anime style", "Two cats playing chess, in anime style."),
        (
            "A man stands on a hill. The sun sets behind him, and birds fly.",
            "A man stands on a hill. The sun sets behind him, and birds fly.",
        ),
        ("cinematic, moody", "A cinematic and moody picture."),
        ("日本の庭園, 桜", "日本の庭園 with 桜."),
        ("", "A picture."),
        ("masterpiece, best quality", "A picture."),
        ("...", "A picture."),
    ],
)
def test_a_prompt_becomes_a_readable_sentence(prompt: str, caption: str) -> None:
    assert sentence(prompt) == caption


@given(st.text(max_size=400))
def test_every_caption_is_one_short_line_with_a_stop(prompt: str) -> None:
    caption = sentence(prompt)
    assert 0 < len(caption) <= LONGEST
    assert caption[-1] in ".!?"
    assert len(caption.splitlines()) == 1


@given(st.text(alphabet="abc ,():<>[]{}|\\+-.1_", max_size=120))
def test_syntax_is_gone_and_words_stay(prompt: str) -> None:
    assert not set(plain_text(prompt.replace("\\", ""))) & set("()[]{}")
    terms = plain_terms(prompt)
    assert len({term.casefold() for term in terms}) == len(terms)


@pytest.mark.parametrize(
    ("prompt", "terms"),
    [
        ("(red fox:1.2), ((snow)), [mist]", ["red fox", "snow", "mist"]),
        ("fox <lora:a_b:0.8>, embedding:easyneg, snow", ["fox", "snow"]),
        ("a fox BREAK a barn AND hay", ["a fox", "a barn", "hay"]),
        ("[day:night:0.5], {red|blue} door, [cat|dog]", ["night", "red door", "cat"]),
        ("fox++, (old barn)1.4, (snow)--", ["fox", "old barn", "snow"]),
        (r"looking_at_viewer, smile \(happy\)", ["looking at viewer", "smile (happy)"]),
        ("16:9 frame, sci-fi city", ["16:9 frame", "sci-fi city"]),
    ],
)
def test_every_generators_syntax_is_understood(prompt: str, terms: list[str]) -> None:
    assert plain_terms(prompt) == terms


async def test_the_captioner_looks_at_nothing_but_the_prompt() -> None:
    captioner = PromptCaptioner()
    assert not captioner.looks
    assert await captioner.caption(None, "a red fox", ("snow",)) == "A red fox."
