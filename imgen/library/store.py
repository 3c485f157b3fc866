"""The library in PostgreSQL.

Vectors have length 1, so the inner product is their cosine. `<#>` gives it negated, which is what
the indexes sort by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from imgen.database.pool import Connection
from imgen.library.image import Filters, Image, NewImage, prompt_key
from imgen.library.vectors import Vector, to_text

COLUMNS: LiteralString = (
    "id, account_id, shared, prompt, negatives, caption, model, style, character, width, height,"
    " format, seed, image_key, thumbnail_key, fingerprint, served, created_at"
)
MOST_CANDIDATES = 200
"""In a walk through a graph: beyond it time grows, and what is found hardly."""
_KIND: LiteralString = (
    "((%(model)s = '' AND NOT %(strict)s) OR model = %(model)s)"
    " AND ((%(style)s = '' AND NOT %(strict)s) OR style = %(style)s)"
    " AND ((%(character)s = '' AND NOT %(strict)s) OR character = %(character)s)"
)
_SEEN: LiteralString = f"withdrawn IS NULL AND (shared OR account_id = %(account_id)s) AND {_KIND}"
"""What a search may see, as a condition over `Filters`."""


def arguments(filters: Filters) -> dict[str, Any]:
    """The arguments of `_SEEN`."""
    return {name: getattr(filters, name) for name in Filters.__slots__}


def to_image(row: dict[str, Any]) -> Image:
    """A row, which may hold more, as a picture."""
    return Image(**{name: row[name] for name in Image.__slots__})


async def add(connection: Connection, images: Sequence[NewImage]) -> list[str]:
    """Keep new pictures, without vectors yet; returns the ids of those that were not there."""
    rows = [_row(image) for image in images]
    if not rows:
        return []
    names: LiteralString = (
        "id, account_id, shared, source, prompt, prompt_key, negatives, caption, model,"
        " model_version, style, character, character_version, width, height, format, seed,"
        " image_key, thumbnail_key, fingerprint, pdq, pdq_quality, ruleset, ruleset_version,"
        " compliance, served"
    )
    added: list[str] = []
    async with connection.cursor() as cursor:
        await cursor.executemany(
            f"INSERT INTO images ({names}) VALUES ("  # noqa: S608 - constants
            "%(id)s, %(account_id)s, %(shared)s, %(source)s, %(prompt)s, %(prompt_key)s,"
            " %(negatives)s, %(caption)s, %(model)s, %(model_version)s, %(style)s, %(character)s,"
            " %(character_version)s, %(width)s, %(height)s, %(format)s, %(seed)s, %(image_key)s,"
            " %(thumbnail_key)s, %(fingerprint)s, %(pdq)s::bit(256), %(pdq_quality)s, %(ruleset)s,"
            " %(ruleset_version)s, %(compliance)s, %(served)s)"
            " ON CONFLICT (id) DO NOTHING RETURNING id",
            rows,
            returning=True,
        )
        while True:
            added += [str(row[0]) for row in await cursor.fetchall()]
            if not cursor.nextset():
                return added


def _row(image: NewImage) -> dict[str, Any]:
    row = {name: getattr(image, name) for name in NewImage.__slots__}
    row["negatives"] = list(image.negatives)
    row["prompt_key"] = prompt_key(image.prompt)
    row["pdq"] = f"{int(image.pdq, 16):0256b}" if image.pdq else None
    row["served"] = None if image.served is None else Jsonb(dict(image.served))
    return row


async def find(connection: Connection, id: str, account_id: str) -> Image | None:
    """A picture that this account sees."""
    return await _one(
        connection,
        "WHERE id = %(id)s AND withdrawn IS NULL AND (shared OR account_id = %(account_id)s)",
        {"id": id, "account_id": account_id},
    )


async def delete(connection: Connection, id: str, account_id: str) -> Image | None:
    """Forget a picture of this account; returns what it was, for its files to be removed."""
    async with connection.cursor(row_factory=class_row(Image)) as cursor:
        await cursor.execute(
            f"DELETE FROM images WHERE id = %s AND account_id = %s RETURNING {COLUMNS}",  # noqa: S608
            (id, account_id),
        )
        return await cursor.fetchone()


async def repeats(connection: Connection, prompt: str, filters: Filters, limit: int) -> list[Image]:
    """Pictures made from the same prompt, spelling and order of terms aside; newest first."""
    async with connection.cursor(row_factory=class_row(Image)) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM images WHERE {_SEEN}"  # noqa: S608
            " AND prompt_key = %(key)s AND served IS NOT NULL"
            " ORDER BY created_at DESC, id LIMIT %(limit)s",
            {**arguments(filters), "key": prompt_key(prompt), "limit": limit},
        )
        return await cursor.fetchall()


async def count(connection: Connection, filters: Filters) -> tuple[int, int]:
    """How many pictures pass the filters, and how many this account sees; from kept counts."""
    cursor = await connection.execute(
        f"SELECT coalesce(sum(amount) FILTER (WHERE {_KIND}), 0), coalesce(sum(amount), 0)"  # noqa: S608
        " FROM image_counts WHERE scope IN ('', %(account_id)s)",
        arguments(filters),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def walk_with(connection: Connection, candidates: int) -> None:
    """Keep so many of the nearest in sight in the next walks through a graph, here alone."""
    await connection.execute("SELECT set_config('hnsw.ef_search', %s, false)", (str(candidates),))


async def kinds(connection: Connection, column: LiteralString) -> list[str]:
    """The values of model, style or character among the pictures, sorted."""
    cursor = await connection.execute(
        f"SELECT {column} FROM image_counts WHERE amount > 0 AND {column} <> ''"  # noqa: S608
        f" GROUP BY {column} ORDER BY {column}"
    )
    return [str(row[0]) for row in await cursor.fetchall()]


async def without_vectors(
    connection: Connection, encoder: str, limit: int
) -> list[tuple[str, str, str]]:
    """Id, prompt and caption of pictures that this encoder has not read, oldest first."""
    cursor = await connection.execute(
        "SELECT id, prompt, caption FROM images WHERE encoder IS DISTINCT FROM %s"
        " ORDER BY encoder IS NULL DESC, created_at LIMIT %s",
        (encoder, limit),
    )
    return await cursor.fetchall()


async def set_vectors(
    connection: Connection, encoder: str, vectors: Sequence[tuple[str, Vector | None, Vector]]
) -> None:
    """Keep the vectors of pictures: (id, of the prompt, of the caption). No prompt, no vector."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "UPDATE images SET encoder = %s, prompt_vector = %s::halfvec,"
            " caption_vector = %s::halfvec WHERE id = %s",
            [
                (encoder, None if prompt is None else to_text(prompt), to_text(caption), id)
                for id, prompt, caption in vectors
            ],
        )


