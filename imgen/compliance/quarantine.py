"""Blocked pictures: kept apart, for a while, and then no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from imgen import clock
from imgen.compliance.audit import store
from imgen.database.pool import Database
from imgen.storage.objects import ObjectStore

FOLDER = "quarantine"
_log = structlog.get_logger()


def quarantine_key(job_id: str, filename: str) -> str:
    """Where a blocked picture is kept. The library and its links know nothing of this folder."""
    return f"{FOLDER}/{job_id}/{filename}"


@dataclass(frozen=True, slots=True)
class PurgeQuarantine:
    """Removes blocked pictures by age. Any number of processes may do it at once."""

    objects: ObjectStore
    age: timedelta

    async def __call__(self) -> int:
        """Remove what is older; returns how many objects.

        Raises:
            imgen.errors.Unavailable: the object store is down.
        """
        oldest = clock.now() - self.age
        old = [one.key async for one in self.objects.list(FOLDER) if one.last_modified < oldest]
        for key in old:
            await self.objects.delete(key)
        if old:
            _log.info("quarantine.purged", objects=len(old))
        return len(old)


@dataclass(frozen=True, slots=True)
class PurgeAudit:
    """Removes entries of the audit log by age: the one thing that may."""

    database: Database
    age: timedelta

    async def __call__(self) -> int:
        """Remove what is older; returns how many rows.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.transaction() as connection:
            rows = await store.purge(connection, before=clock.now() - self.age)
        if rows:
            _log.info("audit.purged", rows=rows)
        return rows


class Retention:
    """Both purges, as often as a janitor calls, but no more than once an interval.

    Args:
        every_seconds: the interval.
    """

    def __init__(
        self, quarantine: PurgeQuarantine, audit: PurgeAudit, *, every_seconds: float = 3600.0
    ) -> None:
        self._purges = (quarantine, audit)
        self._every = every_seconds
        self._next = 0.0

    async def __call__(self) -> None:
        """Purge, if it is time to.

        Raises:
            imgen.errors.Unavailable: a backend is down; the next call tries again.
        """
        if clock.unix() < self._next:
            return
        for purge in self._purges:
            await purge()
        self._next = clock.unix() + self._every
