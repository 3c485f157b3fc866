"""Drop what ended by itself: sessions, one-time links, counts of tries."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.accounts.people import link_store, session_store, tries_store
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.database.pool import Database


@dataclass(frozen=True, slots=True)
class Sweep:
    """For the janitor, now and then. None of these rows was good for anything any more."""

    database: Database
    lifetimes: Lifetimes

    async def __call__(self) -> int:
        """Drop them; returns how many rows."""
        async with self.database.connection() as connection:
            return (
                await session_store.purge(connection, self.lifetimes.idle)
                + await link_store.purge(connection)
                + await tries_store.purge(connection)
            )
