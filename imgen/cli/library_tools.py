"""The import, made of a deployment's parts."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import cv2

from imgen.library.caption.captioner import Captioner
from imgen.library.importing.import_pictures import Import
from imgen.library.importing.keep import Keep
from imgen.library.importing.prepare import Prepare
from imgen.settings import Settings
from imgen.wiring.core import Core
from imgen.wiring.secret import deployment_secret


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


def local_folder(settings: Settings) -> Path | None:
    """The object store's folder; None where it is a bucket."""
    url = settings.storage.url
    if not url:
        return settings.data_dir / "objects"
    if "://" not in url:
        return Path(url)
    return Path(unquote(url.removeprefix("file://"))) if url.startswith("file:///") else None
