"""`imgen plans`: what accounts may use, as an operator changes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from imgen.accounts.plans.administer import AdministerPlans
from imgen.accounts.plans.records import Plan
from imgen.catalog.load import load_catalog
from imgen.cli.options import DataDir, run, settings_for
from imgen.cli.tables import print_table
from imgen.errors import Invalid
from imgen.wiring.core import open_database

_T = TypeVar("_T")
_BYTES = re.compile(r"(\d{1,12})\s*(?:([KMGT])i?B?|B)?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

app = typer.Typer(
    help="What accounts may use: requests, images, concurrency, batches, credits, storage, models."
    "\n\nA change holds at once for every account that has the plan, in every running server. "
    "`imgen accounts plan NAME PLAN` gives an account a plan.",
    no_args_is_help=True,
)
Slug = Annotated[str, typer.Argument(help="The plan, by its slug: `imgen plans list` shows them.")]
_Name = Annotated[str, typer.Option(help="As customers read it.", show_default=False)]
_LIMIT = "A number, or `none` for no limit."
_Limit = Annotated[str, typer.Option(help=_LIMIT, metavar="N|none", show_default=False)]
_Number = Annotated[int | None, typer.Option(show_default=False)]
_Switch = Annotated[bool | None, typer.Option(show_default=False)]
_Size = Annotated[str, typer.Option(help="10GB, 500MB, or `none`.", show_default=False)]
_Models = Annotated[
    str, typer.Option(help="Slugs, separated by commas, or `all`.", show_default=False)
]


@app.command("list")
def list_plans(data_dir: DataDir = None) -> None:
    """List every plan with its most important limits."""
    table = Table("plan", "a minute", "a day", "a month", "images", "at once", "batch", "credits",
                  "storage")  # fmt: skip
    for plan in _administer(data_dir, lambda do: do.list()):
        limits = (
            *(plan.requests_per_minute, plan.requests_per_day, plan.requests_per_month),
            *(plan.images_per_month, plan.concurrency),
        )
        others = (str(plan.batch_size), str(plan.credits_per_month), _storage(plan))
        table.add_row(plan.slug, *map(_limit, limits), *others)
    print_table(table)


@app.command()
def show(slug: Slug, data_dir: DataDir = None) -> None:
    """Show everything about a plan."""
    _show(_administer(data_dir, lambda do: do.show(slug)))


@app.command()
def create(
    slug: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    name: _Name = "",
    requests_per_minute: _Limit = "",
    requests_per_day: _Limit = "",
    requests_per_month: _Limit = "",
    images_per_month: _Limit = "",
    concurrency: _Limit = "",
    batch_size: _Number = None,
    batch_concurrency: _Number = None,
    credits_per_month: _Number = None,
    storage: _Switch = None,
    storage_bytes: _Size = "",
    models: _Models = "",
    priority: _Number = None,
    data_dir: DataDir = None,
) -> None:
    """Make a plan. What is not said is: no limit, no batches, no credits, no storage, all models.

    imgen plans create team --requests-per-minute 30 --concurrency 4 --batch-size 8
    """
    values = _values(locals())
    plan = _administer(data_dir, lambda do: do.create(slug, **values))
    _show(plan)


@app.command("set")
def change(
    slug: Slug,
    name: _Name = "",
    requests_per_minute: _Limit = "",
    requests_per_day: _Limit = "",
    requests_per_month: _Limit = "",
    images_per_month: _Limit = "",
    concurrency: _Limit = "",
    batch_size: _Number = None,
    batch_concurrency: _Number = None,
    credits_per_month: _Number = None,
    storage: _Switch = None,
    storage_bytes: _Size = "",
    models: _Models = "",
    priority: _Number = None,
    data_dir: DataDir = None,
) -> None:
    """Change some values of a plan; the others stay. It holds from the next request on.

    imgen plans set free --requests-per-day 100 --images-per-month none
    """
    values = _values(locals())
    if not values:
        raise Invalid("Say what to change; `imgen plans set --help` lists the values")
    _show(_administer(data_dir, lambda do: do.change(slug, **values)))


@app.command()
def delete(slug: Slug, data_dir: DataDir = None) -> None:
    """Remove a plan that no account has. `free` and `unlimited` stay: new accounts get them."""
    _administer(data_dir, lambda do: do.delete(slug))
    print(f"{slug} is gone")


def _administer(
    data_dir: Path | None, act: Callable[[AdministerPlans], Coroutine[Any, Any, _T]]
) -> _T:
    settings = settings_for(data_dir)

    async def work() -> _T:
        catalog = await asyncio.to_thread(load_catalog, settings.catalog.paths)
        async with open_database(settings) as database:
            return await act(AdministerPlans(database, catalog.models))

    return run(work())


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as values of a plan."""
    values: dict[str, Any] = {}
    for field, text in given.items():
        if field in {"slug", "data_dir"} or text is None or text == "":
            continue
        values[field] = _read(field, text) if isinstance(text, str) else text
    return values


def _read(field: str, text: str) -> object:
    if field == "name":
        return text
    if field == "models":
        slugs = (one.strip() for one in text.split(","))
        return () if text.strip() == "all" else tuple(slug for slug in slugs if slug)
    if text.strip().lower() == "none":
        return None
    if field == "storage_bytes":
        return _bytes(text)
    if not text.strip().isdecimal():
        raise Invalid(f"{field} is a number or `none`, not {text}", field=field)
    return int(text)


def _bytes(text: str) -> int:
    match = _BYTES.fullmatch(text.strip())
    if match is None:
        raise Invalid(f"{text} is no size; write 10GB or 500MB", field="storage_bytes")
    return int(match[1]) * _UNITS[(match[2] or "").upper()]


def _show(plan: Plan) -> None:
    rows = {
        "slug": plan.slug,
        "name": plan.name,
        "requests a minute": _limit(plan.requests_per_minute),
        "requests a day": _limit(plan.requests_per_day),
        "requests a month": _limit(plan.requests_per_month),
        "images a month": _limit(plan.images_per_month),
        "requests at once": _limit(plan.concurrency),
        "batch size": str(plan.batch_size),
        "batch items at once": str(plan.batch_concurrency),
        "credits a month": str(plan.credits_per_month),
        "storage": _storage(plan),
        "models": ", ".join(plan.models) or "all",
        "priority": str(plan.priority),
    }
    table = Table(show_header=False, box=None)
    for name, value in rows.items():
        table.add_row(name, value)
    print_table(table)


def _limit(value: int | None) -> str:
    return "no limit" if value is None else str(value)


def _storage(plan: Plan) -> str:
    if not plan.storage:
        return "off"
    return "on" if plan.storage_bytes is None else f"{plan.storage_bytes / 2**30:g} GB"
