"""Admit a request if its account's plan allows one more, and count it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from pydantic_core import to_json

from imgen.accounts.requests.leases import Leases
from imgen.accounts.requests.records import Arrival
from imgen.accounts.requests.redact import redact
from imgen.accounts.usage.windows import (
    CONCURRENCY,
    DAY,
    MINUTE,
    MONTH,
    Allowance,
    Window,
    window_of,
)
from imgen.database.pool import Database
from imgen.errors import Exhausted, Forbidden, ImgenError

_SLOT_RETRY_SECONDS = 1.0
"""Nobody knows when a request ends."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Admitted, or why not, and what the account has left."""

    allowance: Allowance
    refusal: ImgenError | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """Counts requests: in PostgreSQL, in one round trip, exactly, from any number of processes."""

    database: Database
    leases: Leases
    holder: str
    """A name for this process."""

    async def __call__(self, arrival: Arrival) -> Admission:
        """Count a request and take a slot for it, to be freed by `store.finish`; or refuse it.

        Refusals are `Exhausted` with the codes `minute_limit`, `day_limit`, `month_limit` and
        `concurrency_limit`, or `Forbidden` with `no_plan`, when the plan went meanwhile.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with (
            self.database.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(
                "SELECT * FROM admit_request(%s, %s, %s, %s, %s, %s::text::jsonb, %s, %s)",
                (
                    *(arrival.id, arrival.account_id, arrival.key_id, arrival.surface),
                    *(arrival.operation, to_json(redact(arrival.parameters)).decode()),
                    *(self.holder, self.leases.seconds),
                ),
            )
            row = await cursor.fetchone()
        assert row is not None
        allowance = _allowance(row)
        if row["refused"] is None:
            self.leases.hold(arrival.id)
            return Admission(allowance)
        return Admission(allowance, _refusal(row["refused"], allowance))


def _allowance(row: Mapping[str, Any]) -> Allowance:
    moment: datetime = row["moment"]
    windows = [
        window_of(name, moment, limit=row[f"{name}_limit"], used=row[f"{name}_used"])
        for name in (MINUTE, DAY, MONTH)
        if row[f"{name}_limit"] is not None
    ]
    if row["slot_limit"] is not None:
        windows.append(Window(CONCURRENCY, row["slot_limit"], row["slots_used"], 0, 0.0))
    return Allowance(windows)


def _refusal(limit: str, allowance: Allowance) -> ImgenError:
    if limit == "plan":
        return Forbidden("The account has no plan", code="no_plan")
    window = next(one for one in allowance.windows if one.name == limit)
    if limit == CONCURRENCY:
        return Exhausted(
            f"Rate limit exceeded: your plan allows {_requests(window.limit)} at once; "
            "wait for one to end",
            code="concurrency_limit",
            retry_after=_SLOT_RETRY_SECONDS,
        )
    return Exhausted(
        f"Rate limit exceeded: your plan allows {_requests(window.limit)} a {limit} (UTC)",
        code=f"{limit}_limit",
        retry_after=window.ends_in,
    )


def _requests(amount: int) -> str:
    return f"{amount} request{'' if amount == 1 else 's'}"
