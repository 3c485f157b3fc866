"""Which pictures an older version of a ruleset cleared, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.rows import class_row

from imgen.database.pool import Connection

CHANGED = "ruleset changed"
"""Why a picture is withdrawn until it has been judged again."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A picture that is to be judged again."""

    id: str
    account_id: str | None
    source: str
    prompt: str
    negatives: tuple[str, ...]
    image_key: str
    ruleset: str


async def withdraw(connection: Connection, current: Mapping[str, str]) -> int:
    """Stop serving what another version than the current one cleared, or a ruleset that is gone.

    Args:
        current: ruleset → version.
    """
    done = await connection.execute(
        "UPDATE images SET withdrawn = %s WHERE withdrawn IS NULL AND ruleset_version <> ''"
        " AND NOT EXISTS (SELECT FROM unnest(%s::text[], %s::text[]) AS now(key, version)"
        "                 WHERE now.key = ruleset AND now.version = ruleset_version)",
        (CHANGED, list(current), list(current.values())),
    )
    return done.rowcount


async def waiting(connection: Connection, limit: int) -> list[Outdated]:
    """Some of those that are to be judged again, oldest first."""
    async with connection.cursor(row_factory=class_row(Outdated)) as cursor:
        await cursor.execute(
            "SELECT id, account_id, source, prompt, negatives, image_key, ruleset FROM images"
            " WHERE withdrawn = %s ORDER BY created_at, id LIMIT %s",
            (CHANGED, limit),
        )
        return await cursor.fetchall()


async def settle(connection: Connection, id: str, *, withdrawn: str | None, version: str) -> None:
    """Serve a picture again, or drop it for good.

    Args:
        withdrawn: why it is dropped; None: it is served again.
        version: of the ruleset that judged it.
    """
    await connection.execute(
        "UPDATE images SET withdrawn = %s, ruleset_version = %s WHERE id = %s AND withdrawn = %s",
        (withdrawn, version, id, CHANGED),
    )
