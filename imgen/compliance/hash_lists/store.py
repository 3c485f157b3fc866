"""Hash lists in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from imgen.compliance.hash_lists.bands import bands, probes
from imgen.database.pool import Connection

ListKind = Literal["known_bad", "listed"]


@dataclass(frozen=True, slots=True)
class HashList:
    """One list."""

    name: str
    kind: ListKind
    """`known_bad`: the floor blocks it, whatever the ruleset; `listed`: rulesets decide."""
    hashes: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest hash of a list."""

    list: str
    kind: ListKind
    distance: int
    """Bits, of 256."""


async def near(connection: Connection, pdq: str, *, within: int) -> list[Near]:
    """Of each list, the hash nearest to this one and at most `within` bits away."""
    async with connection.cursor(row_factory=class_row(Near)) as cursor:
        await cursor.execute(
            "SELECT DISTINCT ON (list) list, kind, (hash <~> %(hash)s::bit(256))::int AS distance"
            " FROM compliance_hashes JOIN compliance_hash_lists ON name = list"
            " WHERE bands && %(probes)s::int[] AND hash <~> %(hash)s::bit(256) <= %(within)s"
            " ORDER BY list, distance",
            {"hash": _bits(pdq), "probes": probes(pdq), "within": within},
        )
        return await cursor.fetchall()


async def kind_of(connection: Connection, name: str) -> str | None:
    """A list's kind; None: there is no such list."""
    cursor = await connection.execute(
        "SELECT kind FROM compliance_hash_lists WHERE name = %s FOR UPDATE", (name,)
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def add(connection: Connection, name: str, kind: ListKind, hashes: Sequence[str]) -> int:
    """Add to a list, made if there is none. Returns how many were new. Needs a transaction."""
    await connection.execute(
        "INSERT INTO compliance_hash_lists (name, kind) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET imported_at = now()",
        (name, kind),
    )
    await connection.execute(
        "CREATE TEMPORARY TABLE arriving_hashes (hash bit(256), bands int[]) ON COMMIT DROP"
    )
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY arriving_hashes (hash, bands) FROM STDIN") as copy,
    ):
        for pdq in hashes:
            await copy.write_row((_bits(pdq), bands(pdq)))
    done = await connection.execute(
        "INSERT INTO compliance_hashes (list, hash, bands)"
        " SELECT %s, hash, bands FROM arriving_hashes ON CONFLICT DO NOTHING",
        (name,),
    )
    return done.rowcount


async def empty(connection: Connection, name: str) -> None:
    """Take every hash out of a list."""
    await connection.execute("DELETE FROM compliance_hashes WHERE list = %s", (name,))


async def remove(connection: Connection, name: str) -> bool:
    """Remove a list with its hashes; whether there was one."""
    done = await connection.execute("DELETE FROM compliance_hash_lists WHERE name = %s", (name,))
    return done.rowcount > 0


async def lists(connection: Connection) -> list[HashList]:
    """Every list, by name."""
    async with connection.cursor(row_factory=class_row(HashList)) as cursor:
        await cursor.execute(
            "SELECT name, kind, imported_at,"
            " (SELECT count(*) FROM compliance_hashes WHERE list = name) AS hashes"
            " FROM compliance_hash_lists ORDER BY name"
        )
        return await cursor.fetchall()


async def newest(connection: Connection) -> datetime | None:
    """When hashes were last added to a list; None: there is no list."""
    cursor = await connection.execute("SELECT max(imported_at) FROM compliance_hash_lists")
    row = await cursor.fetchone()
    return None if row is None else row[0]


def _bits(pdq: str) -> str:
    return f"{int(pdq, 16):0256b}"
