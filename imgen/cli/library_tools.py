"""What commands on the library need: the core at work, and the import made of its parts."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import cv2

from imgen.cli.options import run, settings_for
from imgen.errors import Invalid
from imgen.library.caption.captioner import Captioner
from imgen.library.importing.import_pictures import Import
from imgen.library.importing.keep import Keep
from imgen.library.importing.prepare import Prepare
from imgen.settings import Settings
from imgen.wiring.core import Core, open_core
from imgen.wiring.secret import deployment_secret

_T = TypeVar("_T")


@contextmanager
def importer(core: Core, captioner: Captioner) -> Iterator[Import]:
    """The use case, with every core of this machine at work."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)  # pictures are spread over the cores, not each picture's rows
    try:
        with warnings.catch_warnings():
            # Pillow warns of damaged metadata; what is too damaged is told of at the end.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield Import(
                database=core.database,
                prepare=Prepare(characters=frozenset(core.catalog.characters)),
                keep=Keep(
                    database=core.database,
                    objects=core.objects,
                    captioner=captioner,
                    secret=deployment_secret(core.settings),
                    review=core.review,
                    folder=local_folder(core.settings),
                ),
                read_new=core.remember.__call__,
                threads=os.cpu_count() or 1,
            )
    finally:
        cv2.setNumThreads(before)


def with_library(data_dir: Path | None, work: Callable[[Core], Coroutine[Any, Any, _T]]) -> _T:
    """Do something with the library of a deployment, whether or not its server runs."""
    settings = settings_for(data_dir)

    async def inside() -> _T:
        async with open_core(settings) as core:
            return await work(core)

    return run(inside())


async def account_id(core: Core, name: str) -> str | None:
    """An account's id by its name; None for no name.

    Raises:
        imgen.errors.Invalid: there is no such account.
    """
    if not name:
        return None
    for account in await core.administer.list_accounts():
        if account.name == name:
            return account.id
    raise Invalid(f"There is no account {name}; `imgen accounts list` shows them.")


def local_folder(settings: Settings) -> Path | None:
    """The object store's folder; None where it is a bucket."""
    url = settings.storage.url
    if not url:
        return settings.data_dir / "objects"
    if "://" not in url:
        return Path(url)
    return Path(unquote(url.removeprefix("file://"))) if url.startswith("file:///") else None
