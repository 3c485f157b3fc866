"""Jobs in PostgreSQL.

Whoever runs a job holds its `attempt` number, and every write of a run names it: when a job was
handed to somebody else in the meantime, or was cancelled, the write finds no row and changes
nothing. So a picture is delivered once, however many workers believe that it is theirs.

`turn` is start-time fair queueing: a new job takes its place behind the other waiting jobs of its
own account, and beside the first waiting job of everybody else. A hundred jobs of one account
so take a hundred turns, and the single job of another account is served in the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import dict_row

from imgen import ids
from imgen.database.pool import Connection
from imgen.generation.job import Job, State
from imgen.generation.outcome import Outcome, outcome_from_json, outcome_to_json
from imgen.generation.request import GenerationRequest, request_from_json, request_to_json


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is about to be kept."""

    id: str
    gen_id: str
    account_id: str
    key_id: str
    surface: str
    request_id: str
    """Of the call that it belongs to; empty: none that is counted."""
    queue: str
    priority: int
    price: int
    """In credits."""
    request: GenerationRequest
    deadline: datetime


async def insert(connection: Connection, job: NewJob) -> int:
    """Keep a new job and return its turn."""
    cursor = await connection.execute(
        """
        INSERT INTO jobs
            (id, gen_id, payload, account_id, key_id, surface, request_id, counted, queue,
             priority, price, request, deadline, turn)
        SELECT %(id)s, %(gen_id)s, %(payload)s, %(account_id)s, %(key_id)s, %(surface)s,
               %(request_id)s, true, %(queue)s, %(priority)s, %(price)s,
               %(request)s::text::jsonb, %(deadline)s,
               greatest(
                   (SELECT max(turn) + 1 FROM jobs WHERE state = 'queued'
                       AND account_id = %(account_id)s AND queue = %(queue)s),
                   (SELECT min(turn) FROM jobs WHERE state = 'queued' AND queue = %(queue)s),
                   0
               )
        RETURNING turn
        """,
        {
            **{name: getattr(job, name) for name in NewJob.__slots__},
            "payload": ids.payload_of(job.gen_id),
            "request": request_to_json(job.request).decode(),
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def insert_repeat(
    connection: Connection,
    *,
    id: str,
    gen_id: str,
    account_id: str,
    key_id: str,
    surface: str,
    request: GenerationRequest,
    outcome: Outcome,
    deadline: datetime,
) -> None:
    """Keep a job that is done already: a picture of the library answers it."""
    await connection.execute(
        "INSERT INTO jobs (id, gen_id, account_id, key_id, surface, queue, request, state, turn,"
        " outcome, deadline, started_at, finished_at)"
        " VALUES (%s, %s, %s, %s, %s, '', %s::text::jsonb, 'completed', 0, %s::text::jsonb, %s,"
        " now(), now())",
        (
            *(id, gen_id, account_id, key_id, surface),
            request_to_json(request).decode(),
            outcome_to_json(outcome).decode(),
            deadline,
        ),
    )


async def find(connection: Connection, id: str, account_id: str) -> Job | None:
    """A job of this account."""
    return await _one(
        connection,
        "SELECT * FROM jobs WHERE id = %s AND account_id = %s",
        (id, account_id),
    )


async def find_by_payload(connection: Connection, payload: int) -> tuple[str, str] | None:
    """The gen_id and the job's id of the generation whose mark has this payload."""
    return await _named(connection, "payload = %s AND outcome IS NOT NULL", payload)


async def find_by_gen_id(connection: Connection, gen_id: str) -> tuple[str, str] | None:
    """The gen_id and the id of the job that first made this picture."""
    return await _named(connection, "gen_id = %s AND outcome IS NOT NULL", gen_id)


async def _named(
    connection: Connection, condition: LiteralString, value: object
) -> tuple[str, str] | None:
    cursor = await connection.execute(
        f"SELECT gen_id, id FROM jobs WHERE {condition} ORDER BY created_at LIMIT 1",  # noqa: S608
        (value,),
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


async def claim(connection: Connection, id: str) -> Job | None:
    """Start, or start again, a job that is not finished; None when it is, or is overdue."""
    return await _one(
        connection,
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, step = 0, steps = 0,"
        " started_at = coalesce(started_at, now())"
        " WHERE id = %s AND state IN ('queued', 'running') AND deadline > now()"
        " RETURNING *",
        (id,),
    )


async def record_progress(connection: Connection, job: Job, step: int, steps: int) -> bool:
    """Say how far this run is; False when the job is no longer this run's."""
    done = await connection.execute(
        "UPDATE jobs SET step = %s, steps = %s"
        " WHERE id = %s AND attempt = %s AND state = 'running'",
        (step, steps, job.id, job.attempt),
    )
    return done.rowcount == 1


async def finish(connection: Connection, job: Job, state: State, outcome: Outcome) -> bool:
    """End a job with this run's outcome; False when the job is no longer this run's."""
    done = await connection.execute(
        "UPDATE jobs SET state = %s, outcome = %s::text::jsonb, finished_at = now()"
        " WHERE id = %s AND attempt = %s AND state = 'running'",
        (state, outcome_to_json(outcome).decode(), job.id, job.attempt),
    )
    return done.rowcount == 1


async def put_back(connection: Connection, job: Job, *, counts: bool) -> bool:
    """Have a job wait again; False when it is no longer this run's.

    Args:
        counts: whether this run counts as a try. A worker that is told to stop does not count.
    """
    done = await connection.execute(
        "UPDATE jobs SET state = 'queued', attempt = attempt - %s, step = 0, steps = 0"
        " WHERE id = %s AND attempt = %s AND state = 'running'",
        (0 if counts else 1, job.id, job.attempt),
    )
    return done.rowcount == 1


async def end_early(
    connection: Connection, id: str, account_id: str, state: State, outcome: Outcome
) -> bool:
    """End a job of this account from outside its run; False when it is finished, or not there."""
    done = await connection.execute(
        "UPDATE jobs SET state = %s, outcome = %s::text::jsonb, finished_at = now()"
        " WHERE id = %s AND account_id = %s AND state IN ('queued', 'running')",
        (state, outcome_to_json(outcome).decode(), id, account_id),
    )
    return done.rowcount == 1


async def release(connection: Connection, id: str, outcome: Outcome) -> bool:
    """Complete a blocked job after all; False when it is not blocked (any more)."""
    done = await connection.execute(
        "UPDATE jobs SET state = 'completed', outcome = %s::text::jsonb"
        " WHERE id = %s AND state = 'blocked'",
        (outcome_to_json(outcome).decode(), id),
    )
    return done.rowcount == 1


async def block_made(connection: Connection, gen_id: str, outcome: Outcome) -> None:
    """Block every job, whoever's, that was answered with this picture."""
    await connection.execute(
        "UPDATE jobs SET state = 'blocked', outcome = %s::text::jsonb"
        " WHERE gen_id = %s AND state = 'completed'",
        (outcome_to_json(outcome).decode(), gen_id),
    )


async def of_request(connection: Connection, request_id: str, account_id: str) -> Job | None:
    """The first job that a request made."""
    return await _one(
        connection,
        "SELECT * FROM jobs WHERE request_id = %s AND request_id <> ''"
        " AND account_id = %s ORDER BY created_at LIMIT 1",
        (request_id, account_id),
    )


async def find_any(connection: Connection, id: str) -> Job | None:
    """A job of whichever account: for the operator."""
    return await _one(connection, "SELECT * FROM jobs WHERE id = %s", (id,))


async def end_overdue(connection: Connection, outcome: Outcome) -> int:
    """End every job whose deadline has passed; returns how many."""
    done = await connection.execute(
        "UPDATE jobs SET state = 'timed_out', outcome = %s::text::jsonb, finished_at = now()"
        " WHERE state IN ('queued', 'running') AND deadline <= now()",
        (outcome_to_json(outcome).decode(),),
    )
    return done.rowcount


async def set_queue_entry(connection: Connection, id: str, entry: int) -> None:
    """Remember which task of the queue stands for a job."""
    await connection.execute("UPDATE jobs SET queue_entry = %s WHERE id = %s", (entry, id))


async def lock_lost(connection: Connection, limit: int = 100) -> Sequence[Job]:
    """Unfinished jobs for which no task waits or runs, locked until the transaction ends."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """
            SELECT * FROM jobs
            WHERE state IN ('queued', 'running') AND deadline > now()
              AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs task
                              WHERE task.id = jobs.queue_entry AND task.status IN ('todo', 'doing'))
            ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            (limit,),
        )
        return [_job(row) for row in await cursor.fetchall()]


async def _one(
    connection: Connection, query: LiteralString, arguments: tuple[object, ...]
) -> Job | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, arguments)
        row = await cursor.fetchone()
    return None if row is None else _job(row)


def _job(row: dict[str, Any]) -> Job:
    """A row as a job; what only the database needs to know is left out."""
    outcome = row["outcome"]
    return Job(
        **{
            **{name: row[name] for name in Job.__slots__},
            "state": State(row["state"]),
            "request": request_from_json(row["request"]),
            "outcome": None if outcome is None else outcome_from_json(outcome),
        }
    )
