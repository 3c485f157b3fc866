"""Find pictures by meaning."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, LiteralString

from psycopg.rows import dict_row

from imgen.database.pool import Connection, Database
from imgen.library import store, vectors
from imgen.library.embed.encoder import Encoder
from imgen.library.image import Filters, Match
from imgen.library.meaning.essence import essence
from imgen.library.vectors import Vector

SearchIn = Literal["both", "caption", "prompt"]

_SMALL = 3_000
"""So few pictures are always compared one by one: about a millisecond for a thousand."""
_GRAPH_COST = 1_500
"""What walking the graph costs, in comparisons, for a filter that keeps everything. It costs less;
but where a filter keeps under a tenth, the walk finds too few of the best (docs/library.md)."""
_FOR_EACH, _LEAST_CANDIDATES = 6, 100
"""Of the candidates in a walk; see `candidates`."""

_NEAREST: dict[SearchIn, tuple[LiteralString, ...]] = {
    "prompt": ("prompt_vector",),
    "caption": ("caption_vector",),
    "both": ("prompt_vector", "caption_vector"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """Semantic search over the library."""

    database: Database
    encoder: Encoder

    async def __call__(
        self,
        text: str,
        filters: Filters,
        *,
        within: SearchIn = "both",
        limit: int = 10,
        offset: int = 0,
        min_score: float = 0.0,
    ) -> list[Match]:
        """The best matches, best first; equal scores by id.

        Args:
            text: what to look for.
            filters: what it is restricted to, and whose search it is.
            within: whether prompts, captions, or the better of both are compared.
            limit: most matches.
            offset: best matches to leave out, for paging.
            min_score: cosine similarity that a match must reach.

        Raises:
            imgen.errors.Invalid: the text is not valid Unicode.
            imgen.errors.Unavailable: the encoder or the database is down.
        """
        vector = (await self.encoder.encode([essence(text)]))[0]
        async with self.database.connection() as connection:
            matching, seen = await store.count(connection, filters)
            if matching <= offset:
                return []
            exact = compares_one_by_one(matching, seen)
            if not exact:
                await store.walk_with(connection, candidates(limit + offset, matching, seen))
            rows = await self._rows(
                connection,
                vector,
                filters,
                within,
                amount=limit + offset,
                exact=exact,
            )
        matches = [Match(store.to_image(row), min(max(row["score"], 0.0), 1.0)) for row in rows]
        return [match for match in matches[offset:] if match.score >= min_score]

    async def _rows(
        self,
        connection: Connection,
        vector: Vector,
        filters: Filters,
        within: SearchIn,
        *,
        amount: int,
        exact: bool,
    ) -> list[dict[str, Any]]:
        named = {
            **store.arguments(filters),
            "encoder": self.encoder.model_id,
            "vector": vectors.Query(vector),
            "amount": amount,
        }
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_query(filters, within, exact=exact), named)
            return await cursor.fetchall()


def compares_one_by_one(matching: int, seen: int) -> bool:
    """Whether comparing every picture that passes the filters beats walking the graph.

    The graph does not know the filters: with one that keeps a share p of the pictures, it visits
    about 1/p as many. So its cost is c/p = c·seen/matching, against `matching` comparisons.

    Args:
        matching: pictures that pass the filters.
        seen: pictures that the account sees in all.
    """
    return matching <= max(_SMALL, sqrt(_GRAPH_COST * seen))


def candidates(amount: int, matching: int, seen: int) -> int:
    """How many of the nearest a walk keeps in sight: six for each match that is wanted, before the
    filters; 100 to 200 of them. Time grows with them, and recall where filters keep a part.

    Args:
        amount: matches wanted.
        matching: pictures that pass the filters, at least 1.
        seen: pictures that the account sees in all.
    """
    return min(max(_FOR_EACH * amount * seen // matching, _LEAST_CANDIDATES), store.MOST_CANDIDATES)


def _query(filters: Filters, within: SearchIn, *, exact: bool) -> LiteralString:
    scores: list[LiteralString] = [
        f"-({column} <#> %(vector)s::real[]::halfvec(384))" for column in _NEAREST[within]
    ]
    score: LiteralString = ", ".join(scores)
    found = _compared(filters, within, score) if exact else _walked(filters, within)
    return (
        f"WITH found AS ({found}) SELECT {store.COLUMNS}, greatest({score}) AS score"  # noqa: S608
        " FROM found JOIN images USING (id) ORDER BY score DESC, id LIMIT %(amount)s"
    )


def _compared(filters: Filters, within: SearchIn, score: LiteralString) -> LiteralString:
    """Every picture that passes, once; sorted by an expression that no graph is sorted by."""
    there: list[LiteralString] = [f"{column} IS NOT NULL" for column in _NEAREST[within]]
    read: LiteralString = " OR ".join(there)
    return (
        f"SELECT id FROM images WHERE {_condition(filters)} AND ({read})"  # noqa: S608
        f" ORDER BY greatest({score}) DESC, id LIMIT %(amount)s"
    )


def _walked(filters: Filters, within: SearchIn) -> LiteralString:
    """One subquery for each vector compared, so that each can use its graph."""
    walks: list[LiteralString] = [
        f"(SELECT id FROM images WHERE {_condition(filters)} AND {column} IS NOT NULL"  # noqa: S608
        f" ORDER BY {column} <#> %(vector)s::real[]::halfvec(384) LIMIT %(amount)s)"
        for column in _NEAREST[within]
    ]
    return " UNION ".join(walks)


def _condition(filters: Filters) -> LiteralString:
    """Only the filters that are set, so that the planner sees which indexes apply."""
    parts: list[LiteralString] = [
        "withdrawn IS NULL",
        "(shared OR account_id = %(account_id)s)",
        "encoder = %(encoder)s",
    ]
    if filters.model or filters.strict:
        parts.append("model = %(model)s")
    if filters.style or filters.strict:
        parts.append("style = %(style)s")
    if filters.character or filters.strict:
        parts.append("character = %(character)s")
    return " AND ".join(parts)
