"""`imgen models`: what weights the catalog wants, which are here, and fetching the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
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
from imgen.cli.model_loras import NamedLora, lora_obstacle, loras_of
from imgen.cli.options import DataDir, settings_for
from imgen.cli.tables import Reasons, print_table
from imgen.engines.diffusers.files.hub import Hub, RemoteFile, Repository
from imgen.engines.diffusers.files.pull import Need, changed_files, check_room, chosen, fetch, needs
from imgen.engines.diffusers.files.source import find_source
from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import ModelOptions, read_options
from imgen.errors import Forbidden, ImgenError, NotFound

app = typer.Typer(help="See, check and fetch the weights of models.", no_args_is_help=True)
_GIB = 1024**3
_NOT_FOR_COMMERCE = re.compile(r"\bnc\b|non-?commercial", re.IGNORECASE)
_Plan = list[tuple[Repository, tuple[RemoteFile, ...]]]

ModelsDir = Annotated[
    Path | None,
    typer.Option("--models-dir", help="Folder of weights. Default: the configured one."),
]


@app.command("list")
def list_models(models_dir: ModelsDir = None, data_dir: DataDir = None) -> None:
    """List the models of this machine's own engine: weights, licence, and what they lack.

    Below them, the LoRAs that characters and styles name.
    """
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    catalog = load_catalog(settings.catalog.paths)
    reasons = Reasons()
    table = Table("model", "weights", "licence", "GiB", "runs here")
    for model, options in _own(catalog.models.values()):
        size = _size(options, folder)
        table.add_row(
            model.key,
            options.weights or options.upscaler or options.matting,
            model.licence + ("" if model.commercial_use else " (not for commercial use)"),
            f"{size / _GIB:.1f}" if size else "",
            reasons.cell(obstacle(model.options, {"models": folder})),
        )
    print_table(table)
    if loras := loras_of(catalog):
        table = Table("LoRA of", "weights", "for family", "is here")
        for one in loras:
            lacks = lora_obstacle(one.lora, folder)
            table.add_row(one.of, one.lora.reference, one.lora.family or "any", reasons.cell(lacks))
        print_table(table)
    reasons.print()


@app.command()
def check(
    slug: Annotated[str, typer.Argument(help="One model; default: all that are here.")] = "",
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Compare fetched weights, LoRAs too, with their checksums.

    Ends with status 1 when one has changed, or when the model asked for lacks something.
    """
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    catalog = load_catalog(settings.catalog.paths)
    asked = [_named(catalog.models, slug)] if slug else list(catalog.models.values())
    good = True
    for model, options in _own(asked):
        loras = loras_of(catalog, model)
        lacks = obstacle(model.options, {"models": folder})
        without = [one for one in loras if lora_obstacle(one.lora, folder)]
        wrong = _changed(needs(options, folder, [one.lora.reference for one in loras]), folder)
        print(f"{model.key}: {_said(wrong, lacks, without, folder)}")
        good = good and not wrong and not (slug and (lacks or without))
    if not good:
        raise typer.Exit(1)


def _said(wrong: list[str], lacks: str, without: list[NamedLora], folder: Path) -> str:
    if wrong:
        return f"changed since it was fetched: {', '.join(wrong)}"
    if lacks:
        return f"cannot run: {lacks}"
    if without:
        missing = (f"{one.of}: {lora_obstacle(one.lora, folder)}" for one in without)
        return f"good, but for the LoRA of {'; '.join(missing)}"
    return "good"


def _changed(wanted: Iterable[Need], folder: Path) -> list[str]:
    repositories = dict.fromkeys(need.repository for need in wanted)
    return [f"{name}/{path}" for name in repositories for path in changed_files(folder / name)]


