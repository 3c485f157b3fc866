"""Forgets old reviews and decisions: the one thing that may remove them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from imgen import clock
from imgen.compliance.audit import store
from imgen.database.pool import Database

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PurgeAudit:
    """Removes entries of the audit log by age. Any number of processes may do it at once."""

    database: Database
    keep: timedelta

    async def __call__(self) -> int:
        """Remove what is older; returns how many rows.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.transaction() as connection:
            rows = await store.purge(connection, before=clock.now() - self.keep)
        if rows:
            _log.info("audit.purged", rows=rows)
        return rows
