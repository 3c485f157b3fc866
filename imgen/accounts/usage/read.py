"""What an account has used, and what its plan leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import dict_row

from imgen.accounts.plans import store as plans
from imgen.accounts.plans.records import Plan
from imgen.database.pool import Database


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one window."""

    requests: int
    images: int
    """Those that were delivered or are being made."""


@dataclass(frozen=True, slots=True)
class Usage:
    """An account's use of its plan. `None` is left where the plan has no limit."""

    plan: Plan | None
    at: datetime
    """The moment that this is true of."""
    this_minute: int
    """Requests."""
    today: Counts
    this_month: Counts
    left_this_minute: int | None
    left_today: int | None
    left_this_month: int | None
    images_left_this_month: int | None
    at_once: int
    """Requests under way, counted as the plan's concurrency counts them."""


@dataclass(frozen=True, slots=True)
class MonthOfUse:
    """The counts of a calendar month of UTC."""

    month: date
    requests: int
    images: int


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """Reads the counters that limits are enforced by."""

    database: Database

    async def __call__(self, account_id: str) -> Usage:
        """The use that an account makes of its plan now.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with (
            self.database.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(_NOW, {"account": account_id})
            row = await cursor.fetchone()
        assert row is not None
        plan = plans.plan_from_row(row) if row["slug"] is not None else None
        today = Counts(row["day_requests"], row["day_images"])
        month = Counts(row["month_requests"], row["month_images"])
        minute = row["minute_requests"]
        return Usage(
            plan=plan,
            at=row["at"],
            this_minute=minute,
            today=today,
            this_month=month,
            left_this_minute=_left(row["requests_per_minute"], minute),
            left_today=_left(row["requests_per_day"], today.requests),
            left_this_month=_left(row["requests_per_month"], month.requests),
            images_left_this_month=_left(row["images_per_month"], month.images),
            at_once=row["at_once"],
        )

    async def months(self, account_id: str) -> list[MonthOfUse]:
        """Every month in which the account asked for something, latest first."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT month, requests, images FROM usage WHERE account_id = %s"
                " ORDER BY month DESC",
                (account_id,),
            )
            return [MonthOfUse(*row) for row in await cursor.fetchall()]


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)


_NOW = """
    WITH now AS (
        SELECT moment AS at, date_trunc('minute', moment, 'UTC') AS minute,
               (moment AT TIME ZONE 'UTC')::date AS day,
               date_trunc('month', moment AT TIME ZONE 'UTC')::date AS month
        FROM clock_timestamp() AS moment
    )
    SELECT p.*, now.at,
        coalesce(u.requests, 0) AS month_requests,
        coalesce(u.images, 0) AS month_images,
        CASE WHEN u.day = now.day THEN u.day_requests ELSE 0 END AS day_requests,
        CASE WHEN u.day = now.day THEN u.day_images ELSE 0 END AS day_images,
        CASE WHEN u.minute = now.minute THEN u.minute_requests ELSE 0 END AS minute_requests,
        (SELECT count(*) FROM (
            SELECT id FROM requests
            WHERE account_id = %(account)s AND finished_at IS NULL AND lease_until > now.at
            UNION
            SELECT CASE WHEN request_id = '' THEN id ELSE request_id END FROM jobs
            WHERE account_id = %(account)s AND state IN ('queued', 'running')
              AND deadline > now.at) AS taken) AS at_once
    FROM now
    LEFT JOIN accounts a ON a.id = %(account)s
    LEFT JOIN plans p ON p.slug = a.plan
    LEFT JOIN usage u ON u.account_id = %(account)s AND u.month = now.month
"""
