"""Whether a hash is near any of many is never missed and never made up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imgen.compliance.hash_lists.among import near_any

Hashes = st.lists(st.integers(0, 2**256 - 1), max_size=8)


@given(pictures=Hashes, hashes=Hashes, within=st.integers(0, 140), data=st.data())
def test_all_that_are_near_some_hash_are_found_and_no_other(
    pictures: list[int], hashes: list[int], within: int, data: st.DataObject
) -> None:
    if hashes:  # random ones are never near
        flips = data.draw(st.sets(st.integers(0, 255), max_size=40))
        pictures.append(hashes[0] ^ sum(1 << bit for bit in flips))
    expected = [
        place
        for place, one in enumerate(pictures)
        if any((one ^ other).bit_count() <= within for other in hashes)
    ]
    found = near_any(
        [f"{one:064x}" for one in pictures], [f"{one:064x}" for one in hashes], within=within
    )
    assert found == expected


def test_a_match_beyond_the_first_block_of_hashes_is_found() -> None:
    far = ["0" * 64] * 1200
    assert near_any(["f" * 64, "0" * 32 + "f" * 32], [*far, "f" * 64], within=31) == [0]
