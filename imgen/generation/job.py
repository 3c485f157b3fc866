"""A job as the database holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from imgen.generation.outcome import Outcome
from imgen.generation.request import GenerationRequest


class State(StrEnum):
    """Where a job is; all but the first two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def final(self) -> bool:
        """Whether nothing can happen to the job any more."""
        return self not in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One picture being made, or made."""

    id: str
    gen_id: str
    """Public name of the picture, also when it is served again later."""
    account_id: str
    surface: str
    """Which door it came through."""
    queue: str
    request: GenerationRequest
    state: State
    turn: int
    """Its place in fair queueing."""
    priority: int
    """Of its account's plan; higher ones first."""
    attempt: int
    """How often it was started."""
    step: int
    """Of `steps`: how far the engine is."""
    steps: int
    """0 until the engine says."""
    outcome: Outcome | None
    """Set when the state is final."""
    created_at: datetime
    deadline: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def fraction(self) -> float:
        """How much of the work is done, from 0 to 1."""
        if self.state.final:
            return 1.0
        return self.step / self.steps if self.steps else 0.0
