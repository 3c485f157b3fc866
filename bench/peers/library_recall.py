"""Recall of our search against comparing everything, by NumPy, under every filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.library_fill import name_of
from bench.peers.library_pictures import Pictures
from bench.peers.library_stores import Where
from imgen.library import store
from imgen.library.image import Filters
from imgen.library.search import Search, SearchIn, compares_one_by_one

NO_FILTER: Where = None
_LIMIT = 10
_TIE = 1e-5
"""Scores that differ by less are equal: vectors are kept as 16-bit numbers."""
_EVERY: tuple[SearchIn, ...] = ("prompt", "caption", "both")

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """One filter and one `search_in`."""

    filter: str
    within: SearchIn
    exact: bool
    """What the search chose: every picture compared, or the graph."""
    recall: float
    lowest: float
    """Of one query."""
    queries: int

    def __str__(self) -> str:
        plan = "one by one" if self.exact else "graph"
        return (
            f"recall@10 {self.filter:12} {self.within:8} {plan:10} {self.recall:.4f}"
            f" (lowest {self.lowest:.1f}, {self.queries} queries)"
        )


async def recall_of(
    search: Search,
    queries: Sequence[str],
    vectors: Scores,
    pictures: Pictures,
    filters: Mapping[str, Where],
) -> list[Measured]:
    """The share of the ten best that is found. Another picture with an equal score counts too.

    Args:
        search: over a library that `library_fill` filled with the pictures.
        queries: what is asked.
        vectors: of the queries, (n, 384).
        pictures: what is there.
        filters: name → filter.
    """
    by_prompt = _scores(pictures.prompt_vectors, vectors)
    by_caption = _scores(pictures.caption_vectors, vectors)
    scores = {
        "prompt": by_prompt,
        "caption": by_caption,
        "both": np.maximum(by_prompt, by_caption),
    }
    places = {name_of(place): place for place in range(len(pictures))}
    found = []
    for name, where in filters.items():
        wanted = _wanted(where)
        kept = _kept(pictures, where)
        async with search.database.connection() as connection:
            exact = compares_one_by_one(*await store.count(connection, wanted))
        for within in _EVERY:
            shares = []
            for query, row in zip(queries, scores[within], strict=True):
                matches = await search(query, wanted, within=within, limit=_LIMIT)
                got = [places[match.image.id] for match in matches]
                shares.append(_share(row, kept, got))
            found.append(
                Measured(name, within, exact, float(np.mean(shares)), min(shares), len(queries))
            )
    return found


def _scores(pictures: Scores, queries: Scores) -> Scores:
    """(queries, pictures), of what the database keeps."""
    return queries.astype(np.float16).astype(np.float32) @ (
        pictures.astype(np.float16).astype(np.float32).T
    )


def _wanted(where: Where) -> Filters:
    chosen: dict[str, Any] = {} if where is None else {where[0]: where[1]}
    return Filters("", **chosen)


def _kept(pictures: Pictures, where: Where) -> NDArray[np.bool_]:
    if where is None:
        return np.ones(len(pictures), bool)
    column, value = where
    return np.asarray([one == value for one in pictures.kinds[column]])


def _share(scores: Scores, kept: NDArray[np.bool_], got: list[int]) -> float:
    passing = scores[kept]
    amount = min(_LIMIT, len(passing))
    if not amount:
        return float(not got)
    worst = np.partition(passing, -amount)[-amount]
    right = {place for place in got if kept[place] and scores[place] >= worst - _TIE}
    return len(right) / amount
