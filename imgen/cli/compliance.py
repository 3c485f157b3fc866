"""`imgen compliance`: review pictures by hand, read the audit log, decide appeals, keep lists."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer
from rich.console import Console
from rich.table import Column, Table

from imgen.cli import compliance_tables as tables
from imgen.cli import rulesets
from imgen.cli.library_progress import progress
from imgen.cli.library_tools import with_library
from imgen.cli.options import DataDir, run, settings_for
from imgen.cli.tables import print_table
from imgen.compliance.appeals import Appeals
from imgen.compliance.audit import store
from imgen.compliance.audit.entry import Appeal, Entry, State
from imgen.compliance.audit.stats import Summarise
from imgen.compliance.evaluation.evaluate import Evaluate, Evaluation
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.hash_lists.read import read_hashes
from imgen.compliance.hash_lists.store import ListKind
from imgen.compliance.review import Examine
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Invalid, Unavailable
from imgen.generation.look_back import Met
from imgen.verification.picture import Limits, open_picture
from imgen.wiring.compliance import make_examine
from imgen.wiring.core import Core, open_core, open_database
from imgen.wiring.memory import make_look_back, make_release

app = typer.Typer(
    help="Review: what may be shown, what was not, and why.\n\n"
    "Begin with `imgen compliance review FILE` and `imgen compliance stats`.",
    no_args_is_help=True,
)
appeals = typer.Typer(help="Overturn a block, or uphold it.", no_args_is_help=True)
hashes = typer.Typer(help="Lists of known pictures' hashes.", no_args_is_help=True)
app.add_typer(rulesets.app, name="rulesets")
app.add_typer(appeals, name="appeals")
app.add_typer(hashes, name="hashes")

_T = TypeVar("_T")
_KINDS: tuple[str, ...] = get_args(ListKind)
_STATES: tuple[str, ...] = get_args(State)
Ruleset = Annotated[str, typer.Option(help="Judge by this one.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit log.")]
By = Annotated[str, typer.Option(help="Who decides. Default: the user of this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Most rows.")]
JobId = Annotated[str, typer.Argument(help="The job's id, as `appeals list` shows it.")]


@app.command()
def review(
    file: Annotated[Path, typer.Argument(help="A picture of any common kind.")],
    ruleset: Ruleset = "default",
    prompt: Annotated[str, typer.Option(help="What it was made from.")] = "",
    negative: Annotated[str, typer.Option(help="Its negative prompt.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Judge a picture, as the worker would, and say why. Writes nothing to the audit log.

    Exit status: 0 it may be shown, 1 it is blocked.
    """
    subject = Subject("generated", _open(_read(file)), prompt=prompt, negative=negative)

    examined = _with_examine(data_dir, lambda examine: examine(subject, ruleset))
    if as_json:
        print(json.dumps(tables.examined_as_json(examined), indent=2))
    else:
        tables.print_examined(Console(highlight=False), examined)
    raise typer.Exit(int(examined.verdict.blocked))


@app.command()
def stats(
    days: Annotated[float, typer.Option(min=0.01, help="How far to look back.")] = 30,
    data_dir: DataDir = None,
) -> None:
    """Show how much was reviewed and blocked, which rules fired, and how long it took."""
    found = _with_database(data_dir, lambda database: Summarise(database)(days=days))
    tables.print_stats(Console(highlight=False), found)


