"""The worker process."""

from __future__ import annotations

import os

from imgen.generation.attempt import Attempt
from imgen.generation.memory import Memory
from imgen.generation.queue import queue_of
from imgen.generation.recover import Recover
from imgen.generation.run import Run
from imgen.library.withdraw import Withdraw
from imgen.wiring.core import Core, make_captioner
from imgen.wiring.provenance import make_finisher
from imgen.worker.process import Pace, Worker


def make_worker(core: Core) -> Worker:
    """A worker for every model that can run here."""
    settings = core.settings.worker
    models = [model for model in core.catalog.models.values() if not core.engines.obstacle(model)]
    return Worker(
        queue=core.queue,
        attempt=Attempt(
            database=core.database,
            queue=core.queue,
            run=Run(
                database=core.database,
                catalog=core.catalog,
                engines=core.engines,
                finisher=make_finisher(core.settings),
                objects=core.objects,
            ),
            memory=make_memory(core),
            tries=core.settings.generation.tries,
        ),
        recover=Recover(core.database, core.queue, settings.stalled_seconds),
        remember=core.remember,
        withdraw=Withdraw(core.database, core.catalog),
        queues=[queue_of(model.key) for model in models],
        concurrency=settings.concurrency or os.cpu_count() or 1,
        pace=Pace(
            heartbeat_seconds=settings.heartbeat_seconds,
            stalled_seconds=settings.stalled_seconds,
            janitor_seconds=settings.janitor_seconds,
            drain_seconds=settings.drain_seconds,
        ),
    )


def make_memory(core: Core) -> Memory:
    """What carries finished pictures into the library."""
    library = core.settings.library
    return Memory(
        catalog=core.catalog,
        database=core.database,
        objects=core.objects,
        captioner=make_captioner(core.settings),
        remember=core.remember,
        shared=library.shared,
        unreviewed=library.remember_unreviewed,
    )
