"""A tone, however it is worded, becomes terms that can stand in a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.catalog.load import load_catalog
from imgen.prompts.syntax import parse
from imgen.prompts.tone import tone_terms

_STYLES = load_catalog(()).styles


@pytest.mark.parametrize(
    ("tone", "terms"),
    [
        ("", []),
        ("please", []),
        ("cozy, quiet", ["cozy", "quiet"]),
        ("make it more epic!", ["epic"]),
        ("it should feel calm.", ["calm"]),
        ("a bit warmer, please", ["warmer"]),
        ("much more dramatic light", ["dramatic light"]),
        ("dark and moody, -hat", ["dark and moody"]),
        ("@aya, cozy", ["aya", "cozy"]),
    ],
)
def test_orders_and_courtesies_are_left_out(tone: str, terms: list[str]) -> None:
    assert list(tone_terms(tone, _STYLES)) == terms


@pytest.mark.parametrize(
    ("tone", "key"),
    [
        ("anime", "anime"),
        ("watercolour", "watercolour"),
        ("in a watercolor style", "watercolour"),
        ("Make it an oil painting", "oil"),
        ("low-poly", "low-poly"),
        ("Pixel Art", "pixel-art"),
        ("more cinematic", "cinematic"),
        ("3D look", "3d"),
    ],
)
def test_a_style_that_is_named_brings_its_first_words(tone: str, key: str) -> None:
    terms = list(tone_terms(tone, _STYLES))
    assert terms[-2:] == list(_STYLES[key].positive[:2])
    assert len(set(terms)) == len(terms)


@given(st.text(max_size=200))
def test_no_tone_names_a_character_or_a_negative(tone: str) -> None:
    for term in tone_terms(tone, _STYLES):
        parsed = parse(term)
        assert parsed.character == ""
        assert parsed.negatives == ()
