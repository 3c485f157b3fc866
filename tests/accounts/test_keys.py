"""The shape of a key: recognisable, checkable, and nothing of it kept."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from imgen.accounts import keys


def test_a_key_can_be_found_by_a_scanner() -> None:
    assert re.fullmatch(r"imgen_[0-9A-Za-z]{38}", keys.new_secret())


def test_two_keys_differ() -> None:
    assert keys.new_secret() != keys.new_secret()


def test_a_key_passes_its_own_checksum() -> None:
    assert keys.looks_right(keys.new_secret())


@given(st.integers(6, 43), st.sampled_from("0aZ9"))
def test_one_changed_character_is_noticed(place: int, character: str) -> None:
    secret = keys.new_secret()
    changed = secret[:place] + character + secret[place + 1 :]
    assert keys.looks_right(changed) == (changed == secret)


@given(st.text())
def test_other_texts_are_not_keys(text: str) -> None:
    assert not keys.looks_right(text)


def test_the_hint_gives_nothing_away() -> None:
    secret = keys.new_secret()
    assert secret.startswith(keys.hint(secret))
    assert len(keys.hint(secret)) <= 12


def test_the_digest_does_not_contain_the_secret() -> None:
    secret = keys.new_secret()
    assert secret.encode() not in keys.digest(secret)
    assert keys.digest(secret) == keys.digest(secret) != keys.digest(keys.new_secret())
