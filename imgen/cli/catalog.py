"""`imgen catalog`: see what is offered, and check one's own additions."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from imgen.catalog.load import check_catalog, load_catalog
from imgen.cli.options import DataDir, settings_for
from imgen.cli.problems import Files, report
from imgen.cli.tables import Reasons, print_table
from imgen.wiring.engines import make_registry

app = typer.Typer(help="See models, styles and characters; check your own.", no_args_is_help=True)


@app.command("list")
def list_catalog(data_dir: DataDir = None) -> None:
    """List models with what keeps them from running here, styles and characters."""
    settings = settings_for(data_dir)
    catalog = load_catalog(settings.catalog.paths)
    engines = make_registry(settings)
    console = Console()
    models, reasons = Table("model", "label", "engine", "default style", "runs here"), Reasons()
    for model in catalog.models.values():
        runs = reasons.cell(engines.obstacle(model))
        models.add_row(model.key, model.label, model.engine, model.default_style, runs)
    print_table(models)
    reasons.print()
    console.print("styles:", ", ".join(catalog.styles), soft_wrap=True)
    console.print("characters:", ", ".join(catalog.characters), soft_wrap=True)
    console.print("looks:", ", ".join(catalog.looks), soft_wrap=True)


@app.command()
def check(paths: Files = None, data_dir: DataDir = None) -> None:
    """Say what is wrong with catalog files: which file, which key, and the fix."""
    report(check_catalog(paths or settings_for(data_dir).catalog.paths), "The catalog is good")
