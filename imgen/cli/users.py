"""`imgen users`: the people who sign in, what they may do, and how they get back in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from rich.table import Table

from imgen import clock
from imgen.accounts.people.operate import OperateUsers
from imgen.accounts.people.records import Link, User
from imgen.cli.options import DataDir, run, settings_for
from imgen.cli.tables import print_table
from imgen.errors import Invalid
from imgen.settings import Settings
from imgen.wiring.core import open_database
from imgen.wiring.people import make_operate

_T = TypeVar("_T")

app = typer.Typer(
    help="The people who sign in: add them, help them back in, say what they may do.\n\n"
    "A user is in one or more accounts, as owner (who also says who else is in it) or member. An"
    " admin administers the whole deployment. Begin with `imgen users password admin@localhost`,"
    " the admin that the first start makes.",
    no_args_is_help=True,
)
Email = Annotated[str, typer.Argument(help="The user's e-mail.")]
AccountName = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """List every user with the accounts that they are in."""
    table = Table("e-mail", "state", "accounts", "created", "signed in")
    for user in _operate(data_dir, lambda do: do.everyone()):
        signed_in = clock.rfc3339(user.signed_in_at) if user.signed_in_at else "never"
        created = clock.rfc3339(user.created_at)
        table.add_row(user.email, _state(user), user.accounts, created, signed_in)
    print_table(table)


@app.command()
def add(
    email: Email,
    account: Annotated[
        str, typer.Option(help="Name of the new user's account. Default: the e-mail.")
    ] = "",
    plan: Annotated[str, typer.Option(help="Its plan; `imgen plans list` shows them.")] = "free",
    admin: Annotated[
        bool, typer.Option("--admin", help="An admin of the whole deployment.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a user with an account of their own; print a one-time token for their password.

    The token goes to standard output, alone; what to do with it, to standard error. Send it to
    them by a way that you trust. To put somebody into an account that exists: `imgen users invite`.

        imgen users add ann@example.org --plan pro
    """
    link = _operate(data_dir, lambda do: do.add(email, account=account, plan=plan, admin=admin))
    _show_password_token(link, data_dir)


@app.command()
def invite(
    email: Email,
    account: AccountName,
    role: Annotated[Literal["owner", "member"], typer.Option(help="In that account.")] = "member",
    data_dir: DataDir = None,
) -> None:
    """Let somebody join an account; print a one-time token for that.

    Who has no user yet chooses a password when joining; who has one signs in first.
    """
    link = _operate(data_dir, lambda do: do.invite(email, account, role))
    _show(
        link,
        f"{link.email} joins {account} with it",
        "/account/join",
        '{"token": "TOKEN", "password": "A PASSWORD OF THEIR OWN"}',
        data_dir,
    )


@app.command()
def password(email: Email, data_dir: DataDir = None) -> None:
    """Set a user's password: asked for twice, or one line of standard input.

    Wherever the user is signed in, they no longer are.

        imgen users password admin@localhost
    """
    new = _asked_for_password()
    _operate(data_dir, lambda do: do.set_password(email, new))
    print(f"{email} has a new password")


@app.command()
def reset(email: Email, data_dir: DataDir = None) -> None:
    """Print a one-time token with which a user chooses a new password.

    For who forgot theirs: the operator never learns the new one. The old one works until then.
    """
    _show_password_token(_operate(data_dir, lambda do: do.reset(email)), data_dir)


@app.command()
def role(
    email: Email,
    account: AccountName,
    role: Annotated[
        Literal["owner", "member", "none"], typer.Argument(help="`none` takes the user out.")
    ],
    data_dir: DataDir = None,
) -> None:
    """Make a user an owner or a member of an account, or take them out of it."""
    wanted = None if role == "none" else role
    _operate(data_dir, lambda do: do.set_role(email, account, wanted))
    print(f"{email} is {'not in' if role == 'none' else role + ' of'} {account}")


@app.command()
def admin(
    email: Email,
    off: Annotated[bool, typer.Option("--off", help="No longer an admin.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a user an admin of the whole deployment, or (`--off`) no longer. One always stays."""
    _operate(data_dir, lambda do: do.set_admin(email, not off))
    print(f"{email} is {'no longer ' * off}an admin")


@app.command()
def suspend(email: Email, data_dir: DataDir = None) -> None:
    """Keep a user out: sessions end at once, signing in is refused.

    API keys belong to accounts and go on working: `imgen accounts suspend` stops those.
    """
    _operate(data_dir, lambda do: do.suspend(email))
    print(f"{email} is suspended")


@app.command()
def resume(email: Email, data_dir: DataDir = None) -> None:
    """Let a suspended user in again."""
    _operate(data_dir, lambda do: do.suspend(email, False))
    print(f"{email} may sign in")


@app.command()
def delete(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete a user for good. An account that nobody is left in is suspended, and so its keys."""
    if not yes:
        typer.confirm(f"Delete {email}?", abort=True)
    left = _operate(data_dir, lambda do: do.delete(email))
    print(f"{email} is deleted")
    for account in left:
        print(f"{account} is suspended: nobody is in it any more")


def _operate(data_dir: Path | None, act: Callable[[OperateUsers], Coroutine[Any, Any, _T]]) -> _T:
    """Do something to the users of a deployment, whether or not its server runs."""
    settings = settings_for(data_dir)

    async def work() -> _T:
        async with open_database(settings) as database:
            return await act(make_operate(settings, database))

    return run(work())


def _asked_for_password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not line:
        raise Invalid("Standard input holds no password", field="password")
    return line


def _show_password_token(link: Link, data_dir: Path | None) -> None:
    _show(
        link,
        f"{link.email} chooses a password with it",
        "/account/password/reset",
        '{"token": "TOKEN", "password": "A PASSWORD OF THEIR OWN"}',
        data_dir,
    )


def _show(link: Link, purpose: str, path: str, body: str, data_dir: Path | None) -> None:
    """The token, alone; beside it, on standard error, what it is for."""
    until = clock.rfc3339(link.expires_at)
    url = _public_url(settings_for(data_dir)) + path
    print(f"A one-time token, good until {until}; {purpose}:", file=sys.stderr)
    print(f"  curl -H 'Content-Type: application/json' {url} -d '{body}'", file=sys.stderr)
    print(link.token)


def _public_url(settings: Settings) -> str:
    server = settings.server
    return server.public_url.rstrip("/") or f"http://{server.host}:{server.port}"


def _state(user: User) -> str:
    marks = [
        word
        for word, holds in (
            ("admin", user.admin),
            ("suspended", user.suspended),
            ("no password", not user.has_password),
        )
        if holds
    ]
    return ", ".join(marks) or "active"
