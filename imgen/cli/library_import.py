"""`imgen library import`: bring in pictures that somebody already has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from imgen.cli.library_progress import Tally, progress
from imgen.cli.library_tools import account_id, importer, with_library
from imgen.cli.options import DataDir
from imgen.library.importing.options import Options
from imgen.wiring.core import Core

_Paths = Annotated[
    list[Path], typer.Argument(help="Folders, zip files, JSONL manifests, single pictures.")
]
_InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place",
        help="Link to the files where they are instead of copying them. Needs a local object "
        "store; the files must then stay as they are.",
    ),
]
_Private = Annotated[
    str, typer.Option(metavar="ACCOUNT", help="For this account alone. Default: for everyone.")
]
_Model = Annotated[str, typer.Option(help="The model, where a file does not say it.")]
_Style = Annotated[str, typer.Option(help="The style, where a file does not say it.")]
_Character = Annotated[str, typer.Option(help="The character, where a file does not say it.")]
_KeepSimilar = Annotated[
    bool,
    typer.Option(
        "--keep-similar",
        help="Import pictures that look like one of the library, too. Exact copies never are.",
    ),
]
_Ruleset = Annotated[str, typer.Option(help="The ruleset that pictures are reviewed by.")]
_NoReview = Annotated[
    bool,
    typer.Option(
        "--no-review",
        help="Trust the pictures: they enter unreviewed, and are served so. The floor holds.",
    ),
]


def import_pictures(
    paths: _Paths,
    in_place: _InPlace = False,
    private: _Private = "",
    model: _Model = "",
    style: _Style = "",
    character: _Character = "",
    keep_similar: _KeepSimilar = False,
    ruleset: _Ruleset = "default",
    no_review: _NoReview = False,
    data_dir: DataDir = None,
) -> None:
    """Bring in pictures that you have, with what their files say about how they were made.

    Reads the prompt, negatives, model and seed that AUTOMATIC1111, Forge, ComfyUI, InvokeAI and
    others write into JPEG, PNG, WebP and AVIF files; EXIF, XMP and Content Credentials; and files
    beside a picture: `fox.txt` (the prompt) or `fox.json`.

    Every picture is reviewed; what the ruleset blocks stays out and is told of at the end.

    Stop it with Ctrl-C whenever you like: the same command again goes on from there. A broken file
    is told of at the end and stops nothing; then the exit status is 1.

        imgen library import ~/Pictures/renders --model sdxl

        imgen library import backup.zip --private ann

        imgen library import pictures/manifest.jsonl

    A manifest is one JSON object a line: {"file": "a.png", "prompt": "a red fox", "negative":
    "blurry", "caption": "…", "model": "sdxl", "style": "photoreal", "character": "", "seed": 7}.
    """
    options = Options(
        model=model,
        style=style,
        character=character,
        keep_similar=keep_similar,
        ruleset="" if no_review else ruleset,
        in_place=in_place,
    )
    tally = Tally()
    try:
        with_library(data_dir, lambda core: _bring(core, paths, private, options, tally))
    except KeyboardInterrupt:
        tally.print()
        print("Stopped. The same command again goes on from here.")
        raise typer.Exit(130) from None
    tally.print()
    if tally.failed:
        raise typer.Exit(1)


async def _bring(
    core: Core, paths: list[Path], private: str, options: Options, tally: Tally
) -> None:
    options = replace(options, account_id=await account_id(core, private))
    if options.ruleset:
        core.review.check(options.ruleset)
    with importer(core, core.captioner) as bring, progress("importing") as (expect, step):
        await bring(paths, options, expect=expect, tell=lambda each: step(tally.add(each)))
