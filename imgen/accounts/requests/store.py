"""The request log in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from psycopg.rows import class_row
from pydantic_core import to_json

from imgen.accounts.requests.records import Arrival, Ending, LoggedRequest
from imgen.accounts.requests.redact import redact, storable
from imgen.database.pool import Connection

_COLUMNS = (
    "id, account_id, key_id, surface, operation, parameters, counted, images, started_at,"
    " finished_at, status, code, error, milliseconds"
)
_LONGEST_ERROR = 500


async def find(connection: Connection, account_id: str | None, id: str) -> LoggedRequest | None:
    """A request of this account; of whichever one, for None."""
    async with connection.cursor(row_factory=class_row(LoggedRequest)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM requests WHERE id = %(id)s"  # noqa: S608
            " AND (%(account)s::text IS NULL OR account_id = %(account)s)",
            {"id": id, "account": account_id},
        )
        return await cursor.fetchone()


async def newest(
    connection: Connection, account_id: str, *, limit: int, before: str
) -> list[LoggedRequest]:
    """The latest requests of an account, newest first, or those before the one with this id."""
    async with connection.cursor(row_factory=class_row(LoggedRequest)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM requests WHERE account_id = %(account)s"  # noqa: S608
            " AND (%(before)s = '' OR (started_at, id) < (SELECT started_at, id FROM requests"
            "   WHERE id = %(before)s AND account_id = %(account)s))"
            " ORDER BY started_at DESC, id DESC LIMIT %(limit)s",
            {"account": account_id, "before": before, "limit": limit},
        )
        return await cursor.fetchall()


async def add_finished(connection: Connection, arrival: Arrival, ending: Ending) -> None:
    """Log a call that never was admitted. Nothing else hangs on it: it need not wait for disks."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await connection.execute(
            "INSERT INTO requests (id, account_id, key_id, surface, operation, parameters,"
            " counted, started_at, finished_at, lease_until, status, code, error, milliseconds)"
            " SELECT %s, %s, %s, %s, %s, %s::text::jsonb, false,"
            " clock_timestamp() - make_interval(secs => %s), clock_timestamp(), clock_timestamp(),"
            " %s, %s, %s, %s ON CONFLICT DO NOTHING",
            (
                *(arrival.id, arrival.account_id, arrival.key_id, arrival.surface),
                *(arrival.operation, to_json(redact(arrival.parameters)).decode()),
                ending.milliseconds / 1000,
                *(ending.status, ending.code, _error(ending), ending.milliseconds),
            ),
        )


async def finish(connection: Connection, id: str, ending: Ending, *, refused: bool) -> bool:
    """Close an admitted request and free its slot.

    Args:
        refused: whether the reply is a refusal: then the request does not count after all, unless
            a job was made for it.

    Returns:
        Whether it was given back.
    """
    cursor = await connection.execute(
        "SELECT finish_request(%s, %s, %s, %s, %s, %s)",
        (
            *(id, ending.status, ending.code, _error(ending)),
            *(ending.milliseconds, refused),
        ),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def renew(connection: Connection, ids: Sequence[str], seconds: float) -> None:
    """Say that these requests are under way still, and the keys that they hold are in use."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        for query in (
            "UPDATE requests SET lease_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = ANY(%s) AND finished_at IS NULL",
            "UPDATE idempotent_replies"
            " SET lease_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE request_id = ANY(%s) AND status IS NULL",
        ):
            await connection.execute(query, (seconds, list(ids)))


async def close_lost(connection: Connection, grace: timedelta) -> int:
    """Close requests whose process died so long ago that it will not come back."""
    done = await connection.execute(
        "UPDATE requests SET finished_at = lease_until, code = 'lost',"
        " error = 'The server ended before it answered'"
        " WHERE finished_at IS NULL AND lease_until < clock_timestamp() - %s",
        (grace,),
    )
    return done.rowcount


async def purge(connection: Connection, keep: timedelta, limit: int) -> int:
    """Delete entries that are older; open ones stay."""
    done = await connection.execute(
        "DELETE FROM requests WHERE id IN (SELECT id FROM requests"
        " WHERE started_at < clock_timestamp() - %s AND finished_at IS NOT NULL LIMIT %s"
        " FOR UPDATE SKIP LOCKED)",
        (keep, limit),
    )
    return done.rowcount


async def purge_replies(connection: Connection, limit: int) -> int:
    """Delete stored answers that are over."""
    done = await connection.execute(
        "DELETE FROM idempotent_replies WHERE (scope, key) IN"
        " (SELECT scope, key FROM idempotent_replies WHERE expires_at < clock_timestamp()"
        "  LIMIT %s FOR UPDATE SKIP LOCKED)",
        (limit,),
    )
    return done.rowcount


async def owner_of_key(connection: Connection, digest: bytes) -> tuple[str, str] | None:
    """The ids of the account and of the key with this digest, revoked ones too."""
    cursor = await connection.execute(
        "SELECT account_id, id FROM api_keys WHERE digest = %s", (digest,)
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def _error(ending: Ending) -> str:
    return storable(ending.error)[:_LONGEST_ERROR]
