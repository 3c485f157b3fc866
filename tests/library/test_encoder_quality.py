"""The encoder that ships with imgen, measured against the original's vectors."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(read_folder(BUILT_IN))


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    return (DATA / "encoder_prompts.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def original() -> NDArray[np.float32]:
    vectors = np.load(DATA / "encoder_reference.npy").astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def ours(network: Network, prompts: list[str]) -> NDArray[np.float32]:
    return np.concatenate(
        [network.vectors(prompts[i : i + 32]) for i in range(0, len(prompts), 32)]
    )


def nearest_ten(vectors: NDArray[np.float32]) -> list[set[int]]:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    return [set(row) for row in np.argsort(-scores, axis=1)[:, :10].tolist()]


def test_vectors_point_where_the_originals_point(
    ours: NDArray[np.float32], original: NDArray[np.float32]
) -> None:
    cosines = (ours * original).sum(axis=1)
    assert len(cosines) >= 500
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.98


def test_a_texts_ten_nearest_neighbours_are_the_originals(
    ours: NDArray[np.float32], original: NDArray[np.float32]
) -> None:
    pairs = zip(nearest_ten(ours), nearest_ten(original), strict=True)
    assert np.mean([len(a & b) / 10 for a, b in pairs]) >= 0.95


def test_scores_between_texts_stay_within_two_hundredths_of_the_originals(
    ours: NDArray[np.float32], original: NDArray[np.float32]
) -> None:
    off = np.abs(ours @ ours.T - original @ original.T)
    assert np.quantile(off, 0.99) <= 0.02


def test_vectors_have_length_one(ours: NDArray[np.float32]) -> None:
    assert np.linalg.norm(ours, axis=1) == pytest.approx(np.ones(len(ours)), abs=1e-5)


def test_a_vector_does_not_depend_on_the_company_it_is_computed_in(
    network: Network, prompts: list[str], ours: NDArray[np.float32]
) -> None:
    for index in range(0, len(prompts), 40):
        alone = network.vectors([prompts[index]])[0]
        assert alone @ ours[index] >= 0.99999
