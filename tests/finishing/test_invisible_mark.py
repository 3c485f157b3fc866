"""What the invisible mark promises: it is there, it is not seen, and only its key reads it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from bench.invisible import Picture, drawings, photographs
from imgen.errors import Invalid
from imgen.finishing.invisible import PAYLOAD_BITS, Detection, detect, embed
from imgen.finishing.invisible.reading import _log_chance

KEY = b"sixteen bytes or more"
OTHER_KEY = b"sixteen bytes or morf"
PAYLOAD = 0x0123_4567_89AB


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    return photographs() | drawings()


def make_picture(width: int, height: int) -> Picture:
    """Soft colours with a little grain."""
    chance = np.random.default_rng(width * 4096 + height)
    rough = chance.uniform(20, 235, (8, 8, 3)).astype(np.float32)
    smooth = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = chance.normal(0, 4, (height, width, 1))
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**PAYLOAD_BITS - 1), st.integers(256, 1200), st.integers(256, 900))
def test_any_payload_is_read_back_from_a_picture_of_any_size(
    payload: int, width: int, height: int
) -> None:
    seen = detect(embed(make_picture(width, height), payload, KEY), KEY)
    assert seen.found
    assert seen.payload == payload
    assert seen.false_alarm < 1e-6


def test_a_strip_of_2048_by_256_carries_it_too() -> None:
    for width, height in ((2048, 256), (256, 2048)):
        assert detect(embed(make_picture(width, height), PAYLOAD, KEY), KEY).payload == PAYLOAD


def test_the_mark_is_hardly_measurable_on_average(pictures: dict[str, Picture]) -> None:
    quality = [_quality(picture, embed(picture, PAYLOAD, KEY)) for picture in pictures.values()]
    assert len(quality) >= 30
    psnr, ssim = np.mean(quality, axis=0)
    assert psnr >= 42
    assert ssim >= 0.98


def _quality(picture: Picture, marked: Picture) -> tuple[float, float]:
    """PSNR over all channels, SSIM over green: the mark is the same in each."""
    ssim = structural_similarity(picture[..., 1], marked[..., 1])
    return float(cv2.PSNR(picture, marked)), float(ssim)


def test_the_same_input_gives_the_same_pixels_on_any_thread(pictures: dict[str, Picture]) -> None:
    picture = pictures["coffee"]
    alone = embed(picture, PAYLOAD, KEY)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: embed(picture, PAYLOAD, KEY), range(4)))
        seen = list(pool.map(lambda _: detect(alone, KEY), range(4)))
    assert all(np.array_equal(alone, marked) for marked in together)
    assert len(set(seen)) == 1


def test_the_original_is_left_alone(pictures: dict[str, Picture]) -> None:
    before = pictures["coffee"].copy()
    embed(pictures["coffee"], PAYLOAD, KEY)
    assert np.array_equal(before, pictures["coffee"])


@pytest.mark.parametrize("name", ["rocket", "grey", "bokeh", "noise"])
def test_another_key_finds_nothing(pictures: dict[str, Picture], name: str) -> None:
    assert not detect(embed(pictures[name], PAYLOAD, KEY), OTHER_KEY).found


def test_a_picture_marked_with_two_keys_answers_to_both(pictures: dict[str, Picture]) -> None:
    twice = embed(embed(pictures["china"], 1, KEY), 2, OTHER_KEY)
    assert (detect(twice, KEY).payload, detect(twice, OTHER_KEY).payload) == (1, 2)


def test_nothing_is_found_where_nothing_is(pictures: dict[str, Picture]) -> None:
    unmarked = [p for p in pictures.values() if p.size < 1_000_000]
    assert not any(detect(picture, KEY).found for picture in unmarked)
    assert detect(unmarked[0], KEY).confidence == 0


@pytest.mark.parametrize("shape", [(1, 1), (40, 2000), (64, 64), (100, 100)])
def test_a_picture_too_small_to_carry_a_mark_has_none(shape: tuple[int, int]) -> None:
    assert not detect(np.zeros((*shape, 3), np.uint8), KEY).found


def test_it_tells_what_happened_to_the_picture(pictures: dict[str, Picture]) -> None:
    marked = embed(pictures["landscape"], PAYLOAD, KEY)
    smaller = cv2.resize(marked, (1008, 576), interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert _seen(smaller).scale == pytest.approx((0.75, 0.75), abs=0.02)
    mirrored = _seen(np.ascontiguousarray(marked[:, ::-1]))
    assert mirrored.flipped
    assert mirrored.rotation == pytest.approx(0, abs=0.2)
    turned = _seen(np.ascontiguousarray(np.rot90(marked, -1)))
    assert turned.rotation == pytest.approx(90, abs=0.2)
    assert not turned.flipped
    matrix = cv2.getRotationMatrix2D((672, 384), -3, 1)
    tilted = cv2.warpAffine(marked, matrix, (1344, 768)).astype(np.uint8)
    assert _seen(tilted).rotation == pytest.approx(3, abs=0.2)


def _seen(picture: Picture) -> Detection:
    seen = detect(picture, KEY)
    assert seen.payload == PAYLOAD
    return seen


@pytest.mark.parametrize("waves", [1, 4, 16, 128])
@pytest.mark.parametrize("score", [0.5, 1.0, 2.0, 3.0])
def test_the_stated_chance_of_a_false_alarm_is_never_too_low(waves: int, score: float) -> None:
    """Against sums of cosines of random phases; and never looser than a Gaussian's bound."""
    loudness = np.full(waves, np.sqrt(2 / waves))
    chance = np.random.default_rng(waves).uniform(0, 2 * np.pi, (100_000, waves))
    seen = float(np.mean(np.cos(chance) @ loudness >= score))
    bound = np.exp(_log_chance(score, loudness))
    assert seen <= bound <= np.exp(-(score**2) / 2) + 1e-12


@pytest.mark.parametrize("payload", [-1, 2**PAYLOAD_BITS])
def test_a_payload_that_does_not_fit_is_refused(payload: int) -> None:
    with pytest.raises(Invalid, match="payload"):
        embed(make_picture(256, 256), payload, KEY)


@pytest.mark.parametrize("shape", [(256, 256), (256, 256, 4), (20, 256, 3)])
def test_a_picture_that_cannot_be_marked_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(Invalid):
        embed(np.zeros(shape, np.uint8), PAYLOAD, KEY)


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(Invalid, match="key"):
        embed(make_picture(256, 256), PAYLOAD, b"short")
    with pytest.raises(Invalid, match="key"):
        detect(make_picture(256, 256), b"short")
