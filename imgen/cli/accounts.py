"""`imgen accounts`: list accounts, suspend and resume them, change their plan."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from imgen import clock
from imgen.accounts.records import PLANS
from imgen.cli.options import DataDir, administer

app = typer.Typer(help="List accounts, suspend them, change their plan.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("list")
def list_accounts(data_dir: DataDir = None) -> None:
    """List every account with its plan and state."""
    table = Table("name", "plan", "state", "created", "id")
    for account in administer(data_dir, lambda do: do.list_accounts()):
        state = "suspended" if account.suspended else "active"
        created = clock.rfc3339(account.created_at)
        table.add_row(account.name, account.plan or "none", state, created, account.id)
    Console().print(table)


@app.command()
def suspend(name: Name, data_dir: DataDir = None) -> None:
    """Refuse every request of an account, at once."""
    administer(data_dir, lambda do: do.suspend(name))
    print(f"{name} is suspended")


@app.command()
def resume(name: Name, data_dir: DataDir = None) -> None:
    """Accept a suspended account's requests again."""
    administer(data_dir, lambda do: do.suspend(name, False))
    print(f"{name} is active")


@app.command()
def plan(
    name: Name,
    plan: Annotated[str, typer.Argument(help=f"{', '.join(PLANS)}, or none.")],
    data_dir: DataDir = None,
) -> None:
    """Give an account another plan. `none` takes it away: the account is refused."""
    administer(data_dir, lambda do: do.change_plan(name, None if plan == "none" else plan))
    print(f"{name} has the plan {plan}")
