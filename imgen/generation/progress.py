"""Takes an engine's progress from any thread to the database, and a cancellation back."""

from __future__ import annotations

import asyncio

import structlog

from imgen.database.pool import Database
from imgen.engines.protocol import Abandoned
from imgen.errors import Unavailable
from imgen.generation import store
from imgen.generation.job import Job

_log = structlog.get_logger()
_SECONDS = 0.3
_MOST = 2**31 - 1
"""Of the database's integers."""


class ProgressRecorder:
    """The `Progress` of one run: cheap to call, written a few times a second."""

    def __init__(self, database: Database, job: Job) -> None:
        self._database = database
        self._job = job
        self._latest = (0, 0)
        self._abandoned = False

    def __call__(self, step: int, of: int) -> None:
        """See `imgen.engines.protocol.Progress`."""
        if self._abandoned:
            raise Abandoned
        self._latest = _fitting(step, of)

    def abandon(self) -> None:
        """Have the engine stop at its next report."""
        self._abandoned = True

    async def until_abandoned(self) -> None:
        """Keep the database up to date until the job is no longer this run's."""
        while True:
            await asyncio.sleep(_SECONDS)
            try:
                async with self._database.connection() as connection:
                    ours = await store.record_progress(connection, self._job, *self._latest)
            except Unavailable:
                continue  # the run goes on; its outcome decides
            except Exception:  # nor does a fault of ours mean that nobody wants the job
                _log.exception("job.progress_lost")
                continue
            if not ours:
                self.abandon()
                return


def _fitting(step: int, of: int) -> tuple[int, int]:
    """The same share in numbers that the database takes: a remote server may count anything."""
    of = max(0, of)
    step = min(max(0, step), of)
    return (step, of) if of <= _MOST else (step * _MOST // of, _MOST)
