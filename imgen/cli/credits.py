"""`imgen credits`: top accounts up, read balances and the ledger, check that they agree."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from imgen import clock
from imgen.accounts.credits import Balance, CreditBook, Entry
from imgen.cli.options import DataDir, run, settings_for
from imgen.cli.tables import print_table
from imgen.wiring.core import open_database

_T = TypeVar("_T")

app = typer.Typer(help="Top accounts up, read and check their ledgers.", no_args_is_help=True)
Account = Annotated[str, typer.Argument(help="The account's name.")]
Amount = Annotated[int, typer.Argument(min=1, help="How many credits.")]
Reason = Annotated[str, typer.Option(help="Who paid, or why; kept in the ledger.")]


@app.command()
def grant(account: Account, amount: Amount, reason: Reason, data_dir: DataDir = None) -> None:
    """Top an account up. The credits stay until they are spent, after those of the month.

    imgen credits grant me 500 --reason "invoice 1207"
    """

    async def act(book: CreditBook) -> Balance:
        return await book.grant(await book.account_named(account), amount, reason)

    left = _with_book(data_dir, act)
    print(f"{account} got {amount} credits and has {left.available}")


@app.command()
def take(account: Account, amount: Amount, reason: Reason, data_dir: DataDir = None) -> None:
    """Take back what was granted by mistake, as far as it has not been spent."""

    async def act(book: CreditBook) -> Balance:
        return await book.take(await book.account_named(account), amount, reason)

    left = _with_book(data_dir, act)
    print(f"{account} gave {amount} credits back and has {left.available}")


@app.command()
def balance(account: Account, data_dir: DataDir = None) -> None:
    """Show what an account has."""

    async def act(book: CreditBook) -> Balance:
        return await book.balance(await book.account_named(account))

    has = _with_book(data_dir, act)
    print(f"available  {has.available}")
    print(f"  monthly  {has.monthly} of {has.granted}, until {clock.rfc3339(has.month_ends)}")
    print(f"  lasting  {has.lasting}")
    print(f"held       {has.held}")


@app.command()
def ledger(
    account: Account,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many lines.")] = 50,
    before: Annotated[
        int | None, typer.Option(help="Only lines before this number, for the next page.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """List an account's ledger, newest first."""

    async def act(book: CreditBook) -> Sequence[Entry]:
        return await book.entries(await book.account_named(account), limit=limit, before=before)

    table = Table("number", "when", "kind", "amount", "held", "available", "reason", "job")
    for one in _with_book(data_dir, act):
        table.add_row(
            str(one.id),
            clock.rfc3339(one.created_at),
            one.kind,
            f"{one.amount:+d}" if one.amount else "",
            f"{one.held:+d}" if one.held else "",
            str(one.available),
            one.reason,
            one.job_id or "",
        )
    print_table(table)


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Add up every ledger and say whether the balances agree. Exit status 1 when one does not."""

    async def both(book: CreditBook) -> tuple[list[str], tuple[int, int]]:
        return [f"{one.account}: {one.what}" for one in await book.check()], await book.size()

    wrong, (balances, entries) = _with_book(data_dir, both)
    for line in wrong:
        print(line)
    if wrong:
        raise typer.Exit(1)
    print(
        f"Every balance agrees with its ledger: {_counted(balances, 'account', 'accounts')},"
        f" {_counted(entries, 'entry', 'entries')}"
    )


def _counted(amount: int, one: str, many: str) -> str:
    return f"{amount} {one if amount == 1 else many}"


def _with_book(data_dir: Path | None, act: Callable[[CreditBook], Coroutine[Any, Any, _T]]) -> _T:
    """Do something with the credits of a deployment, whether or not its server runs."""
    settings = settings_for(data_dir)

    async def work() -> _T:
        async with open_database(settings) as database:
            return await act(CreditBook(database))

    return run(work())
