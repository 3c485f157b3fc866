"""Awaits something long while asking, again and again, whether anybody still wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")
_SECONDS = 0.5


async def attended(
    work: Awaitable[_T], still_wanted: Callable[[], None], *, every: float = _SECONDS
) -> _T:
    """What `work` gives.

    Args:
        work: cancelled when nobody wants it any more, or when this is cancelled.
        still_wanted: raises when nobody does; called every `every` seconds.

    Raises:
        imgen.engines.protocol.Abandoned: passed on from `still_wanted`.
    """
    task = asyncio.ensure_future(work)
    try:
        while True:
            still_wanted()
            done, _ = await asyncio.wait({task}, timeout=every)
            if done:
                return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settled(work: Awaitable[_T], seconds: float) -> _T:
    """What `work` gives. Who is cancelled meanwhile waits first, for so long at most, until it is
    known how it went: a call that may have begun something must not be left in the air."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def briefly(work: Awaitable[object], seconds: float) -> None:
    """Tidy up after a run, for so long at most; whatever goes wrong, the run is over."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
