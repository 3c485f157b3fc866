"""`imgen verify`: is a picture ours, and what does it say about itself?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from imgen.cli.options import DataDir, run, settings_for
from imgen.errors import ImgenError
from imgen.settings import Settings
from imgen.verification.report import Report, to_json
from imgen.wiring.core import open_core
from imgen.wiring.provenance import make_verify

_NOT_OURS, _UNREADABLE = 1, 2


def verify(
    files: Annotated[list[Path], typer.Argument(help="Pictures of any common kind.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Tell whether pictures were made by this deployment.

    Reads their content credentials, looks for the invisible mark, and compares their look with the
    library; so a picture is recognised after its metadata was stripped and it was resized and
    recompressed. Exit status: 0 all are ours, 1 one is not, 2 one cannot be read.
    """
    settings = settings_for(data_dir)
    console = Console(highlight=False)
    found = run(_verify_all(settings, files))
    if as_json:
        print(json.dumps([_as_json(file, one) for file, one in found], indent=2))
    else:
        for file, one in found:
            _tell(console, file, one)
    raise typer.Exit(max(_status(one) for _, one in found))


def told(console: Console, settings: Settings, files: list[Path]) -> None:
    """Verify files and tell about each."""
    for file, one in run(_verify_all(settings, files)):
        _tell(console, file, one)


async def _verify_all(
    settings: Settings, files: list[Path]
) -> list[tuple[Path, Report | ImgenError]]:
    async with open_core(settings) as core:
        check = make_verify(core)
        found: list[tuple[Path, Report | ImgenError]] = []
        for file in files:
            try:
                found.append((file, await check(file.read_bytes(), file=str(file))))
            except OSError as error:
                found.append((file, ImgenError(f"cannot be read: {error.strerror}")))
            except ImgenError as error:
                found.append((file, error))
        return found


def _as_json(file: Path, one: Report | ImgenError) -> dict[str, Any]:
    if isinstance(one, ImgenError):
        return {"file": str(file), "ours": False, "error": one.message}
    return to_json(one)


def _tell(console: Console, file: Path, one: Report | ImgenError) -> None:
    console.print(f"[bold]{file}[/]", soft_wrap=True)
    if isinstance(one, ImgenError):
        console.print(f"  {one.message}", markup=False, soft_wrap=True)
        return
    console.print(f"  {one.verdict}", markup=False, soft_wrap=True)
    mark = f"found, confidence {one.mark.confidence:.6f}" if one.mark.found else "not found"
    console.print(f"  credentials: {one.credentials.state}; mark: {mark}", markup=False)
    for match in one.matches[:3]:
        console.print(f"  looks like {match.id} ({match.distance} of 256 bits differ)")


def _status(one: Report | ImgenError) -> int:
    if isinstance(one, ImgenError):
        return _UNREADABLE
    return 0 if one.ours else _NOT_OURS
