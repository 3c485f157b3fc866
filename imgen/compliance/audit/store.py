"""The audit log in PostgreSQL, which refuses to change or remove a row (see the migration)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import class_row, dict_row

from imgen.compliance.audit.entry import (
    ELSEWHERE,
    FINDINGS,
    SIGNALS,
    Appeal,
    Decision,
    Entry,
    NewEntry,
)
from imgen.database.pool import Connection

_COLUMNS: LiteralString = (
    "kind, job_id, account_id, state, floor, ruleset, ruleset_version, findings, signals,"
    " detectors, milliseconds, prompt_digest, pdq, failure"
)
_LATEST_DECISION: LiteralString = (
    "(SELECT decision FROM compliance_appeals AS a WHERE a.job_id = r.job_id"
    " ORDER BY id DESC LIMIT 1)"
)


async def append(connection: Connection, entry: NewEntry) -> int:
    """Write a review down and return its number."""
    cursor = await connection.execute(
        f"INSERT INTO compliance_reviews ({_COLUMNS}) VALUES (%(kind)s, %(job_id)s,"  # noqa: S608
        " %(account_id)s, %(state)s, %(floor)s, %(ruleset)s, %(ruleset_version)s,"
        " %(findings)s::jsonb, %(signals)s::jsonb, %(detectors)s, %(milliseconds)s::jsonb,"
        " %(prompt_digest)s, %(pdq)s, %(failure)s) RETURNING id",
        {
            "kind": entry.kind,
            "job_id": entry.job_id,
            "account_id": entry.account_id,
            "state": entry.state,
            "floor": entry.floor,
            "ruleset": entry.ruleset,
            "ruleset_version": entry.ruleset_version,
            "findings": FINDINGS.dump_json(entry.findings).decode(),
            "signals": SIGNALS.dump_json(entry.signals).decode(),
            "detectors": list(entry.detectors),
            "milliseconds": json.dumps(dict(entry.milliseconds)),
            "prompt_digest": entry.prompt_digest,
            "pdq": entry.pdq,
            "failure": entry.failure,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def entries(
    connection: Connection, *, job_id: str = "", state: str = "", limit: int
) -> list[Entry]:
    """The latest reviews, newest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT id, at, {_COLUMNS} FROM compliance_reviews"  # noqa: S608 - constants
            " WHERE (%(job_id)s = '' OR job_id = %(job_id)s)"
            " AND (%(state)s = '' OR state = %(state)s) ORDER BY id DESC LIMIT %(limit)s",
            {"job_id": job_id, "state": state, "limit": limit},
        )
        return [_entry(row) for row in await cursor.fetchall()]


async def latest_verdict(connection: Connection, job_id: str) -> Entry | None:
    """The latest review of a job that came to a verdict, whatever failed before or since."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT id, at, {_COLUMNS} FROM compliance_reviews"  # noqa: S608 - constants
            " WHERE job_id = %s AND job_id <> '' AND ruleset_version IS NOT NULL"
            " ORDER BY id DESC LIMIT 1",
            (job_id,),
        )
        row = await cursor.fetchone()
    return None if row is None else _entry(row)


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        **{
            **row,
            "findings": FINDINGS.validate_python(row["findings"]),
            "signals": SIGNALS.validate_python(row["signals"]),
            "detectors": tuple(row["detectors"]),
            "prompt_digest": None if row["prompt_digest"] is None else bytes(row["prompt_digest"]),
        }
    )


async def decide(connection: Connection, entry: Entry, appeal: Appeal) -> None:
    """Write a decision down. One per job at a time: a lock holds until the transaction ends."""
    await connection.execute(
        "INSERT INTO compliance_appeals (job_id, review_id, decision, reason, decided_by)"
        " VALUES (%s, %s, %s, %s, %s)",
        (appeal.job_id, entry.id, appeal.decision, appeal.reason, appeal.decided_by),
    )


async def lock_job(connection: Connection, job_id: str) -> None:
    """Let nobody else decide about this job until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('appeal:' || %s, 0))", (job_id,)
    )


async def decision(connection: Connection, job_id: str) -> Decision | None:
    """The latest decision about a job."""
    found = await appeals(connection, job_id=job_id, limit=1)
    return found[0].decision if found else None


async def appeals(connection: Connection, *, job_id: str = "", limit: int) -> list[Appeal]:
    """Decisions, newest first."""
    async with connection.cursor(row_factory=class_row(Appeal)) as cursor:
        await cursor.execute(
            "SELECT job_id, decision, reason, decided_by, at FROM compliance_appeals"
            " WHERE %(job_id)s = '' OR job_id = %(job_id)s ORDER BY id DESC LIMIT %(limit)s",
            {"job_id": job_id, "limit": limit},
        )
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class BlockedJob:
    """A job whose picture is not shown, and what was decided about that."""

    job_id: str
    account_id: str
    kind: str
    """`upload`: what the client sent was blocked, and no picture was made."""
    at: datetime
    ruleset: str
    rules: list[str]
    floor: bool
    decision: Decision | None


async def blocked_jobs(connection: Connection, *, limit: int) -> list[BlockedJob]:
    """The latest blocked jobs of this deployment, newest first; each once, however often tried."""
    async with connection.cursor(row_factory=class_row(BlockedJob)) as cursor:
        await cursor.execute(
            "SELECT job_id, account_id, kind, at, ruleset, floor,"  # noqa: S608 - constants
            " ARRAY(SELECT f ->> 'rule' FROM jsonb_array_elements(findings) AS f"
            "  WHERE f ->> 'action' = 'block') AS rules,"
            f" {_LATEST_DECISION} AS decision FROM compliance_reviews AS r"
            " WHERE state = 'blocked' AND job_id <> '' AND NOT starts_with(job_id, %s)"
            " AND NOT EXISTS (SELECT FROM compliance_reviews AS later WHERE later.job_id = r.job_id"
            "  AND later.id > r.id AND later.ruleset_version IS NOT NULL)"
            " ORDER BY id DESC LIMIT %s",
            (ELSEWHERE, limit),
        )
        return await cursor.fetchall()


async def purge(connection: Connection, *, before: datetime) -> int:
    """Remove what is older; the one way to do so. Needs a transaction. Returns how many rows."""
    await connection.execute("SET LOCAL imgen.retention = 'on'")
    reviews = await connection.execute("DELETE FROM compliance_reviews WHERE at < %s", (before,))
    decisions = await connection.execute("DELETE FROM compliance_appeals WHERE at < %s", (before,))
    await connection.execute("SET LOCAL imgen.retention = 'off'")
    return reviews.rowcount + decisions.rowcount
