"""`imgen check`: what is configured, and whether each part of it works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.table import Table

from imgen.catalog.load import load_catalog
from imgen.cli.check_models import show_models
from imgen.cli.options import DataDir, run, settings_for
from imgen.errors import ImgenError
from imgen.settings import Settings, names
from imgen.wiring.compliance import make_examine
from imgen.wiring.core import open_database, open_objects
from imgen.wiring.engines import make_registry

_Probe = Callable[[Settings], Awaitable[str]]


def check(
    settings_only: Annotated[
        bool, typer.Option("--settings", help="List every setting with its meaning, and stop.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Print the effective configuration, secrets masked, try each backend, list what can run now.

    Ends with status 1 when a part of this deployment does not work. Remote servers that do not
    answer are shown beside their models: there may be others.
    """
    console = Console(highlight=False)
    if settings_only:
        _list_settings(console)
        return
    settings = settings_for(data_dir)
    for name, value in _effective(settings, ""):
        console.print(f"{name} = {value}", markup=False, soft_wrap=True)
    good = run(_try_all(settings, console))
    if good:
        run(show_models(settings, console))
    else:
        raise typer.Exit(1)


def _list_settings(console: Console) -> None:
    table = Table("variable", "meaning", "default", show_lines=True)
    for variable, description, default in names():
        table.add_row(variable, description, _shown(default))
    console.print(table)


def _effective(section: BaseModel, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            found += _effective(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, _shown(value)))
    return found


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    return str(value)


async def _try_all(settings: Settings, console: Console) -> bool:
    good = True
    for name, probe in _PROBES.items():
        try:
            console.print(f"[green]ok[/]    {name}: {await probe(settings)}", soft_wrap=True)
        except ImgenError as error:
            good = False
            console.print(f"[red]fails[/] {name}: ", end="")
            detail = " ".join(getattr(error, "__notes__", ()))
            console.print(f"{error.message} {detail}".strip(), markup=False, soft_wrap=True)
    return good


async def _database(settings: Settings) -> str:
    async with open_database(settings) as database, database.connection() as connection:
        cursor = await connection.execute(
            "SELECT current_setting('server_version'), extversion"
            " FROM pg_extension WHERE extname = 'vector'"
        )
        row = await cursor.fetchone()
    assert row is not None
    where = "external" if settings.database_url.get_secret_value() else "embedded"
    return f"{where} PostgreSQL {row[0]} with pgvector {row[1]}"


async def _storage(settings: Settings) -> str:
    await open_objects(settings).probe()
    return f"{settings.storage.url or settings.data_dir / 'objects'} can be written and read"


async def _catalog(settings: Settings) -> str:
    catalog = load_catalog(settings.catalog.paths)
    counts = (len(catalog.models), len(catalog.styles), len(catalog.characters))
    return "{} models, {} styles, {} characters".format(*counts)


async def _models(settings: Settings) -> str:
    catalog, engines = load_catalog(settings.catalog.paths), make_registry(settings)
    models = catalog.models.values()
    runs = [model.key for model in models if not engines.obstacle_here(model)]
    if not runs:
        raise ImgenError("no model of the catalog can run here")
    return f"{len(runs)} of {len(models)} can run with these settings; see below"


async def _review(settings: Settings) -> str:
    async with open_database(settings) as database:
        examine = make_examine(settings, database)
    rulesets = ", ".join(f"{one.key} {one.version}" for one in examine.rulesets.values())
    detectors = ", ".join(examine.versions)
    if settings.compliance.kind == "off":
        return "switched off: pictures are shown unreviewed; the floor is refused all the same"
    return f"detectors: {detectors}; rulesets: {rulesets}"


_PROBES: dict[str, _Probe] = {
    "database": _database,
    "storage": _storage,
    "catalog": _catalog,
    "models": _models,
    "review": _review,
}
