"""`imgen requests`: find a request in the log, by the id that its client was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from imgen import clock
from imgen.accounts.administer import Administer
from imgen.accounts.requests.log import RequestLog
from imgen.accounts.requests.records import LoggedRequest
from imgen.cli.options import DataDir, run, settings_for
from imgen.cli.tables import print_table
from imgen.errors import NotFound
from imgen.wiring.core import open_database

_T = TypeVar("_T")

app = typer.Typer(
    help="Find requests in the log: what was asked, how it ended, how long it took.\n\n"
    "Every reply carries its request's id in `X-Request-Id`. The log keeps calls that counted and "
    "calls that were refused; pictures and secrets are not in it.",
    no_args_is_help=True,
)


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="The request's id: `req_…`.")],
    data_dir: DataDir = None,
) -> None:
    """Show one request, of whichever account."""
    found = _read(data_dir, lambda log, _: log.find(None, id))
    rows = {
        "id": found.id,
        "account": found.account_id,
        "key": found.key_id,
        "call": f"{found.surface}: {found.operation}",
        "started": clock.rfc3339(found.started_at),
        "outcome": _outcome(found),
        "error": found.error,
        "took": _milliseconds(found),
        "counted": f"{'yes' if found.counted else 'no'}, images: {found.images}",
        "parameters": json.dumps(found.parameters, indent=2, ensure_ascii=False),
    }
    table = Table(show_header=False, box=None)
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    print_table(table)


@app.command("list")
def list_requests(
    account: Annotated[str, typer.Argument(help="The account's name.")],
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 20,
    before: Annotated[
        str, typer.Option(help="Go on after this request's id.", show_default=False)
    ] = "",
    data_dir: DataDir = None,
) -> None:
    """List the latest requests of an account, newest first."""

    async def read(log: RequestLog, administer: Administer) -> list[LoggedRequest]:
        for one in await administer.list_accounts():
            if one.name == account:
                return await log.newest(one.id, limit=limit, before=before)
        raise NotFound(f"There is no account {account}; `imgen accounts list` shows them")

    table = Table("id", "started", "call", "outcome", "took", "images")
    for one in _read(data_dir, read):
        call = f"{one.surface}: {one.operation}"
        started = clock.rfc3339(one.started_at)
        table.add_row(one.id, started, call, _outcome(one), _milliseconds(one), str(one.images))
    print_table(table)


def _read(
    data_dir: Path | None, act: Callable[[RequestLog, Administer], Coroutine[Any, Any, _T]]
) -> _T:
    settings = settings_for(data_dir)

    async def work() -> _T:
        async with open_database(settings) as database:
            return await act(RequestLog(database), Administer(database))

    return run(work())


def _outcome(one: LoggedRequest) -> str:
    if one.finished_at is None:
        return "under way"
    return " ".join(part for part in (str(one.status or ""), one.code) if part)


def _milliseconds(one: LoggedRequest) -> str:
    return "" if one.milliseconds is None else f"{one.milliseconds:.0f} ms"
