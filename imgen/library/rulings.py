"""Which pictures an older version of a ruleset cleared, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from imgen.database.pool import Connection

CHANGED = "ruleset changed"
"""Why a picture is withdrawn until it has been judged again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture with what has to be known to judge it again."""

    id: str
    account_id: str | None
    source: str
    prompt: str
    negatives: tuple[str, ...]
    image_key: str
    ruleset: str
    """By which it was cleared; empty: it was not reviewed."""


_OUTDATED: LiteralString = (
    "NOT EXISTS (SELECT FROM unnest(%(keys)s::text[], %(versions)s::text[]) AS now(key, version)"
    " WHERE now.key = ruleset AND now.version = ruleset_version)"
)


async def withdraw(connection: Connection, current: Mapping[str, str]) -> int:
    """Stop serving what another version than the current one cleared, or a ruleset that is gone.

    Args:
        current: ruleset → version.
    """
    done = await connection.execute(
        "UPDATE images SET withdrawn = %(changed)s"  # noqa: S608 - a constant
        f" WHERE withdrawn IS NULL AND ruleset_version <> '' AND {_OUTDATED}",
        {"changed": CHANGED, "keys": list(current), "versions": list(current.values())},
    )
    return done.rowcount


async def let_back(connection: Connection, current: Mapping[str, str]) -> int:
    """Serve again what these versions cleared and another one withdrew: it was taken back.

    Args:
        current: ruleset → version.
    """
    done = await connection.execute(
        "UPDATE images SET withdrawn = NULL"  # noqa: S608 - a constant
        f" WHERE withdrawn = %(changed)s AND NOT ({_OUTDATED})",
        {"changed": CHANGED, "keys": list(current), "versions": list(current.values())},
    )
    return done.rowcount


async def waiting(connection: Connection, current: Mapping[str, str], limit: int) -> list[Stored]:
    """Some of those that are to be judged again: any, so that none keeps others from their turn.

    Args:
        current: ruleset → version. What was cleared by these already, a worker of a later release
            has withdrawn, and that one is to judge it.
    """
    async with connection.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(
            "SELECT id, account_id, source, prompt, negatives, image_key, ruleset"  # noqa: S608
            f" FROM images WHERE withdrawn = %(changed)s AND {_OUTDATED}"
            " ORDER BY random() LIMIT %(limit)s",
            {
                **{"changed": CHANGED, "limit": limit},
                **{"keys": list(current), "versions": list(current.values())},
            },
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
