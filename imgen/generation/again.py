"""What an error means for its job: whether it is tried again, when, and whether the try counts."""

from __future__ import annotations

import random
from enum import StrEnum

from imgen import clock
from imgen.errors import ImgenError, Kind
from imgen.generation.job import Job

_IN_VAIN = frozenset({"not_finite", "out_of_memory"})
"""Codes: the same seed comes to the same end, the same memory is full again."""
_NEVER = frozenset({Kind.INVALID, Kind.TOO_LARGE})
_LONGEST_SECONDS = 30.0


class Next(StrEnum):
    """What comes after a try that failed."""

    END = "end"
    """The job fails: no other try would end otherwise."""
    COUNTED = "counted"
    """Another try, as long as there are any left."""
    WAITING = "waiting"
    """Another try when the trouble may be over, however often: until the job's deadline."""


def after(error: Exception) -> Next:
    """What follows an error.

    What says by `retry_after` that it passes costs no try: a server that restarts, a circuit
    breaker, a rate limit. What only an operator cures, or nobody foresaw, says nothing of the kind,
    and is not repeated for ever; nor is a job under which a device broke, for it may break them.
    """
    if not isinstance(error, ImgenError):
        return Next.COUNTED
    if error.kind in _NEVER or error.code in _IN_VAIN:
        return Next.END
    return Next.COUNTED if error.retry_after is None else Next.WAITING


def seconds_until(job: Job, error: Exception) -> float:
    """How long a job waits for its next try, jittered.

    A counted try doubles the wait. One that is not counted waits about as long as the job has been
    tried by now, which doubles it too; or as long as the error asks for.
    """
    if after(error) is Next.COUNTED:
        return float(2**job.attempt) * random.uniform(0.5, 1.0)  # noqa: S311
    begun = job.started_at or job.created_at
    tried = min(max(1.0, (clock.now() - begun).total_seconds()), _LONGEST_SECONDS)
    asked = (isinstance(error, ImgenError) and error.retry_after) or 0.0
    return max(
        tried * random.uniform(0.5, 1.0),  # noqa: S311
        min(asked, _LONGEST_SECONDS) * random.uniform(1.0, 1.2),  # noqa: S311
    )
