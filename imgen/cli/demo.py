"""`imgen demo`: start everything, make pictures over HTTP, search them, say where to look."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from imgen.catalog.load import load_catalog
from imgen.cli.demo_client import Client, Made, Wanted, make_key, own_server
from imgen.cli.options import DataDir
from imgen.cli.tables import print_table
from imgen.cli.verify import told
from imgen.prompts.random_prompt import random_prompt
from imgen.settings import load_settings

_PICTURES = (
    Wanted("a red fox in a snowy forest, golden hour", "photoreal"),
    Wanted("three sailing boats on a calm lake at sunset, mountains", "watercolour", "webp"),
    Wanted("@aya portrait, warm light, -hat", "professional"),
    Wanted("a lighthouse on a cliff above the sea, evening", "oil", "avif"),
    Wanted("a small robot in a flower garden, morning", "illustration", "png"),
    Wanted("a castle on a hill under a full moon, night", "cinematic"),
)
_AGAIN = Wanted("A red fox in a snowy forest, golden hour", "photoreal")
_EDITS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("taller", "/v2/image/edits/ai-resize", {"aspect_ratio": "4:3"}),
    ("large", "/v2/image/enhance", {}),
)
_QUERY = "an animal in the winter woods"
_IN_FLIGHT = 24
_STRAY_SIZE, _STRAY_QUALITY = 0.6, 60


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("demo-output"),
    fill: Annotated[
        int, typer.Option(help="Fill the library with so many varied pictures to search in.")
    ] = 0,
    data_dir: DataDir = None,
) -> None:
    """Run the whole product once: server, key, pictures, search, edits, a check of origin.

    Everything is real: the pictures go through HTTP, PostgreSQL, the queue, a worker, marks,
    signature and storage. With --fill 300 the library gets something to search in.
    """
    console = Console(highlight=False)
    folder = (data_dir or Path("imgen-data")).resolve()
    out.mkdir(parents=True, exist_ok=True)
    console.print("Starting the server, its database and a worker …")
    with own_server(folder) as url:
        key = make_key(folder)
        console.print(f"Server ready at {url}, key {key[:12]}… made")
        client = Client(url, key)
        if fill:
            _fill(client, fill, console)
        else:
            _show(client, out, console)
    if not fill:
        _verify(out, folder, console)
    _go_on(folder, console)


def _show(client: Client, out: Path, console: Console) -> None:
    with _bar(console) as progress:
        task = progress.add_task("Making pictures", total=len(_PICTURES))
        made = client.make(_PICTURES, lambda _: progress.advance(task))
    table = Table("prompt", "style", "seconds", "file", title="What was made")
    for one in made:
        (out / one.filename).write_bytes(client.fetch(one.url))
        seconds = f"{one.seconds:.1f}"
        table.add_row(one.wanted.prompt, one.wanted.style, seconds, str(out / one.filename))
    print_table(table)
    console.print(f"A link, as a client gets it: {made[0].url}\n", soft_wrap=True)
    _search(client, console)
    _repeat(client, made, console)
    _other_doors(client, made, out, console)


def _other_doors(client: Client, made: list[Made], out: Path, console: Console) -> None:
    """One synchronous call, one edit, and what all of it counted for."""
    link = client.make_now("a paper boat on a pond, spring morning")
    console.print(f"ImageAPI v1, one synchronous call: {link}", soft_wrap=True)
    fox = client.fetch(next(one.url for one in made if one.wanted == _PICTURES[0]))
    for name, path, fields in _EDITS:
        picture, charged = client.edit(path, fox, **fields)
        (out / f"fox-{name}.png").write_bytes(picture)
        console.print(f"Imagine, {path}: {out / f'fox-{name}.png'} ({charged})")
    used = client.usage()
    console.print(f"Counted today: {used['requestCount']} requests, {used['imageCount']} images\n")


def _search(client: Client, console: Console) -> None:
    table = Table("score", "prompt", "style", title=f"Search: “{_QUERY}”")
    for result in client.search(_QUERY):
        table.add_row(f"{result['score']:.3f}", result["prompt"], result["style"])
    print_table(table)


def _repeat(client: Client, made: list[Made], console: Console) -> None:
    """The same wish again, in other words: served from the library."""
    again = client.make([_AGAIN], lambda _: None, cache=True)[0]
    first = next(one for one in made if one.wanted.prompt.lower() == _AGAIN.prompt.lower())
    how = "served from the library" if again.cached else "made again"
    console.print(
        f"Asked again for “{_AGAIN.prompt}”: {how} in {again.seconds * 1000:.0f} ms"
        f" instead of {first.seconds:.1f} s\n"
    )


def _verify(out: Path, folder: Path, console: Console) -> None:
    """A picture that lost its metadata, was made smaller and compressed again."""
    original = max(out.glob("*.jpg"), key=lambda file: file.stat().st_mtime)
    stray = out / "stray-copy.jpg"
    with Image.open(original) as picture:
        size = (int(picture.width * _STRAY_SIZE), int(picture.height * _STRAY_SIZE))
        picture.convert("RGB").resize(size).save(stray, quality=_STRAY_QUALITY)
    console.print(f"Is {stray} (metadata stripped, {_STRAY_SIZE:.0%} size, recompressed) ours?")
    told(console, load_settings(data_dir=folder), [stray])


def _fill(client: Client, amount: int, console: Console) -> None:
    wanted = _varied(amount)
    with _bar(console) as progress:
        task = progress.add_task("Filling the library", total=amount)
        for start in range(0, amount, _IN_FLIGHT):
            client.make(wanted[start : start + _IN_FLIGHT], lambda _: progress.advance(task))
    _search(client, console)


def _varied(amount: int) -> list[Wanted]:
    """The same prompts every time, so that two people can talk about the same gallery."""
    catalog, rng = load_catalog(), random.Random(2026)  # noqa: S311 - variety, not secrecy
    styles = catalog.models["sketch"].styles
    return [
        Wanted(random_prompt(catalog, rng, None if rng.random() < 0.15 else ""), rng.choice(styles))
        for _ in range(amount)
    ]


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def _go_on(data_dir: Path, console: Console) -> None:
    console.print(
        f"\nGo on:\n"
        f"  .venv/bin/imgen serve --data-dir {data_dir}\n"
        f"  KEY=$(.venv/bin/imgen keys create me --data-dir {data_dir})\n"
        f'  curl -s http://127.0.0.1:8000/api/v2 -H "Authorization: Bearer $KEY" \\\n'
        f"    -H 'Content-Type: application/json' \\\n"
        f'    -d \'{{"action":"generate","prompt":"a quiet lake at dawn","model":"sketch"}}\'\n'
        f"  .venv/bin/imgen demo --fill 300   # something to search in",
        soft_wrap=True,
        markup=False,
    )
