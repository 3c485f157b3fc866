"""Ids are typed by prefix, of a fixed length, and never the same."""

from __future__ import annotations

import re

import pytest

from imgen import ids


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (ids.job_id, r"run_[a-z0-9]{24}"),
        (ids.cache_id, r"cache_[a-z0-9]{24}"),
        (ids.request_id, r"req_[a-z0-9]{20}"),
        (ids.account_id, r"acc_[a-z0-9]{16}"),
        (ids.key_id, r"key_[a-z0-9]{16}"),
        (ids.gen_id, r"[a-z0-9]{20}"),
    ],
)
def test_an_id_has_its_shape_and_is_new(make: object, shape: str) -> None:
    assert callable(make)
    made = {make() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(shape, one) for one in made)


def test_every_character_of_the_alphabet_is_drawn() -> None:
    assert len(set("".join(ids.gen_id() for _ in range(300)))) == 36


def test_a_payload_has_48_bits_and_follows_from_the_generation() -> None:
    assert ids.payload_of("a" * 20) == ids.payload_of("a" * 20) != ids.payload_of("b" * 20)
    assert all(0 <= ids.payload_of(ids.gen_id()) < 2**48 for _ in range(200))
