"""The worker process."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from imgen import ids
from imgen.accounts.people.sweep import Sweep
from imgen.accounts.requests.log import Tidy
from imgen.compliance.audit.purge import PurgeAudit
from imgen.generation.attempt import Attempt
from imgen.generation.clear_again import ClearAgain
from imgen.generation.inputs import FOLDER as UPLOADS
from imgen.generation.judge import Judge
from imgen.generation.make import Make
from imgen.generation.offers import ANNOUNCE_SECONDS, Announce
from imgen.generation.queue import queue_of
from imgen.generation.recover import Recover
from imgen.generation.run import Run
from imgen.generation.shelf import QUARANTINE
from imgen.generation.unwaited import EndUnwaited
from imgen.library.withdraw import Withdraw
from imgen.storage.purge import Purge
from imgen.wiring.compliance import make_reviewer
from imgen.wiring.core import Core
from imgen.wiring.memory import make_memory
from imgen.wiring.people import make_lifetimes
from imgen.wiring.provenance import make_finisher
from imgen.worker.chores import Chore
from imgen.worker.process import Pace, Worker

_EVERY_MINUTE = 60.0
_HOURLY = 3600.0
_UNWAITED = 5.0
_WAITING = 16
"""Jobs at once where most of them wait for an answer."""
_SYNCHRONOUS = ("imageapi-v1", "imagine")
"""Surfaces whose clients wait: when the process that they wait on dies, nobody wants the job."""


def make_worker(core: Core, *, only: frozenset[str] = frozenset()) -> Worker:
    """A worker for every model that can run here.

    Args:
        only: keys of the models whose jobs it takes; none: all that it can run.

    Raises:
        imgen.errors.Invalid: one of them is not in the catalog.
    """
    for key in only:
        core.catalog.model_named(key, field="models")
    settings = core.settings.worker

    def runnable() -> list[str]:
        """Keys of the models that nothing stands in the way of. Blocking."""
        models = core.catalog.models.values()
        return [
            model.key
            for model in models
            if (not only or model.key in only) and not core.engines.obstacle_here(model)
        ]

    return Worker(
        queue=core.queue,
        attempt=Attempt(
            database=core.database,
            queue=core.queue,
            run=Run(
                database=core.database,
                objects=core.objects,
                make=Make(core.catalog, core.engines),
                judge=Judge(make_reviewer(core.settings, core.review)),
                finisher=make_finisher(core.settings),
            ),
            memory=make_memory(core),
            tries=core.settings.generation.tries,
        ),
        first=_withdraw(core),
        chores=_chores(core, runnable),
        queues=lambda: [queue_of(key) for key in runnable()],
        concurrency=settings.concurrency or _usual_concurrency(core, runnable()),
        pace=Pace(
            heartbeat_seconds=settings.heartbeat_seconds,
            stalled_seconds=settings.stalled_seconds,
            drain_seconds=settings.drain_seconds,
        ),
    )


def _usual_concurrency(core: Core, runnable: Sequence[str]) -> int:
    """A job for each core; where weights are loaded, enough of them to fill two batches; where
    remote servers do the work, enough to keep several of them busy."""
    engines: dict[str, bool] = {}
    for key in runnable:
        engines |= core.engines.open_engines(core.catalog.models[key])
    batches = 2 * core.settings.diffusers.batch if "diffusers" in engines else 0
    return max(os.cpu_count() or 1, batches, _WAITING if any(engines.values()) else 0)


def _withdraw(core: Core) -> Callable[[], Awaitable[None]]:
    """What must not be served any more, before anything is."""

    async def withdraw() -> None:
        await Withdraw(core.database, core.catalog)()
        await _clear_again(core).withdraw()

    return withdraw


def _clear_again(core: Core) -> ClearAgain:
    return ClearAgain(core.database, core.objects, core.review)


def _chores(core: Core, runnable: Callable[[], list[str]]) -> list[Chore]:
    """What is done beside the jobs."""
    settings, often = core.settings, core.settings.worker.janitor_seconds
    compliance, accounts = settings.compliance, settings.accounts
    hours, days = settings.uploads.hours, compliance.quarantine_days
    uploads = Purge(core.objects, UPLOADS, timedelta(hours=hours))
    quarantine = Purge(core.objects, QUARANTINE, timedelta(days=days))
    audit = PurgeAudit(core.database, timedelta(days=compliance.audit_days))
    requests = Tidy(core.database, timedelta(days=accounts.request_log_days))
    announce = Announce(core.database, ids.worker_id(), runnable)
    recover = Recover(core.database, core.queue, settings.worker.stalled_seconds)
    return [
        Chore("recover", recover, often),
        Chore("remember", core.remember, often),
        Chore("announce", announce, min(often, ANNOUNCE_SECONDS)),
        Chore("end_unwaited", EndUnwaited(core.database, _SYNCHRONOUS), _UNWAITED),
        Chore("tidy_requests", requests, _EVERY_MINUTE),
        Chore("sweep_people", Sweep(core.database, make_lifetimes(settings)), _HOURLY),
        Chore("clear_again", _clear_again(core), often),
        Chore("purge_uploads", uploads, _HOURLY),
        Chore("purge_quarantine", quarantine, _HOURLY),
        Chore("purge_audit", audit, _HOURLY),
    ]
