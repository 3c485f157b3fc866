"""What the request log keeps of a call's parameters."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from imgen.accounts.requests.redact import redact


@pytest.mark.parametrize(
    "name", ["api_key", "key", "Authorization", "password", "token", "client_secret", "apikey"]
)
def test_secrets_are_named_only(name: str) -> None:
    assert redact({name: "imgen_abc", "prompt": "a boat"}) == {
        name: "[redacted]",
        "prompt": "a boat",
    }


@pytest.mark.parametrize("name", ["keyboard", "monkey", "tokens_left", "secretary"])
def test_words_that_look_like_secrets_are_not(name: str) -> None:
    assert redact({name: "x"}) == {name: "x"}


def test_pictures_are_told_by_their_size() -> None:
    encoded = base64.b64encode(bytes(range(256)) * 4).decode()
    kept = redact(
        {
            "wm_image": encoded,
            "image": f"data:image/png;base64,{encoded}",
            "upload": b"12345",
            "items": [{"mask": encoded}],
        }
    )
    assert kept == {
        "wm_image": "[1368 characters of base64]",
        "image": "[data URI image/png, 1390 characters]",
        "upload": "[5 bytes]",
        "items": [{"mask": "[1368 characters of base64]"}],
    }


def test_prompts_are_kept_up_to_500_characters() -> None:
    kept = redact({"prompt": "a calm lake, " * 100})["prompt"]
    assert isinstance(kept, str)
    assert (len(kept), kept[:12], kept[-1]) == (500, "a calm lake,", "…")


def test_what_postgresql_does_not_store_is_left_out() -> None:
    assert redact({"a\0": "b\0\ud800", "n": float("nan")}) == {"a": "b", "n": None}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), _ANYTHING))
def test_anything_becomes_plain_json(parameters: dict[str, object]) -> None:
    json.loads(to_json(redact(parameters)), parse_constant=pytest.fail)


def test_a_huge_or_deep_body_stays_small() -> None:
    deep: object = "x"
    for _ in range(100):
        deep = {"in": [deep] * 60}
    wide = {f"field {number}": "word " * 500 for number in range(5000)}
    assert len(to_json(redact(wide))) < 40_000
    assert len(to_json(redact({"deep": [deep]}))) < 200_000
