"""`imgen keys`: make, list and revoke API keys."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from imgen import clock
from imgen.accounts.administer import Administer
from imgen.accounts.records import SCOPES, Account, ApiKey
from imgen.cli.options import DataDir, administer, duration
from imgen.cli.tables import print_table

app = typer.Typer(
    help="Make, list and revoke API keys.\n\n"
    "A key belongs to an account and works on every surface: "
    "`Authorization: Bearer KEY`. An account may have several, each for its own purpose.",
    no_args_is_help=True,
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The account; made if there is none.")],
    plan: Annotated[
        str,
        typer.Option(
            help="Plan of a new account; `imgen plans list` shows them. Default: unlimited.",
            show_default=False,
        ),
    ] = "",
    expires_in: Annotated[
        str, typer.Option(help="How long the key is good for: 30d, 12h, 90s. Default: for ever.")
    ] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A surface that the key is good for, of {', '.join(SCOPES)}; repeat it for"
            " several. Default: all of them."
        ),
    ] = None,
    label: Annotated[str, typer.Option(help="What the key is for, for the list.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, alone, on standard output. It is shown this once.

    Works while the server runs, and when it does not.

        KEY=$(imgen keys create me)

        imgen keys create shop --plan pro --scope imageapi-v1 --expires-in 90d --label checkout
    """
    span = duration(expires_in) if expires_in else None

    async def make(do: Administer) -> tuple[str, Account | None]:
        secret = await do.create_key(
            name, plan=plan or "unlimited", expires_in=span, label=label, scopes=scope or ()
        )
        return secret, next((one for one in await do.list_accounts() if one.name == name), None)

    secret, owner = administer(data_dir, make)
    if plan and owner is not None and owner.plan != plan:
        print(
            f"{name} has the plan {owner.plan or 'none'} already; "
            f"to change it: imgen accounts plan {name} {plan}",
            file=sys.stderr,
        )
    print(secret)


@app.command("list")
def list_keys(
    account: Annotated[str, typer.Argument(help="Only this account's.")] = "",
    data_dir: DataDir = None,
) -> None:
    """List keys: what they are for and how they stand, never their secrets.

    `begins with` tells which key a program was given; `used` is exact to the minute.
    """
    table = Table("id", "account", "label", "begins with", "scopes", "created", "used", "state")
    for key in administer(data_dir, lambda do: do.list_keys(account or None)):
        table.add_row(
            key.id,
            key.account,
            key.label,
            key.hint,
            ", ".join(key.scopes) or "all",
            clock.rfc3339(key.created_at),
            clock.rfc3339(key.last_used_at) if key.last_used_at else "never",
            _state(key),
        )
    print_table(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `imgen keys list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Revoke a key. It stops working at once, in every process, and for good."""
    administer(data_dir, lambda do: do.revoke_key(key_id))
    print(f"{key_id} is revoked")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {clock.rfc3339(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    word = "expired" if key.expires_at <= clock.now() else "good until"
    return f"{word} {clock.rfc3339(key.expires_at)}"