@app.command()
def log(
    job: Annotated[str, typer.Option(help="Only reviews of this job.")] = "",
    state: Annotated[str, typer.Option(help=f"Only {', '.join(_STATES)}.")] = "",
    limit: Limit = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the audit log, newest first: who, what, verdict, signals, versions."""
    if state and state not in _STATES:
        raise Invalid(f"There is no state {state}; there are {', '.join(_STATES)}", field="state")

    async def work(database: Database) -> tuple[list[Entry], list[Appeal]]:
        async with database.connection() as connection:
            found = await store.entries(connection, job_id=job, state=state, limit=limit)
            decided = await store.appeals(connection, job_id=job, limit=limit) if job else []
            return found, decided

    found, decided = _with_database(data_dir, work)
    if as_json:
        print(json.dumps([tables.entry_as_json(one) for one in found], indent=2))
    else:
        tables.print_log(Console(highlight=False), found, decided)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Labelled pictures.")],
    ruleset: Ruleset = "default",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Judge labelled pictures and print precision and recall of each category.

    A file `labels.csv` in the folder has the columns file, categories (`;` between several, `safe`
    for none) and, if you like, prompt. Without it, each sub-folder is named for a category, or
    `safe`. Pictures stay where they are, and nothing is written to the audit log.
    """

    async def work(examine: Examine) -> Evaluation:
        with progress("judging") as (_, step):
            judge = Evaluate(examine, _open, at_once=os.cpu_count() or 1)
            return await judge(folder, ruleset, step=lambda: step(1))

    found = _with_examine(data_dir, work)
    if as_json:
        print(json.dumps(tables.evaluation_as_json(found), indent=2))
    else:
        tables.print_evaluation(Console(highlight=False), found)


@appeals.command("list")
def list_blocked(limit: Limit = 50, data_dir: DataDir = None) -> None:
    """List blocked jobs and what was decided about them, newest first."""

    async def work(database: Database) -> list[store.BlockedJob]:
        async with database.connection() as connection:
            return await store.blocked_jobs(connection, limit=limit)

    tables.print_blocked(Console(), _with_database(data_dir, work))


@appeals.command()
def overturn(job: JobId, reason: Reason, by: By = "", data_dir: DataDir = None) -> None:
    """Release a blocked picture, as if it had never been blocked, and say why."""

    async def work() -> None:
        async with open_core(settings_for(data_dir)) as core:
            decide = Appeals(core.database, make_release(core))
            await decide.overturn(job, reason=reason, by=by or _operator())

    run(work())
    print(f"{job} is released")


@appeals.command()
def uphold(job: JobId, reason: Reason, by: By = "", data_dir: DataDir = None) -> None:
    """Keep a picture blocked, and say why."""

    async def work() -> None:
        async with open_core(settings_for(data_dir)) as core:
            decide = Appeals(core.database, make_release(core))
            await decide.uphold(job, reason=reason, by=by or _operator())

    run(work())
    print(f"{job} stays blocked")


@hashes.command("import")
def import_hashes(
    file: Annotated[Path, typer.Argument(help="One hash a line, CSV or JSON.")],
    name: Annotated[str, typer.Option("--list", help="The list; made if there is none.")],
    kind: Annotated[
        str,
        typer.Option(help="known_bad: blocked whatever the ruleset. listed: rulesets decide."),
    ] = "known_bad",
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop what the list held before.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add PDQ hashes to a list. They count at once, in every running process.

    Then the pictures of the library are compared with them: what may not be served any more is
    withdrawn. Stop it whenever you like; the same command compares them again. Exit status 1: a
    picture could not be judged, and stays.
    """
    if kind not in _KINDS:
        raise Invalid(f"A list is of kind {' or '.join(_KINDS)}, not {kind}", field="kind")
    chosen: ListKind = "known_bad" if kind == "known_bad" else "listed"
    found = read_hashes(_read(file).decode("utf-8", "replace"))
    console = Console(highlight=False)

    async def work(core: Core) -> list[Met]:
        lists = HashLists(core.database)
        added = await lists.add(name, chosen, found.hashes, replace=replace)
        tables.print_import(console, name, found, added)
        with progress("comparing") as (expect, step):
            return await make_look_back(core)(found.hashes, expect=expect, step=step)

    met = with_library(data_dir, work)
    tables.print_met(console, met)
    if any(one.unjudged for one in met):
        raise typer.Exit(1)


@hashes.command("list")
def list_hashes(data_dir: DataDir = None) -> None:
    """List the lists."""
    table = Table("list", "kind", Column("hashes", justify="right"), "imported")
    for one in _with_database(data_dir, lambda database: HashLists(database).all()):
        table.add_row(*tables.list_row(one))
    print_table(table)


@hashes.command("remove")
def remove_hashes(
    name: Annotated[str, typer.Argument(help="The list.")], data_dir: DataDir = None
) -> None:
    """Remove a list with its hashes. It stops counting at once."""
    _with_database(data_dir, lambda database: HashLists(database).remove(name))
    print(f"{name} is removed")


def _with_database(
    data_dir: Path | None, work: Callable[[Database], Coroutine[Any, Any, _T]]
) -> _T:
    """Do something with the database of a deployment, whether or not its server runs."""
    settings = settings_for(data_dir)

    async def inside() -> _T:
        async with open_database(settings) as database:
            return await work(database)

    return run(inside())


def _with_examine(data_dir: Path | None, work: Callable[[Examine], Coroutine[Any, Any, _T]]) -> _T:
    """Do something with the detectors and rulesets of a deployment."""
    settings = settings_for(data_dir)

    async def inside(database: Database) -> _T:
        examine = make_examine(settings, database)
        try:
            return await work(examine)
        except Unavailable as error:  # a client is told no more; an operator has to know
            why = getattr(error, "__notes__", ())
            raise Unavailable(": ".join([error.message, *why]), code=error.code) from None
        finally:
            await examine.aclose()

    return _with_database(data_dir, inside)


def _operator() -> str:
    """Who runs this; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise Invalid("Say who decides: --by NAME", field="by") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}", field="file") from None


def _open(data: bytes) -> Any:
    return open_picture(data, Limits()).pixels
