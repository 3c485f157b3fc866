"""What `imgen check` says of models: which can run now, and what is in the way of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from imgen.catalog.entries import Model, Way
from imgen.catalog.load import load_catalog
from imgen.engines.registry import Registry
from imgen.engines.remote.look import Look
from imgen.errors import ImgenError
from imgen.generation.offers import announced
from imgen.settings import Settings
from imgen.wiring.core import open_database
from imgen.wiring.engines import make_registry


@dataclass(frozen=True, slots=True)
class _Line:
    """One way to run a model."""

    model: Model
    way: Way
    reason: str
    """What is in it here; empty: nothing."""
    looks: Sequence[Look]


async def show_models(settings: Settings, console: Console) -> None:
    """One line for each model and engine, and one for each worker.

    Raises:
        imgen.errors.ImgenError: the catalog is wrong, or the database is down.
    """
    catalog, engines = load_catalog(settings.catalog.paths), make_registry(settings)
    lines = [line for model in catalog.models.values() for line in _lines(engines, model)]
    answers = await _answers({look for line in lines for look in line.looks})
    console.print("models and their engines:")
    for line in lines:
        _show(console, line, answers)
    await _show_workers(settings, console)


def _lines(engines: Registry, model: Model) -> list[_Line]:
    return [_line(engines, model, way, reason) for way, reason in engines.ways(model)]


def _line(engines: Registry, model: Model, way: Way, reason: str) -> _Line:
    try:
        return _Line(model, way, reason, () if reason else engines.looks(way))
    except ImgenError as error:
        return _Line(model, way, error.message, ())


async def _answers(looks: set[Look]) -> dict[Look, str]:
    """What is wrong with each server, all asked at once; empty: nothing."""
    asked = list(looks)
    return dict(zip(asked, await asyncio.gather(*(look() for look in asked)), strict=True))


def _show(console: Console, line: _Line, answers: dict[Look, str]) -> None:
    reason, faults = line.reason, [answers[look] for look in line.looks]
    if faults and all(faults):
        reason = "no server answers"
    said = "; ".join(
        f"{look.host} {'fails: ' + fault if fault else 'answers'}"
        for look, fault in zip(line.looks, faults, strict=True)
    )
    words = ": ".join(word for word in (reason, said) if word)
    mark = "[yellow]no[/] " if reason else "[green]yes[/]"
    console.print(f"  {mark} {line.model.key} ({line.way.engine})", end="")
    console.print(f": {words}" if words else "", markup=False, soft_wrap=True)


async def _show_workers(settings: Settings, console: Console) -> None:
    async with open_database(settings) as database, database.connection() as connection:
        workers = await announced(connection)
    console.print("workers that run now:" if workers else "no worker runs now")
    for worker, models in workers.items():
        console.print(f"  {worker}: {', '.join(models)}", markup=False, soft_wrap=True)
