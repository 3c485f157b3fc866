from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.engines.diffusers.prompts.emphasis import Piece, is_weighted, pieces, plain
from tests.engines.diffusers.conftest import Ask, Weights

SOFT = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a red kite", [("a red kite", 1.0)]),
        ("a (red:1.3) kite", [("a ", 1.0), ("red", 1.3), (" kite", 1.0)]),
        ("(a, b: .5), c", [("a, b", 0.5), (", c", 1.0)]),
        ("((deep:2) wide:1.5)", [("deep", 3.0), (" wide", 1.5)]),
        ("(plain) words", [("(plain) words", 1.0)]),
        (r"\(kept:1.3\)", [("(kept:1.3)", 1.0)]),
        (r"a\@b", [("a@b", 1.0)]),
        ("(open:1.2", [("(open:1.2", 1.0)]),
        ("time 12:30", [("time 12:30", 1.0)]),
        ("(heavy:999)", [("heavy", 10.0)]),
        ("", []),
    ],
)
def test_weights_are_read(prompt: str, read: list[tuple[str, float]]) -> None:
    assert [(piece.text, round(piece.weight, 6)) for piece in pieces(prompt)] == read


@given(st.text("ab (),:.12\\@", max_size=60))
def test_any_text_can_be_read_and_reads_equal_neighbours_as_one(prompt: str) -> None:
    found = pieces(prompt)
    assert all(0 <= piece.weight <= 10 and piece.text for piece in found)
    assert all(one.weight != other.weight for one, other in itertools.pairwise(found))


@given(st.text("ab ,.:12", max_size=60))
def test_text_without_parentheses_and_backslashes_is_left_as_it_is(prompt: str) -> None:
    assert plain(prompt) == prompt
    assert not is_weighted(prompt)


def test_reading_takes_no_more_than_its_length() -> None:
    deep = "(" * 100_000 + "a" + ":1.1)" * 100_000
    assert pieces(deep)[0] == Piece("a", 10.0)


@SOFT
@pytest.mark.parametrize("name", ["sd15", "sdxl"])
async def test_what_stands_beyond_77_tokens_counts(name: str, weights: Weights, ask: Ask) -> None:
    start = "hills and meadows, " * 8
    one = await ask(weights(name), prompt=start + "a red kite")
    other = await ask(weights(name), prompt=start + "a blue boat")
    assert not np.array_equal(one.image, other.image)


@SOFT
@pytest.mark.parametrize("name", ["sd15", "sdxl"])
async def test_a_weight_changes_the_picture_and_a_weight_of_one_does_not(
    name: str, weights: Weights, ask: Ask
) -> None:
    bare = await ask(weights(name), prompt="a red kite")
    one = await ask(weights(name), prompt="a (red:1.0) kite")
    more = await ask(weights(name), prompt="a (red:1.5) kite")
    less = await ask(weights(name), prompt="a (red:0.5) kite")
    assert np.array_equal(bare.image, one.image)
    assert not np.array_equal(bare.image, more.image)
    assert not np.array_equal(more.image, less.image)


@SOFT
async def test_long_prompts_and_short_negatives_go_together(weights: Weights, ask: Ask) -> None:
    long = "hills and meadows, " * 12
    result = await ask(weights("sdxl"), prompt=long, negative_prompt="fog")
    other = await ask(weights("sdxl"), prompt="hills", negative_prompt=long)
    assert result.image.std() > 5
    assert other.image.std() > 5


@SOFT
async def test_windows_are_cut_at_commas(weights: Weights) -> None:
    weights("sd15")
    from transformers import CLIPTokenizer

    from imgen.engines.diffusers.prompts.clip_text import windows_of

    tokenizer: Any = CLIPTokenizer.from_pretrained(weights("sd15") / "tokenizer")
    terms = ", ".join(["meadow"] * 30)
    cut = windows_of(tokenizer, terms)
    comma = tokenizer(",", add_special_tokens=False).input_ids[-1]
    assert len(cut.tokens) > 1
    assert all(len(window) <= 75 and window[-1] == comma for window in cut.tokens[:-1])
