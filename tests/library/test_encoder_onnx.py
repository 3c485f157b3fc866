"""The encoder as the library uses it: opened, asked, closed."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from imgen.errors import Invalid, Unavailable
from imgen.library.embed.encoder import Encoder
from imgen.library.embed.onnx_encoder import OnnxEncoder


@pytest.fixture
async def encoder() -> AsyncIterator[OnnxEncoder]:
    opened = await OnnxEncoder.open()
    yield opened
    await opened.close()


async def score(encoder: Encoder, one: str, other: str) -> float:
    first, second = await encoder.encode([one, other])
    return float(first @ second)


async def test_like_meanings_score_higher_than_unlike_ones(encoder: OnnxEncoder) -> None:
    alike = await score(encoder, "a bunny in the grass", "a rabbit in a meadow")
    unlike = await score(encoder, "a bunny in the grass", "a sports car at night")
    assert alike > 0.7
    assert unlike < 0.3


async def test_vectors_come_in_the_order_of_the_texts(encoder: OnnxEncoder) -> None:
    vectors = await encoder.encode(["a cat", "", "a cat"])
    assert vectors.shape == (3, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])


async def test_no_texts_give_no_vectors(encoder: OnnxEncoder) -> None:
    assert (await encoder.encode([])).shape == (0, encoder.dimensions)


async def test_half_a_surrogate_pair_is_refused_with_its_place(encoder: OnnxEncoder) -> None:
    with pytest.raises(Invalid, match="position 5"):
        await encoder.encode(["fine", "bad \ud83d text"])


async def test_many_callers_get_their_own_answers(encoder: OnnxEncoder) -> None:
    texts = [f"{number} boats on a lake" for number in range(100)]
    answers = await asyncio.gather(*(encoder.encode([text]) for text in texts))
    together = await encoder.encode(texts)
    assert min((one[0] * other).sum() for one, other in zip(answers, together, strict=True)) > 0.999


async def test_the_event_loop_stays_free_while_texts_are_encoded(encoder: OnnxEncoder) -> None:
    work = asyncio.create_task(encoder.encode([f"a tree, version {n}" for n in range(200)]))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_a_closed_encoder_says_so() -> None:
    encoder = await OnnxEncoder.open()
    await encoder.close()
    with pytest.raises(Unavailable):
        await encoder.encode(["a cat"])
