"""What an import asks of the database, and the library as its operator sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from imgen.database.pool import Connection

GOOD_QUALITY = 50
"""PDQ's own advice: below it, pictures with little in them match each other."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A file and the picture that it became, or is a copy of."""

    digest: bytes
    image_id: str
    left_out: bool = False
    """It looks like that picture, and so did not become one."""


async def entered(
    connection: Connection, digests: Sequence[bytes], *, left_out_too: bool
) -> set[bytes]:
    """Which of these files were dealt with before."""
    cursor = await connection.execute(
        "SELECT digest FROM imported_files WHERE digest = ANY(%s) AND (%s OR NOT lookalike)",
        (list(digests), left_out_too),
    )
    return {bytes(row[0]) for row in await cursor.fetchall()}


async def enter(connection: Connection, files: Iterable[Entered]) -> None:
    """Remember files. Those whose picture has been deleted meanwhile are left out."""
    rows = list(files)
    await connection.execute(
        "INSERT INTO imported_files (digest, image_id, lookalike)"
        " SELECT DISTINCT ON (digest) digest, image_id, lookalike"
        " FROM unnest(%s::bytea[], %s::text[], %s::bool[]) AS file (digest, image_id, lookalike)"
        " JOIN images ON images.id = file.image_id"
        " ON CONFLICT (digest) DO UPDATE"
        " SET image_id = excluded.image_id, lookalike = excluded.lookalike",
        (
            [row.digest for row in rows],
            [row.image_id for row in rows],
            [row.left_out for row in rows],
        ),
    )


async def same(
    connection: Connection, fingerprints: Sequence[str], account_id: str | None
) -> dict[str, str]:
    """Fingerprint → id of a picture with the same pixels that this account sees.

    Withdrawn ones count: what was taken out must not come back through a copy.
    """
    cursor = await connection.execute(
        "SELECT fingerprint, min(id) FROM images"
        " WHERE fingerprint = ANY(%s) AND (shared OR account_id = %s) GROUP BY fingerprint",
        (list(fingerprints), account_id),
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def similar(
    connection: Connection, hashes: Sequence[str], account_id: str | None, *, within: int
) -> dict[str, tuple[str, int]]:
    """PDQ hash → (id, distance) of the nearest picture at most `within` bits away."""
    cursor = await connection.execute(
        "SELECT place, id, distance FROM unnest(%s::bit(256)[]) WITH ORDINALITY AS w(bits, place)"
        " CROSS JOIN LATERAL (SELECT id, (pdq <~> bits)::int AS distance FROM images"
        " WHERE withdrawn IS NULL AND (shared OR account_id = %s) AND pdq_quality >= %s"
        " ORDER BY pdq <~> bits LIMIT 1) AS nearest WHERE distance <= %s",
        ([f"{int(each, 16):0256b}" for each in hashes], account_id, GOOD_QUALITY, within),
    )
    return {hashes[row[0] - 1]: (row[1], row[2]) for row in await cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Amount:
    """How many pictures there are of one kind."""

    source: str
    model: str
    style: str
    character: str
    pictures: int
    unread: int
    """Without vectors of the configured encoder: not found by meaning yet."""
    withdrawn: int


async def amounts(connection: Connection, encoder: str) -> list[Amount]:
    """Every kind there is, the largest first."""
    async with connection.cursor(row_factory=class_row(Amount)) as cursor:
        await cursor.execute(
            "SELECT source, model, style, character, count(*) AS pictures,"
            " count(*) FILTER (WHERE encoder IS DISTINCT FROM %s) AS unread,"
            " count(withdrawn) AS withdrawn FROM images"
            " GROUP BY source, model, style, character"
            " ORDER BY pictures DESC, source, model, style, character",
            (encoder,),
        )
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture with all that its operator may know."""

    id: str
    account: str | None
    shared: bool
    source: str
    prompt: str
    negatives: list[str]
    caption: str
    model: str
    style: str
    character: str
    width: int
    height: int
    format: str
    seed: int | None
    image_key: str
    thumbnail_key: str
    fingerprint: str
    pdq: str | None
    """256 characters, 0 or 1."""
    pdq_quality: int | None
    compliance: str
    encoder: str | None
    withdrawn: str | None
    created_at: datetime


async def kept(
    connection: Connection,
    *,
    after: str = "",
    id: str = "",
    account_id: str = "",
    limit: int = 1,
) -> list[Kept]:
    """Pictures in the order of their ids, whoever they belong to.

    Args:
        connection: to the database.
        after: only ids beyond this one.
        id: only this one.
        account_id: only the shared ones and this account's; empty: every one.
        limit: at most so many.
    """
    async with connection.cursor(row_factory=class_row(Kept)) as cursor:
        await cursor.execute(
            "SELECT images.id, accounts.name AS account, shared, source, prompt, negatives,"
            " caption, model, style, character, width, height, format, seed, image_key,"
            " thumbnail_key, fingerprint, pdq::text AS pdq, pdq_quality, compliance, encoder,"
            " withdrawn, images.created_at"
            " FROM images LEFT JOIN accounts ON accounts.id = account_id"
            " WHERE images.id > %(after)s AND (%(id)s = '' OR images.id = %(id)s)"
            " AND (%(account_id)s = '' OR shared OR account_id = %(account_id)s)"
            " ORDER BY images.id LIMIT %(limit)s",
            {"after": after, "id": id, "account_id": account_id, "limit": limit},
        )
        return await cursor.fetchall()


async def unread(connection: Connection, encoder: str) -> int:
    """How many pictures have no vectors of this encoder."""
    row = await (
        await connection.execute(
            "SELECT count(*) FROM images WHERE encoder IS DISTINCT FROM %s", (encoder,)
        )
    ).fetchone()
    assert row is not None
    return int(row[0])


async def forget_vectors(connection: Connection, encoder: str) -> None:
    """Have this encoder's vectors computed again; until then they are as they were."""
    await connection.execute("UPDATE images SET encoder = NULL WHERE encoder = %s", (encoder,))
