"""What the pictures that are served look like, by their hashes; and taking some of them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from imgen.database.pool import Connection
from imgen.library.rulings import CHANGED, Stored


@dataclass(frozen=True, slots=True)
class Look(Stored):
    """A picture that is served, or may be again once it has been judged."""

    bits: str
    """Its PDQ hash: 256 characters, 0 or 1."""
    pdq_quality: int

    @property
    def pdq(self) -> str:
        """64 hexadecimal characters."""
        return f"{int(self.bits, 2):064x}"


_IN_USE: LiteralString = (
    " FROM images WHERE pdq_quality >= %(quality)s"
    " AND (withdrawn IS NULL OR withdrawn = %(changed)s)"
)


async def count(connection: Connection, *, quality: int) -> int:
    """How many there are whose hash has this quality, of 100, or a better one."""
    cursor = await connection.execute(
        f"SELECT count(*){_IN_USE}", {"quality": quality, "changed": CHANGED}
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def some(connection: Connection, *, quality: int, after: str, limit: int) -> list[Look]:
    """Of those the next ones, in the order of their ids, beyond the id `after`."""
    async with connection.cursor(row_factory=class_row(Look)) as cursor:
        await cursor.execute(
            "SELECT id, account_id, source, prompt, negatives, image_key, ruleset,"
            f" pdq::text AS bits, pdq_quality{_IN_USE} AND id > %(after)s"
            " ORDER BY id LIMIT %(limit)s",
            {"quality": quality, "changed": CHANGED, "after": after, "limit": limit},
        )
        return await cursor.fetchall()


async def drop(connection: Connection, id: str, reason: str) -> None:
    """Serve a picture no more; why is kept."""
    await connection.execute("UPDATE images SET withdrawn = %s WHERE id = %s", (reason, id))
