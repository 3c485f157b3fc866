"""`imgen library`: bring pictures in, look around, search, and take them out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Column, Table

from imgen import clock
from imgen.cli.library_import import import_pictures
from imgen.cli.library_progress import progress
from imgen.cli.library_tools import account_id, with_library
from imgen.cli.options import DataDir
from imgen.cli.tables import print_table
from imgen.errors import NotFound
from imgen.library.image import Filters, Match
from imgen.library.importing import store
from imgen.library.importing.export import Export, FolderTarget, Selection, ZipTarget
from imgen.library.importing.store import Amount, Kept
from imgen.wiring.core import Core

app = typer.Typer(
    help="The library: every picture that can be found again by what it shows.\n\n"
    'Begin with `imgen library import ~/Pictures`, then `imgen library search "a red fox"`.',
    no_args_is_help=True,
)
app.command("import")(import_pictures)

Model = Annotated[str, typer.Option(help="Only pictures of this model.")]
Style = Annotated[str, typer.Option(help="Only pictures in this style.")]
Character = Annotated[str, typer.Option(help="Only pictures of this character.")]
Account = Annotated[
    str, typer.Option(help="The account's own pictures too; by default the shared ones alone.")
]


@app.command()
def stats(data_dir: DataDir = None) -> None:
    """Show how many pictures there are, of what kind, and how much room they take."""

    async def work(core: Core) -> tuple[list[Amount], int]:
        async with core.database.connection() as connection:
            amounts = await store.amounts(connection, core.encoder.model_id)
        size = 0
        async for info in core.objects.list("images"):
            size += info.size
        return amounts, size

    amounts, size = with_library(data_dir, work)
    table = Table("source", "model", "style", "character", "pictures", "not read", "withdrawn")
    for one in amounts:
        numbers = (str(one.pictures), str(one.unread or ""), str(one.withdrawn or ""))
        table.add_row(one.source, one.model, one.style, one.character, *numbers)
    print_table(table)
    pictures, unread = sum(one.pictures for one in amounts), sum(one.unread for one in amounts)
    print(f"{pictures} pictures, {unread} of them not read yet; {size / 2**20:.1f} MiB stored")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What the picture should show.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most results.")] = 10,
    within: Annotated[
        Literal["both", "caption", "prompt"],
        typer.Option("--in", help="What to compare with: captions, prompts, or the better."),
    ] = "both",
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Only results with at least this score.")
    ] = 0.0,
    model: Model = "",
    style: Style = "",
    character: Character = "",
    account: Account = "",
    data_dir: DataDir = None,
) -> None:
    """Find pictures by what they show, best first.

    imgen library search "a lighthouse at night" --style photoreal
    """

    async def work(core: Core) -> list[Match]:
        filters = Filters(
            account_id=await account_id(core, account) or "",
            model=model,
            style=style,
            character=character,
        )
        return await core.search(query, filters, within=within, limit=limit, min_score=min_score)

    matches = with_library(data_dir, work)
    table = Table("score", Column("id", no_wrap=True), "size", "model", "style", "character")
    table.add_column("caption")
    for match in matches:
        image = match.image
        size = f"{image.width}×{image.height}"
        kind = (image.model, image.style, image.character)
        table.add_row(f"{match.score:.3f}", image.id, size, *kind, image.caption or image.prompt)
    print_table(table)


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="The picture's id, as `imgen library search` shows.")],
    data_dir: DataDir = None,
) -> None:
    """Show everything that is known about a picture, whoever it belongs to."""

    async def work(core: Core) -> Kept:
        async with core.database.connection() as connection:
            found = await store.kept(connection, id=id)
        if not found:
            raise NotFound(f"There is no picture {id}.")
        return found[0]

    picture = with_library(data_dir, work)
    table = Table(show_header=False, box=None)
    for name, value in _facts(picture):
        table.add_row(name, value)
    print_table(table)


@app.command()
def reindex(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Read again, too, what this encoder has read already."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Compute the vectors of every picture with the configured encoder.

    Needed after another encoder was configured. Stop it whenever you like: the same command,
    without `--all`, goes on from there. A picture is found by its old vectors until it is read
    anew, and only by an encoder that they are of.
    """

    async def work(core: Core) -> int:
        async with core.database.transaction() as connection:
            if everything:
                await store.forget_vectors(connection, core.encoder.model_id)
            waiting = await store.unread(connection, core.encoder.model_id)
        with progress("reading") as (expect, step):
            expect(waiting)
            done = 0
            while count := await core.remember():
                done += count
                step(count)
        return done

    try:
        print(f"{with_library(data_dir, work)} pictures read")
    except KeyboardInterrupt:
        print("Stopped. The same command, without --all, goes on from here.")
        raise typer.Exit(130) from None


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="A folder, or a file that ends in .zip.")],
    model: Model = "",
    style: Style = "",
    character: Character = "",
    account: Account = "",
    data_dir: DataDir = None,
) -> None:
    """Write pictures and a manifest that `imgen library import` reads again.

    imgen library export backup.zip && imgen library import backup.zip --data-dir elsewhere
    """
    problems: list[str] = []

    async def work(core: Core) -> int:
        mine = await account_id(core, account) or ""
        target = ZipTarget(to) if to.suffix.lower() == ".zip" else FolderTarget(to)
        selection = Selection(mine, model=model, style=style, character=character)
        return await Export(core.database, core.objects)(target, selection, tell=problems.append)

    print(f"{with_library(data_dir, work)} pictures exported to {to}")
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)


def _facts(picture: Kept) -> list[tuple[str, str]]:
    seen = "everyone" if picture.shared else picture.account or "its account, which is gone"
    return [
        ("id", picture.id),
        ("prompt", picture.prompt),
        ("negatives", ", ".join(picture.negatives)),
        ("caption", picture.caption),
        ("model", picture.model),
        ("style", picture.style),
        ("character", picture.character),
        ("size", f"{picture.width}×{picture.height} {picture.format}"),
        ("seed", "" if picture.seed is None else str(picture.seed)),
        ("source", picture.source),
        ("seen by", seen),
        ("compliance", picture.compliance),
        ("withdrawn", picture.withdrawn or ""),
        ("read by", picture.encoder or "not read yet"),
        ("file", picture.image_key),
        ("thumbnail", picture.thumbnail_key),
        ("fingerprint", picture.fingerprint),
        ("pdq", f"{int(picture.pdq, 2):064x} ({picture.pdq_quality})" if picture.pdq else ""),
        ("created", clock.rfc3339(picture.created_at)),
    ]
