"""The search finds what comparing everything finds, by the plan that it means to take."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from bench.peers.library_fill import copy, name_of
from bench.peers.library_pictures import Pictures
from imgen.database.pool import Database
from imgen.library import search as module
from imgen.library import store, vectors
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.image import Filters
from imgen.library.search import Search, SearchIn, candidates, compares_one_by_one

Vectors = NDArray[np.float32]
Library = tuple[Pictures, Vectors]

PICTURES = 4_000
QUERIES = 40
WITHIN: tuple[SearchIn, ...] = ("prompt", "caption", "both")


@dataclass(frozen=True)
class ByNumber:
    """An encoder for texts that are numbers of queries whose vectors are known."""

    vectors: Vectors
    model_id: str = read_folder(BUILT_IN).model_id
    dimensions: int = 384

    async def encode(self, texts: Sequence[str]) -> Vectors:
        return self.vectors[[int(text) for text in texts]]


def clustered(random: np.random.Generator, amount: int, centres: Vectors) -> Vectors:
    """Directions that gather in places, as those of sentences do."""
    places = random.integers(0, len(centres), amount)
    noise = random.standard_normal((amount, 384), np.float32) / np.sqrt(384)
    vectors = centres[places] + noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def make_pictures() -> tuple[Pictures, Vectors]:
    """Pictures, and the vectors of queries about such pictures."""
    random = np.random.default_rng(11)
    centres = random.standard_normal((40, 384), np.float32) / np.sqrt(384)
    words = [f"picture {place}" for place in range(PICTURES)]
    pictures = Pictures(
        words,
        words,
        clustered(random, PICTURES, centres),
        clustered(random, PICTURES, centres),
        {
            "model": [f"every {place % 2}" for place in range(PICTURES)],
            "style": [f"every {place % 50}" for place in range(PICTURES)],
            "character": [f"every {place % 2000}" for place in range(PICTURES)],
        },
    )
    return pictures, clustered(random, QUERIES, centres)


@pytest.fixture(scope="module")
def library(postgres: str) -> Iterator[Library]:
    pictures, queries = make_pictures()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("TRUNCATE images, image_counts CASCADE")
        copy(connection, pictures)
        connection.execute("ANALYZE images")
        yield pictures, queries
        connection.execute("TRUNCATE images, image_counts CASCADE")


@pytest.fixture
async def search(
    library: Library, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Search]:
    monkeypatch.setattr(module, "essence", str)
    database = Database(postgres, size=2)
    await database.open()
    yield Search(database, ByNumber(library[1]))
    await database.close()


def best(library: Library, query: int, within: SearchIn, kept: str) -> set[str]:
    """The ten best by comparing everything with NumPy; `kept` is `column=value`, or nothing."""
    pictures, queries = library
    scores = {
        "prompt": pictures.prompt_vectors @ queries[query],
        "caption": pictures.caption_vectors @ queries[query],
    }
    score = np.maximum(scores["prompt"], scores["caption"]) if within == "both" else scores[within]
    column, _, value = kept.partition("=")
    passing = [
        place for place in range(PICTURES) if not column or pictures.kinds[column][place] == value
    ]
    return {name_of(place) for place in sorted(passing, key=lambda place: -score[place])[:10]}


async def recall(search: Search, library: Library, within: SearchIn, kept: str) -> float:
    column, _, value = kept.partition("=")
    filters = Filters("", **({column: value} if column else {}))  # type: ignore[arg-type]
    found = wanted = 0
    for query in range(QUERIES):
        right = best(library, query, within, kept)
        matches = await search(str(query), filters, within=within)
        found += len(right & {match.image.id for match in matches})
        wanted += len(right)
    return found / wanted


async def plan(search: Search, filters: Filters, within: SearchIn, *, exact: bool) -> str:
    named = {
        **store.arguments(filters),
        "encoder": search.encoder.model_id,
        "vector": vectors.Query((await search.encoder.encode(["0"]))[0]),
        "amount": 10,
    }
    async with search.database.connection() as connection:
        cursor = await connection.execute(
            "EXPLAIN " + module._query(filters, within, exact=exact), named
        )
        return "\n".join(row[0] for row in await cursor.fetchall())


class TestRecall:
    @pytest.mark.parametrize("within", WITHIN)
    @pytest.mark.parametrize("kept", ["", "model=every 0"])
    async def test_the_graph_finds_nearly_all_of_the_ten_best(
        self,
        search: Search,
        library: Library,
        within: SearchIn,
        kept: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "compares_one_by_one", lambda matching, seen: False)
        assert await recall(search, library, within, kept) >= 0.98

    @pytest.mark.parametrize("within", WITHIN)
    @pytest.mark.parametrize("kept", ["model=every 1", "style=every 7", "character=every 9"])
    async def test_comparing_one_by_one_finds_all_but_ties_of_rounding(
        self, search: Search, library: Library, within: SearchIn, kept: str
    ) -> None:
        assert await recall(search, library, within, kept) >= 0.995


class TestPlan:
    @pytest.mark.parametrize(
        ("matching", "seen", "exact"),
        [
            (10, 10, True),
            (50, 100_000, True),
            (2_000, 100_000, True),
            (50_000, 100_000, False),
            (100_000, 100_000, False),
            (1_000_000, 1_000_000, False),
            (20_000, 1_000_000, True),
        ],
    )
    def test_few_pictures_are_compared_and_many_looked_up(
        self, matching: int, seen: int, exact: bool
    ) -> None:
        assert compares_one_by_one(matching, seen) is exact

    @pytest.mark.parametrize(
        ("amount", "matching", "seen", "wanted"),
        [
            (10, 100_000, 100_000, 100),
            (1, 100_000, 100_000, 100),
            (10, 50_000, 100_000, 120),
            (10, 20_000, 100_000, 200),
            (40, 100_000, 100_000, 200),
        ],
    )
    def test_a_walk_looks_at_more_where_filters_keep_less_or_more_is_wanted(
        self, amount: int, matching: int, seen: int, wanted: int
    ) -> None:
        assert candidates(amount, matching, seen) == wanted

    @pytest.mark.parametrize("within", WITHIN)
    async def test_the_graph_of_each_vector_that_is_compared_is_used(
        self, search: Search, within: SearchIn
    ) -> None:
        compared = {"prompt", "caption"} if within == "both" else {within}
        shown = await plan(search, Filters(""), within, exact=False)
        assert set(re.findall(r"images_(\w+)_vector on", shown)) == compared

    @pytest.mark.parametrize("filters", [Filters(""), Filters("", style="every 7")])
    async def test_no_graph_is_used_when_pictures_are_compared_one_by_one(
        self, search: Search, filters: Filters
    ) -> None:
        assert "_vector on" not in await plan(search, filters, "both", exact=True)

    async def test_a_rare_value_is_found_by_its_own_index(self, search: Search) -> None:
        shown = await plan(search, Filters("", character="every 9"), "both", exact=True)
        assert shown.count("images_character") == 1
        assert "Seq Scan" not in shown
