"""The queue between submitting and running: Procrastinate, on the same database.

The `jobs` table is the truth; a task in the queue only says that a worker should look at a job.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.utils import utcnow

from imgen import clock
from imgen.database.pool import Connection, Database

_TASK = "imgen.generate"
_TURNS = 1_000_000
"""More than any queue is long."""


def queue_of(model: str) -> str:
    """The queue that a model's jobs wait in: a worker takes only what it can run."""
    return f"generate.{model}"


class Queue:
    """Puts jobs in, and runs a worker that takes them out.

    Args:
        database: opened by the caller; the queue uses its pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._app = App(connector=PsycopgConnector())
        self._app.task(name=_TASK, pass_context=True)(_run)

    async def open(self) -> None:
        """Connect the queue to the database's pool."""
        await self._app.open_async(self._database.pool)

    async def close(self) -> None:
        """Let go of the pool."""
        await self._app.close_async()

    async def put(
        self,
        connection: Connection,
        job_id: str,
        queue: str,
        turn: int,
        *,
        priority: int = 0,
        delay: timedelta = timedelta(0),
    ) -> int:
        """Enqueue within the caller's transaction.

        Args:
            turn: lower ones first, among jobs of the same priority.
            priority: of the account's plan; higher ones first.
            delay: before it may be taken.

        Returns:
            The queue's own id of the task.
        """
        deferrer = self._app.configure_task(
            _TASK,
            queue=queue,
            priority=priority * _TURNS - turn,
            schedule_at=clock.now() + delay if delay else None,
            connection=connection,
            allow_unknown=True,
        )
        return await deferrer.defer_async(job_id=job_id)

    async def take(
        self,
        run: Callable[[str], Awaitable[None]],
        queues: Sequence[str],
        *,
        concurrency: int,
        heartbeat_seconds: float,
        stalled_seconds: float,
        drain_seconds: float,
    ) -> None:
        """Run jobs until cancelled; then let the running ones finish for `drain_seconds`.

        Args:
            run: called with the id of each job; cancelled when the drain takes too long.
            queues: looked at whenever a job is taken, so that a list may change meanwhile. New jobs
                wake this worker at once only in those that it begins with.
        """

        await self._app.run_worker_async(
            queues=queues,
            additional_context={"run": run},
            concurrency=concurrency,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=drain_seconds,
            update_heartbeat_interval=heartbeat_seconds,
            stalled_worker_timeout=stalled_seconds,
        )

    async def revive_stalled(self, stalled_seconds: float) -> int:
        """Hand the tasks of dead workers to living ones; returns how many."""
        manager = self._app.job_manager
        revived = 0
        for task in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
            # Another janitor may have been quicker, or the worker came back and finished it.
            with contextlib.suppress(ConnectorException, psycopg.Error):
                await manager.retry_job(task, retry_at=utcnow())
                revived += 1
        return revived


async def _run(context: JobContext, job_id: str) -> None:
    await context.additional_context["run"](job_id)
