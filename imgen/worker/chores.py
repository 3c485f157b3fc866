"""What a worker does beside making pictures, each thing at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from imgen.errors import ImgenError

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is to be done again and again, by any number of workers at once."""

    name: str
    do: Callable[[], Awaitable[object]]
    every_seconds: float


async def do_chores(chores: Sequence[Chore]) -> None:
    """Do all of them until cancelled; one that fails is tried again at its next turn."""
    await asyncio.gather(*(_repeat(chore) for chore in chores))


async def _repeat(chore: Chore) -> None:
    while True:
        await asyncio.sleep(chore.every_seconds)
        try:
            await chore.do()
        except ImgenError as error:
            _log.warning("chore.interrupted", chore=chore.name, error=error.message)
        except Exception:  # the next round may do better
            _log.exception("chore.crashed", chore=chore.name)
