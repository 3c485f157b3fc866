"""End the jobs of synchronous calls whose server process was killed: nobody will fetch them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from imgen.database.pool import Database
from imgen.generation.outcome import Cancelled, outcome_to_json

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class EndUnwaited:
    """One round of looking for them. Any number of processes may do it at once.

    A call that is being served renews the lease of its line in the request log. Where the lease
    ended a while ago, its process is gone: its jobs are cancelled, and so given back.

    Args:
        surfaces: the synchronous ones; on the others, a client comes back for its job.
        grace_seconds: how long a lease must be over, lest a pause of the database counts as death.
    """

    database: Database
    surfaces: Sequence[str]
    grace_seconds: float = 20.0

    async def __call__(self) -> int:
        """Cancel them; returns how many there were.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.connection() as connection:
            done = await connection.execute(
                """
                UPDATE jobs SET state = 'cancelled', outcome = %(outcome)s::text::jsonb,
                                finished_at = now()
                WHERE state IN ('queued', 'running') AND surface = ANY(%(surfaces)s)
                  AND request_id <> ''
                  AND created_at < now() - make_interval(secs => %(grace)s)
                  AND NOT EXISTS (
                      SELECT 1 FROM requests
                      WHERE requests.id = jobs.request_id AND finished_at IS NULL
                        AND lease_until > now() - make_interval(secs => %(grace)s))
                """,
                {
                    "outcome": outcome_to_json(Cancelled()).decode(),
                    "surfaces": list(self.surfaces),
                    "grace": self.grace_seconds,
                },
            )
        if done.rowcount:
            _log.warning("jobs.unwaited", cancelled=done.rowcount)
        return done.rowcount