async def set_caption(connection: Connection, id: str, caption: str) -> None:
    """Say anew what a picture shows; its vectors are computed again."""
    await connection.execute(
        "UPDATE images SET caption = %s, encoder = NULL WHERE id = %s", (caption, id)
    )


async def withdraw_outdated(
    connection: Connection,
    column: LiteralString,
    version: LiteralString,
    current: Mapping[str, str],
) -> int:
    """Stop serving pictures of a model or character whose version has changed since."""
    done = await connection.execute(
        f"UPDATE images SET withdrawn = %s FROM unnest(%s::text[], %s::text[]) AS now(key, version)"  # noqa: S608
        f" WHERE withdrawn IS NULL AND source = 'generated' AND images.{column} = now.key"
        f" AND images.{version} <> now.version",
        (f"{column} changed", list(current), list(current.values())),
    )
    return done.rowcount


async def _one(
    connection: Connection, condition: LiteralString, named: dict[str, Any]
) -> Image | None:
    async with connection.cursor(row_factory=class_row(Image)) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM images {condition}", named)  # noqa: S608
        return await cursor.fetchone()


async def copies(
    connection: Connection, pdq: str, filters: Filters, *, limit: int, within: int
) -> list[tuple[Image, int]]:
    """Pictures whose PDQ hash differs in at most `within` of 256 bits, nearest first."""
    await walk_with(connection, MOST_CANDIDATES)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS}, (pdq <~> %(pdq)s::bit(256))::int AS distance FROM images"  # noqa: S608
            f" WHERE {_SEEN} AND pdq IS NOT NULL"
            " ORDER BY pdq <~> %(pdq)s::bit(256) LIMIT %(limit)s",
            {**arguments(filters), "pdq": f"{int(pdq, 16):0256b}", "limit": limit},
        )
        rows = await cursor.fetchall()
    return [(to_image(row), row["distance"]) for row in rows if row["distance"] <= within]
