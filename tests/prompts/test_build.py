"""A form's fields become one prompt that says each thing once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.errors import Invalid
from imgen.prompts.build import FIELDS, Parts, build
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.syntax import format_prompt, parse


def _built(**fields: str) -> str:
    return format_prompt(build(Parts(**fields)))


def test_the_documents_example_reads_as_one_prompt() -> None:
    assert (
        _built(
            subject="fox in a scarf", setting="snowy forest", mood="cozy", art_style="watercolor"
        )
        == "fox in a scarf, snowy forest, watercolor painting, cozy mood"
    )


def test_all_fields_come_in_a_fixed_order() -> None:
    built = _built(
        extras="fine detail",
        camera="85mm lens",
        lighting="golden hour",
        art_style="film still",
        mood="calm atmosphere",
        setting="harbour",
        subject="an old sailor",
    )
    assert built == (
        "an old sailor, harbour, film still, golden hour, 85mm lens, calm atmosphere, fine detail"
    )


@pytest.mark.parametrize("field", FIELDS)
def test_any_single_field_is_enough(field: str) -> None:
    assert "teapot" in _built(**{field: "teapot"})


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("mood", "cozy", "cozy mood"),
        ("mood", "a feeling of calm", "a feeling of calm"),
        ("mood", "cozy, quiet", "cozy, quiet"),
        ("lighting", "soft", "soft lighting"),
        ("lighting", "candlelight glow", "candlelight glow"),
        ("art_style", "anime", "anime style"),
        ("art_style", "Oil", "Oil painting"),
        ("art_style", "pencil", "pencil drawing"),
        ("art_style", "a poster of the twenties", "a poster of the twenties"),
        ("setting", "the old harbour", "in the old harbour"),
        ("setting", "in the old harbour", "in the old harbour"),
        ("subject", "a fox.", "a fox"),
    ],
)
def test_a_bare_word_is_told_what_it_describes(field: str, value: str, phrase: str) -> None:
    assert _built(**{field: value}) == phrase


def test_what_is_said_twice_is_built_in_once() -> None:
    assert _built(subject="soft light", lighting="Soft  light", extras="soft_light") == "soft light"


def test_a_character_and_negatives_may_stand_in_any_field() -> None:
    built = build(Parts(subject="reading a book", extras="@aya, -hat, -rain"))
    assert built.character == "aya"
    assert built.negatives == ("hat", "rain")
    assert built.positive == "reading a book"


@pytest.mark.parametrize("value", ["", "  ", " , . ", "-hat"])
def test_fields_that_say_nothing_are_refused_with_the_names_of_all(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        build(Parts(subject=value))
    assert all(name in refused.value.message for name in FIELDS)


def test_what_is_too_long_together_is_refused() -> None:
    long = "a very long story " * 70
    with pytest.raises(Invalid, match=str(LONGEST_PROMPT)):
        build(Parts(subject=long, extras=long + "goes on"))


@given(st.sampled_from(FIELDS), st.text(max_size=200))
def test_whatever_is_sent_gives_a_prompt_that_parses_to_itself_or_a_refusal(
    field: str, value: str
) -> None:
    try:
        prompt = build(replace(Parts(subject="a fox"), **{field: value}))
    except Invalid:
        return
    assert parse(format_prompt(prompt)) == prompt
