"""The payload's way into channel bits and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imgen.finishing.invisible.codec import CODE_BITS, PAYLOAD_BITS, decode, encode

KEY = b"sixteen bytes or more"
payloads = st.integers(0, 2**PAYLOAD_BITS - 1)
quick = settings(max_examples=30, deadline=None)


@quick
@given(payloads)
def test_what_is_encoded_is_decoded(payload: int) -> None:
    code = encode(payload, KEY)
    found, again = decode(code, KEY)
    assert found == payload
    assert np.array_equal(again, code)


@quick
@given(payloads, st.integers(0, 2**32 - 1))
def test_noise_that_flips_a_tenth_of_the_bits_is_corrected(payload: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.78, CODE_BITS)
    noisy = (encode(payload, KEY) + noise).astype(np.float32)
    assert decode(noisy, KEY)[0] == payload


@quick
@given(payloads, st.integers(0, 30))
def test_a_run_of_lost_bits_is_filled_in_wherever_it_lies(payload: int, start: int) -> None:
    code = encode(payload, KEY)
    lost = (np.arange(24) + 8 * start) % CODE_BITS
    code[lost] = 0
    assert decode(code, KEY)[0] == payload


def test_a_word_made_with_another_key_has_the_wrong_tag() -> None:
    code = encode(123_456_789, KEY)
    assert decode(code, b"another secret altogether")[0] is None


def test_chance_seldom_makes_a_fitting_tag() -> None:
    chance = np.random.default_rng(1)
    words = (chance.normal(size=CODE_BITS).astype(np.float32) for _ in range(200))
    assert [decode(word, KEY)[0] for word in words] == [None] * 200


def test_neighbouring_payloads_differ_in_many_channel_bits() -> None:
    codes = [encode(payload, KEY) for payload in range(40)]
    apart = [np.count_nonzero(codes[0] != other) for other in codes[1:]]
    assert min(apart) > 40