@app.command()
def pull(
    slugs: Annotated[list[str], typer.Argument(help="Keys of models in the catalog.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Do not ask about licences.")
    ] = False,
    with_loras: Annotated[
        bool, typer.Option("--loras/--no-loras", help="Those of characters and styles too.")
    ] = True,
    hub_url: Annotated[
        str, typer.Option("--hub", envvar="HF_ENDPOINT", help="Address of the hub.")
    ] = "https://huggingface.co",
    token: Annotated[
        str, typer.Option(envvar="HF_TOKEN", help="For gated models.", show_default=False)
    ] = "",
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Fetch the weights of models; a fetch that broke off goes on where it was.

    Fetches the LoRAs of characters and styles that fit them too. Shows licences first, and asks
    where one is gated or forbids commercial use. Only safetensors are fetched, and each file is
    checked.
    """
    settings = settings_for(data_dir)
    folder = models_dir or settings.diffusers.models or settings.data_dir / "models"
    catalog = load_catalog(settings.catalog.paths)
    asked = [_named(catalog.models, slug) for slug in slugs]
    lost = False
    with closing(Hub(hub_url, token)) as hub:
        for model in asked:
            loras = loras_of(catalog, model) if with_loras else []
            got = _pull(hub, model, [one.lora.reference for one in loras], folder, accept_licence)
            lost = lost or bool(got.lost)
            _say_what_came(model, got, folder)
    if lost:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Pulled:
    fetched: set[Need] = field(default_factory=set)
    lost: set[Need] = field(default_factory=set)
    """LoRAs that the hub does not give."""

    def knows(self, need: Need) -> bool:
        return need in self.fetched or need in self.lost


def _say_what_came(model: Model, got: _Pulled, folder: Path) -> None:
    if not got.fetched:
        raise NotFound(f"{model.key} takes nothing from a hub")
    lacks = obstacle(model.options, {"models": folder})
    print(
        f"{model.key} is here"
        + (", but not all of its LoRAs" if got.lost else "")
        + (f"; it cannot run yet: {lacks}" if lacks else "")
    )


def _pull(hub: Hub, model: Model, loras: list[str], folder: Path, accepted: bool) -> _Pulled:
    """In rounds: what a single file lacks shows when it is here."""
    got = _Pulled()
    if model.engine != "diffusers":
        return got
    options = read_options(model.options)
    while wanted := [one for one in needs(options, folder, loras) if not got.knows(one)]:
        plan: _Plan = []
        for need in wanted:
            try:
                plan.append(_planned(hub, need))
            except ImgenError as error:
                if not need.lora:
                    raise
                print(f"{need.repository}: {error.message}")
                got.lost.add(need)
        _agree(model, plan, accepted, known=bool(got.fetched))
        for repository, files in plan:
            check_room(repository, files, folder)
        _fetch_all(hub, plan, folder)
        got.fetched |= set(wanted) - got.lost
    return got


def _planned(hub: Hub, need: Need) -> tuple[Repository, tuple[RemoteFile, ...]]:
    repository = hub.repository(need.repository, need.revision)
    return repository, chosen(repository, need)


def _agree(model: Model, plan: _Plan, accepted: bool, *, known: bool) -> None:
    """Show the licences; where one is gated or not for commerce, somebody must accept it.

    Args:
        known: the model's own licence was accepted in an earlier round.

    Raises:
        imgen.errors.Forbidden: nobody did.
    """
    size = sum(file.size for _, files in plan for file in files)
    print(f"{model.label}: {size / _GIB:.2f} GiB")
    for repository, _ in plan:
        print(f"  {repository.name}: {repository.licence or model.licence or 'no licence named'}")
    closed = [one.licence for one, _ in plan if _NOT_FOR_COMMERCE.search(one.licence)]
    closed += [] if model.commercial_use or known else [model.licence]
    if accepted or not (closed or any(repository.gated for repository, _ in plan)):
        return
    for licence in dict.fromkeys(closed):
        print(f"  {licence} does not allow commercial use.")
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
    """Bytes in memory; a GPU computes in 16 bits unless the options say otherwise."""
    itemsize = 4 if options.dtype == "float32" else 2
    try:
        return find_source(options, folder).size(options, itemsize).whole
    except ImgenError:
        return 0
