"""What is embedded is the picture, not the request for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.library.meaning import essence


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("masterpiece, best quality, a wolf in the mist, 8k", "a wolf in the mist"),
        ("please draw a highly detailed castle", "a castle"),
        ("I would like a lake at dawn", "a lake at dawn"),
        ("(warm light:1.2), [a girl]", "warm light, a girl"),
        ("a man with no hat", "a man with no hat"),
        ("render of a steam engine, sharp focus", "render of a steam engine"),
    ],
)
def test_requests_and_orders_for_quality_are_taken_off(text: str, left: str) -> None:
    assert essence(text) == left


def test_a_prompt_that_is_nothing_but_praise_stays() -> None:
    assert essence(" 8k, masterpiece ") == "8k, masterpiece"


@given(st.text(max_size=200))
def test_something_is_left_of_every_text_that_says_something(text: str) -> None:
    assert bool(essence(text)) == bool(text.strip())
