"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

NOON = datetime(2031, 5, 14, 12, 0, 30, tzinfo=UTC)
"""In the middle of its minute, day and month."""
_HELD = """
    CREATE SCHEMA IF NOT EXISTS held;
    CREATE TABLE IF NOT EXISTS held.clock (moment timestamptz NOT NULL);
    CREATE OR REPLACE FUNCTION held.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT moment FROM held.clock';
    TRUNCATE held.clock;
    INSERT INTO held.clock VALUES (pg_catalog.clock_timestamp());
"""


class HeldClock:
    """The database's clock, for connections to `url` only; it moves when it is told to."""

    def __init__(self, url: str, moment: datetime = NOON) -> None:
        self.url = f"{url}&options=-csearch_path%3Dheld,pg_catalog,public"
        self._server = url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_HELD)
        self.set(moment)

    def set(self, moment: datetime) -> None:
        self.moment = moment
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute("UPDATE held.clock SET moment = %s", (moment,))

    def move(self, **by: float) -> None:
        self.set(self.moment + timedelta(**by))
