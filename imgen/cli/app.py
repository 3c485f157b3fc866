"""The `imgen` command and its subcommands."""

from __future__ import annotations

import typer

from imgen.cli import (
    accounts,
    catalog,
    check,
    compliance,
    demo,
    keys,
    library,
    models,
    plans,
    requests,
    serve,
    users,
    verify,
    worker,
)
from imgen.cli import (
    credits as credit,
)

app = typer.Typer(
    name="imgen",
    help="A self-hosted image-generation platform: four public HTTP APIs over one core.\n\n"
    "Begin with `imgen serve`, then `imgen keys create me` in another terminal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("verify")(verify.verify)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.add_typer(keys.app, name="keys")
app.add_typer(library.app, name="library")
app.add_typer(accounts.app, name="accounts")
app.add_typer(users.app, name="users")
app.add_typer(plans.app, name="plans")
app.add_typer(credit.app, name="credits")
app.add_typer(requests.app, name="requests")
app.add_typer(compliance.app, name="compliance")
app.add_typer(catalog.app, name="catalog")
app.add_typer(models.app, name="models")
