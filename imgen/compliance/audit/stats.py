"""What the audit log adds up to: how much is reviewed, blocked, and overturned again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from imgen import clock
from imgen.database.pool import Connection, Database


@dataclass(frozen=True, slots=True)
class Amount:
    """Reviews under one ruleset with one end."""

    ruleset: str
    kind: str
    state: str
    reviews: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule fired, and how often an operator thought better of it."""

    rule: str
    action: str
    fired: int
    overturned: int


@dataclass(frozen=True, slots=True)
class DetectorTime:
    """How long a detector takes, in milliseconds; the empty name is the whole review."""

    detector: str
    reviews: int
    median: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Stats:
    """All of it, for one span of time."""

    amounts: tuple[Amount, ...]
    rules: tuple[RuleCount, ...]
    times: tuple[DetectorTime, ...]


@dataclass(frozen=True, slots=True)
class Summarise:
    """Adds the log up."""

    database: Database

    async def __call__(self, *, days: float) -> Stats:
        """The last so many days."""
        since = clock.now() - timedelta(days=days)
        async with self.database.transaction() as connection:
            return Stats(
                amounts=tuple(await _amounts(connection, since)),
                rules=tuple(await _rules(connection, since)),
                times=tuple(await _times(connection, since)),
            )


async def _amounts(connection: Connection, since: datetime) -> list[Amount]:
    async with connection.cursor(row_factory=class_row(Amount)) as cursor:
        await cursor.execute(
            "SELECT ruleset, kind, state, count(*) AS reviews FROM compliance_reviews"
            " WHERE at >= %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            (since,),
        )
        return await cursor.fetchall()


async def _rules(connection: Connection, since: datetime) -> list[RuleCount]:
    async with connection.cursor(row_factory=class_row(RuleCount)) as cursor:
        await cursor.execute(
            "SELECT f ->> 'rule' AS rule, f ->> 'action' AS action, count(*) AS fired,"
            " count(*) FILTER (WHERE f ->> 'action' = 'block' AND (SELECT decision"
            "  FROM compliance_appeals AS a WHERE a.job_id = r.job_id ORDER BY id DESC LIMIT 1)"
            "  = 'overturned') AS overturned"
            " FROM compliance_reviews AS r CROSS JOIN jsonb_array_elements(findings) AS f"
            " WHERE at >= %s GROUP BY 1, 2 ORDER BY fired DESC, 1",
            (since,),
        )
        return await cursor.fetchall()


async def _times(connection: Connection, since: datetime) -> list[DetectorTime]:
    async with connection.cursor(row_factory=class_row(DetectorTime)) as cursor:
        await cursor.execute(
            "SELECT key AS detector, count(*) AS reviews, max(value::float8) AS slowest,"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY value::float8) AS median"
            " FROM compliance_reviews CROSS JOIN jsonb_each_text(milliseconds)"
            " WHERE at >= %s GROUP BY 1 ORDER BY 1",
            (since,),
        )
        return await cursor.fetchall()
