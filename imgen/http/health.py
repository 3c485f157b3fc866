"""Whether this deployment works: each part asked, with how long it took to answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from imgen.database.pool import Database
from imgen.errors import ImgenError, Unavailable
from imgen.storage.objects import ObjectStore

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Check:
    """A part that can be asked whether it works."""

    name: str
    ask: Callable[[], Awaitable[str]]
    """Says something worth knowing, or nothing; raises `ImgenError` where the part fails."""
    vital: bool = False
    """Whether nothing can be served without it."""


@dataclass(frozen=True, slots=True)
class Component:
    """What a part answered."""

    name: str
    status: Literal["up", "down"]
    latency_ms: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All answers."""

    components: tuple[Component, ...]
    up: bool
    """Whether every vital part works."""

    @property
    def status(self) -> Literal["healthy", "degraded"]:
        """In the words of the ImageAPI document."""
        good = all(component.status == "up" for component in self.components)
        return "healthy" if good else "degraded"


class Health:
    """Asks all parts at once. Anyone may ask, so an answer is good for a moment.

    Args:
        checks: the parts.
        timeout_seconds: after which a part counts as down.
        fresh_seconds: how long an answer is given again.
    """

    def __init__(
        self, checks: Sequence[Check], *, timeout_seconds: float = 3.0, fresh_seconds: float = 1.0
    ) -> None:
        self._checks = tuple(checks)
        self._timeout_seconds = timeout_seconds
        self._fresh_seconds = fresh_seconds
        self._lock = asyncio.Lock()
        self._last: tuple[float, Report] | None = None

    async def __call__(self) -> Report:
        """How everything is. Never raises."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > self._fresh_seconds:
                report = await self._ask_all()
                self._last = (time.monotonic(), report)
            return self._last[1]

    async def _ask_all(self) -> Report:
        components = await asyncio.gather(*map(self._ask, self._checks))
        vital = {check.name for check in self._checks if check.vital}
        up = all(one.status == "up" for one in components if one.name in vital)
        return Report(tuple(components), up)

    async def _ask(self, check: Check) -> Component:
        began = time.perf_counter()
        status: Literal["up", "down"] = "down"
        try:
            async with asyncio.timeout(self._timeout_seconds):
                detail = await check.ask()
            status = "up"
        except TimeoutError:
            detail = f"No answer within {self._timeout_seconds:g} seconds"
        except ImgenError as error:
            detail = error.message
        except Exception:  # a broken check must not hide the others
            _log.exception("health.check_crashed", check=check.name)
            detail = "The check failed"
        return Component(check.name, status, round((time.perf_counter() - began) * 1000, 2), detail)


def database_check(database: Database) -> Check:
    """Whether PostgreSQL answers."""

    async def ask() -> str:
        async with database.connection() as connection:
            await connection.execute("SELECT 1")
        return ""

    return Check("database", ask, vital=True)


def storage_check(objects: ObjectStore) -> Check:
    """Whether a picture can be written, read and removed."""

    async def ask() -> str:
        await objects.probe()
        return ""

    return Check("storage", ask)


def workers_check(database: Database, *, silent_seconds: float) -> Check:
    """Whether anyone makes pictures, and how many wait.

    Args:
        silent_seconds: after which a worker counts as dead.
    """

    async def ask() -> str:
        async with database.connection() as connection:
            cursor = await connection.execute(
                "SELECT (SELECT count(*) FROM procrastinate_workers"
                "        WHERE last_heartbeat > now() - make_interval(secs => %s)),"
                " (SELECT count(*) FROM jobs WHERE state = 'queued')",
                (silent_seconds,),
            )
            row = await cursor.fetchone()
        workers, waiting = row or (0, 0)
        if not workers:
            raise Unavailable(f"No worker is running; {waiting} jobs wait")
        return f"{workers} running, {waiting} jobs waiting"

    return Check("workers", ask)
