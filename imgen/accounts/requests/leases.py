"""Says, for as long as this process lives, that its open requests are under way."""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from imgen.accounts.requests import store
from imgen.database.pool import Database
from imgen.errors import Unavailable

_log = structlog.get_logger()
_SHARE = 0.3


class Leases:
    """The open requests of one process, and the task that renews their leases while there are any.

    A process that is killed renews nothing: its requests stop counting when their leases end.

    Args:
        seconds: how long a lease lasts; it is renewed after three tenths of that.
    """

    def __init__(self, database: Database, *, seconds: float) -> None:
        self.seconds = seconds
        self._database = database
        self._held: set[str] = set()
        self._renewing: asyncio.Task[None] | None = None

    def hold(self, request_id: str) -> None:
        """Renew this request's lease until it is released."""
        self._held.add(request_id)
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    def release(self, request_id: str) -> None:
        """Let the lease end."""
        self._held.discard(request_id)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.seconds * _SHARE)
            if not self._held:
                return
            try:
                async with self._database.connection() as connection:
                    await store.renew(connection, sorted(self._held), self.seconds)
            except (Unavailable, psycopg.Error) as error:
                _log.warning("leases.not_renewed", requests=len(self._held), error=str(error))
