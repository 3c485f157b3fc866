"""Options that several commands share, and what they do to the settings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from imgen import logs
from imgen.accounts.administer import Administer
from imgen.errors import Invalid
from imgen.settings import Settings, load_settings
from imgen.wiring.core import open_database

_T = TypeVar("_T")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,9})([smhdw])")

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder of the embedded database, the pictures and the secret. [env: IMGEN_DATA_DIR]",
        show_default=False,
    ),
]


def settings_for(data_dir: Path | None, **sections: Any) -> Settings:
    """Read the settings, given the command line's, and set the logs up."""
    given = {name: value for name, value in sections.items() if value}
    if data_dir is not None:
        given["data_dir"] = data_dir
    settings = load_settings(**given)
    logs.configure(settings.log.level, settings.log.format)
    return settings


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def administer(data_dir: Path | None, act: Callable[[Administer], Coroutine[Any, Any, _T]]) -> _T:
    """Do something to the accounts of a deployment, whether or not its server runs."""
    settings = settings_for(data_dir)

    async def work() -> _T:
        async with open_database(settings) as database:
            return await act(Administer(database))

    return run(work())


def duration(text: str) -> timedelta:
    """`30d`, `12h`, `90s` as a time span.

    Raises:
        imgen.errors.Invalid: anything else.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise Invalid(f"{text} is not a time span; write 30d, 12h, 15m or 90s", field="expires-in")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
