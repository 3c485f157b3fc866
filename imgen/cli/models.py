"""`imgen models`: what weights the catalog wants, which are here, and fetching the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from imgen.catalog.entries import Model
from imgen.catalog.load import load_catalog
from imgen.cli.options import DataDir, settings_for
from imgen.cli.tables import print_table
from imgen.engines.diffusers.hub import Hub, RemoteFile, Repository
from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import ModelOptions, read_options
from imgen.engines.diffusers.pull import Need, changed_files, chosen, fetch, needs
from imgen.engines.diffusers.source import find_source
from imgen.errors import Forbidden, ImgenError, NotFound

app = typer.Typer(help="See, check and fetch the weights of models.", no_args_is_help=True)
_GIB = 1024**3
_Plan = list[tuple[Repository, tuple[RemoteFile, ...]]]

ModelsDir = Annotated[
    Path | None,
    typer.Option("--models-dir", help="Folder of weights. Default: the configured one."),
]


@app.command("list")
def list_models(models_dir: ModelsDir = None, data_dir: DataDir = None) -> None:
    """List the models of this machine's own engine: weights, licence, and what they lack."""
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    table = Table("model", "weights", "licence", "GiB", "runs here")
    for model, options in _own(load_catalog(settings.catalog.paths).models.values()):
        lacks = obstacle(model.options, {"models": folder})
        size = _size(options, folder)
        table.add_row(
            model.key,
            options.weights or options.upscaler or options.matting,
            model.licence + ("" if model.commercial_use else " (not for commercial use)"),
            f"{size / _GIB:.1f}" if size else "",
            f"no: {lacks}" if lacks else "yes",
        )
    print_table(table)


@app.command()
def check(
    slug: Annotated[str, typer.Argument(help="One model; default: all that are here.")] = "",
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Compare fetched weights with their checksums. Ends with status 1 when one has changed."""
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    models = load_catalog(settings.catalog.paths).models
    asked = [_named(models, slug)] if slug else list(models.values())
    good = True
    for model, options in _own(asked):
        lacks = obstacle(model.options, {"models": folder})
        wrong = [
            f"{need.repository}/{path}"
            for need in needs(options)
            for path in changed_files(folder / need.repository)
        ]
        if wrong:
            print(f"{model.key}: changed since it was fetched: {', '.join(wrong)}")
        elif lacks:
            print(f"{model.key}: cannot run: {lacks}")
        else:
            print(f"{model.key}: good")
        good = good and not wrong and not (slug and lacks)
    if not good:
        raise typer.Exit(1)


@app.command()
def pull(
    slug: Annotated[str, typer.Argument(help="The model's key in the catalog.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Do not ask about the licence.")
    ] = False,
    hub_url: Annotated[
        str, typer.Option("--hub", envvar="HF_ENDPOINT", help="Address of the hub.")
    ] = "https://huggingface.co",
    token: Annotated[
        str, typer.Option(envvar="HF_TOKEN", help="For gated models.", show_default=False)
    ] = "",
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Fetch a model's weights; a fetch that broke off goes on where it was.

    Shows the licence first, and asks where it is gated or forbids commercial use. Only safetensors
    are fetched, and each file is checked.
    """
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    model = _named(load_catalog(settings.catalog.paths).models, slug)
    wanted = needs(read_options(model.options))
    if model.engine != "diffusers" or not wanted:
        raise NotFound(f"{slug} takes nothing from a hub")
    with closing(Hub(hub_url, token)) as hub:
        plan = [_planned(hub, need) for need in wanted]
        _agree(model, plan, accept_licence)
        _fetch_all(hub, plan, folder)
    lacks = obstacle(model.options, {"models": folder})
    print(f"{slug} is here" + (f"; it cannot run yet: {lacks}" if lacks else ""))


def _planned(hub: Hub, need: Need) -> tuple[Repository, tuple[RemoteFile, ...]]:
    repository = hub.repository(need.repository, need.revision)
    return repository, chosen(repository, need)


def _agree(model: Model, plan: _Plan, accepted: bool) -> None:
    """Show the licences; where one is gated or not for commerce, somebody must accept it.

    Raises:
        imgen.errors.Forbidden: nobody did.
    """
    size = sum(file.size for _, files in plan for file in files)
    print(f"{model.label}: {size / _GIB:.2f} GiB")
    for repository, _ in plan:
        print(f"  {repository.name}: {repository.licence or model.licence or 'no licence named'}")
    strict = not model.commercial_use or any(repository.gated for repository, _ in plan)
    if not strict or accepted:
        return
    if not model.commercial_use:
        print(f"  {model.licence} does not allow commercial use.")
    if not typer.confirm("Do you accept these licences?"):
        raise Forbidden("Nothing was fetched: the licence was not accepted (--accept-licence)")


def _fetch_all(hub: Hub, plan: _Plan, folder: Path) -> None:
    bar = Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        for repository, files in plan:
            task = bar.add_task(repository.name, total=sum(file.size for file in files))
            fetch(hub, repository, files, folder, partial(bar.advance, task))


def _own(models: Iterable[Model]) -> list[tuple[Model, ModelOptions]]:
    """Those that this machine's own engine runs."""
    return [(model, read_options(model.options)) for model in models if model.engine == "diffusers"]


def _named(models: Mapping[str, Model], slug: str) -> Model:
    if slug not in models:
        raise NotFound(f"The catalog has no model {slug}")
    return models[slug]


def _size(options: ModelOptions, folder: Path) -> int:
    try:
        return find_source(options, folder).size(options)
    except ImgenError:
        return 0
