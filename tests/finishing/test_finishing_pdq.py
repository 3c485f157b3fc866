"""PDQ is near for pictures that look alike, far for others, and the same as everyone's PDQ."""

import io

import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from imgen.finishing.pdq import MATCH_DISTANCE, distance, pdq
from tests.finishing.pictures import photograph

Pixels = NDArray[np.uint8]
PHOTOS: dict[str, Pixels] = {
    name: photograph(name) for name in ("astronaut", "coffee", "chelsea", "rocket")
}


@pytest.mark.parametrize("name", PHOTOS)
def test_the_hash_is_the_one_that_the_reference_code_makes_of_the_whole_picture(name: str) -> None:
    bits, quality = pdqhash.compute(np.ascontiguousarray(PHOTOS[name]))
    reference = f"{int(''.join(map(str, bits)), 2):064x}"
    ours = pdq(PHOTOS[name])  # these four are not halved; only the grey is rounded before
    assert distance(ours.hash, reference) <= 2
    assert abs(ours.quality - quality) <= 1


@pytest.mark.parametrize("shape", [(768, 1344), (1344, 768), (700, 64), (63, 129), (1500, 1400)])
def test_halved_or_stretched_it_is_near_the_reference(shape: tuple[int, int]) -> None:
    photo = np.asarray(Image.fromarray(PHOTOS["coffee"]).resize(shape[::-1]))
    bits, quality = pdqhash.compute(np.ascontiguousarray(photo))
    reference = f"{int(''.join(map(str, bits)), 2):064x}"
    assert distance(pdq(photo).hash, reference) <= 16
    assert abs(pdq(photo).quality - quality) <= 2


@pytest.mark.parametrize("name", PHOTOS)
def test_half_the_size_and_recompressed_is_still_a_match(name: str) -> None:
    picture = Image.fromarray(PHOTOS[name])
    small = picture.resize((picture.width // 2, picture.height // 2))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=50)
    with Image.open(buffer) as again:
        seen = pdq(np.asarray(again))
    assert distance(seen.hash, pdq(PHOTOS[name]).hash) <= MATCH_DISTANCE


def test_different_photographs_are_far_apart() -> None:
    hashes = [pdq(photo).hash for photo in PHOTOS.values()]
    apart = [distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(apart) > 2 * MATCH_DISTANCE


def test_transparency_is_seen_on_white() -> None:
    photo = PHOTOS["coffee"]
    hole = np.zeros(photo.shape[:2], bool)
    hole[100:300, 100:400] = True
    see_through = np.dstack([photo, np.where(hole, 0, 255).astype(np.uint8)])
    on_white = photo.copy()
    on_white[hole] = 255
    assert distance(pdq(see_through).hash, pdq(on_white).hash) <= 4


def test_a_flat_picture_says_that_its_hash_means_little() -> None:
    assert pdq(np.full((300, 200, 3), 90, np.uint8)).quality < 10
    assert pdq(PHOTOS["rocket"]).quality > 50


@pytest.mark.parametrize("size", [(1, 1), (2, 700), (700, 2), (33, 65)])
def test_odd_sizes_are_hashed_too(size: tuple[int, int]) -> None:
    assert len(pdq(np.full((*size, 3), 7, np.uint8)).hash) == 64


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_distance_counts_differing_bits(one: int, other: int) -> None:
    expected = sum(a != b for a, b in zip(f"{one:0256b}", f"{other:0256b}", strict=True))
    assert distance(f"{one:064x}", f"{other:064x}") == expected
