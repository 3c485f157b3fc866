"""Find requests in the log, and keep it tidy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from imgen.accounts.requests import store
from imgen.accounts.requests.records import LoggedRequest
from imgen.database.pool import Database
from imgen.errors import NotFound

_log = structlog.get_logger()
_MOST = 500
_LOST_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RequestLog:
    """What an account, or support, looks its requests up in."""

    database: Database

    async def find(self, account_id: str | None, id: str) -> LoggedRequest:
        """One request of this account; of whichever one for None, which is for operators.

        Raises:
            imgen.errors.NotFound: the account has no such request.
        """
        async with self.database.connection() as connection:
            found = await store.find(connection, account_id, id)
        if found is None:
            raise NotFound("There is no such request", code="request_not_found", field="id")
        return found

    async def newest(
        self, account_id: str, *, limit: int = 50, before: str = ""
    ) -> list[LoggedRequest]:
        """The latest requests of an account, newest first.

        Args:
            limit: at most 500 at once.
            before: the id of the last one that was shown; those after it follow.
        """
        async with self.database.connection() as connection:
            return await store.newest(
                connection, account_id, limit=max(1, min(limit, _MOST)), before=before
            )


@dataclass(frozen=True, slots=True)
class Tidy:
    """One round of housekeeping. Any number of processes may do it at once."""

    database: Database
    keep: timedelta
    """How long the log is kept."""
    at_once: int = 5000
    """Rows that one statement deletes."""

    async def __call__(self) -> None:
        """Close what dead processes left open, delete what is older than is kept.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.connection() as connection:
            lost = await store.close_lost(connection, _LOST_AFTER)
            purged = deleted = await store.purge(connection, self.keep, self.at_once)
            while deleted == self.at_once:
                purged += (deleted := await store.purge(connection, self.keep, self.at_once))
            while await store.purge_replies(connection, self.at_once) == self.at_once:
                pass
        if lost or purged:
            _log.info("requests.tidied", lost=lost, purged=purged)
