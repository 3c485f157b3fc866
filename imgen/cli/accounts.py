"""`imgen accounts`: list accounts, suspend and resume them, change their plan."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from imgen import clock
from imgen.cli.options import DataDir, administer
from imgen.cli.tables import print_table

app = typer.Typer(
    help="List accounts, suspend them, change their plan.\n\n"
    "An account is a customer: keys, limits, pictures and credits belong to it. `imgen keys create"
    " NAME` makes one, and so does everybody who signs up; `imgen users` says who is in it.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("list")
def list_accounts(data_dir: DataDir = None) -> None:
    """List every account with its plan and state."""
    table = Table("name", "plan", "state", "created", "id")
    for account in administer(data_dir, lambda do: do.list_accounts()):
        state = "suspended" if account.suspended else "active"
        created = clock.rfc3339(account.created_at)
        table.add_row(account.name, account.plan or "none", state, created, account.id)
    print_table(table)


@app.command()
def suspend(name: Name, data_dir: DataDir = None) -> None:
    """Refuse every request of an account, at once, on every surface.

    Its keys, pictures and people stay, and work again after `imgen accounts resume`.
    """
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
    plan: Annotated[str, typer.Argument(help="A plan, see `imgen plans list`; or none.")],
    data_dir: DataDir = None,
) -> None:
    """Give an account another plan, from its next request on.

    What it has used in this minute, day and month counts against the new plan's limits. `none`
    takes the plan away: the account is refused until it gets another.

        imgen accounts plan ann@example.org pro
    """
    administer(data_dir, lambda do: do.change_plan(name, None if plan == "none" else plan))
    print(f"{name} has the plan {plan}")
