"""How commands that check an operator's own files take them, and tell what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from imgen.catalog.problems import Problem

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="TOML files or folders; default: those of the configuration."),
]


def report(problems: Sequence[Problem], good: str) -> None:
    """Print every problem, a line each, and leave with status 1; or that all is good."""
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print(good)
