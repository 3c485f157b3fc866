"""The surfaces, each with what it needs of the core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from imgen.accounts.credits.book import CreditBook
from imgen.accounts.usage.read import ReadUsage
from imgen.generation.cancel import Cancel
from imgen.generation.inputs import KeepInput
from imgen.generation.mark import KeepMark
from imgen.generation.repeat import Repeat
from imgen.http.health import Check, Health, database_check, storage_check, workers_check
from imgen.http.surface import Surface
from imgen.library.lookup import Lookup
from imgen.library.resemble import Resemble
from imgen.surfaces.cache_api.routes import CacheApi, Library
from imgen.surfaces.imageapi_v1.pictures import Pictures
from imgen.surfaces.imageapi_v1.routes import ImageApiV1, Tools
from imgen.surfaces.imageapi_v1.show import Show
from imgen.surfaces.imagine.routes import Delivering, Imagine, Uploads
from imgen.surfaces.imgen_v2.routes import Generating, ImgenV2
from imgen.uploads.parts import FormLimits
from imgen.uploads.picture import PictureLimits
from imgen.wiring.core import Core
from imgen.wiring.doors import Doors
from imgen.wiring.people import make_account_api


class Door(Protocol):
    """What every surface has."""

    def surface(self) -> Surface:
        """What the root needs to know."""
        ...


def make_surfaces(doors: Doors) -> Sequence[Door]:
    """All of them."""
    return (
        _imgen_v2(doors),
        _imageapi_v1(doors),
        _imagine(doors),
        make_account_api(doors),
        _cache_api(doors),
    )


def make_lookup(core: Core) -> Lookup:
    """What finds a stored picture for a request."""
    return Lookup(
        database=core.database,
        search=core.search,
        threshold=core.settings.library.threshold,
        quality_words=core.catalog.quality_words,
    )


def _imgen_v2(doors: Doors) -> ImgenV2:
    core = doors.core
    return ImgenV2(
        gate=doors.gate,
        catalog=core.catalog,
        engines=core.engines,
        enhancer=core.enhancer,
        generating=Generating(
            database=core.database,
            submit=doors.submit,
            repeat=Repeat(core.database, make_lookup(core), doors.submit),
            cancel=Cancel(core.database),
            keep_mark=KeepMark(core.objects),
            links=doors.links,
            link_seconds=core.settings.storage.link_seconds,
        ),
        max_body_bytes=core.settings.server.max_body_bytes,
    )


def _imageapi_v1(doors: Doors) -> ImageApiV1:
    core = doors.core
    return ImageApiV1(
        gate=doors.gate,
        pictures=Pictures(
            catalog=core.catalog,
            choose=doors.choose,
            deliver=doors.deliver,
            show=Show(core.database, core.objects, doors.links, core.settings.storage.link_seconds),
            wait_seconds=core.settings.generation.wait_seconds,
        ),
        tools=Tools(
            catalog=core.catalog,
            choose=doors.choose,
            enhancer=core.enhancer,
            usage=ReadUsage(core.database),
            health=make_health(core),
        ),
        max_body_bytes=core.settings.server.max_body_bytes,
    )


def make_health(core: Core) -> Health:
    """Whether the parts of this deployment work."""
    silent = core.settings.worker.stalled_seconds
    return Health(
        [
            database_check(core.database),
            storage_check(core.objects),
            workers_check(core.database, silent_seconds=silent),
            Check("review", _review(core)),
        ]
    )


def _review(core: Core) -> Callable[[], Awaitable[str]]:
    """Which detectors look at pictures."""

    async def ask() -> str:
        if core.settings.compliance.kind == "off":
            return "switched off: pictures are shown unreviewed"
        return ", ".join(core.review.detectors)

    return ask


def _imagine(doors: Doors) -> Imagine:
    core, sent = doors.core, doors.core.settings.uploads
    return Imagine(
        gate=doors.gate,
        delivering=Delivering(
            catalog=core.catalog,
            choose=doors.choose,
            keep_input=KeepInput(core.objects),
            deliver=doors.deliver,
            credits=CreditBook(core.database),
            database=core.database,
            objects=core.objects,
            links=doors.links,
            link_seconds=core.settings.storage.link_seconds,
            wait_seconds=core.settings.generation.wait_seconds,
        ),
        uploads=Uploads(
            form=FormLimits(most_bytes=sent.most_bytes, most_file_bytes=sent.most_file_bytes),
            picture=PictureLimits(most_pixels=sent.most_pixels, longest_side=sent.longest_side),
            folder=_incoming(core),
            at_once=sent.at_once,
        ),
    )


def _incoming(core: Core) -> Path:
    """On the data folder's disk: what is sent may be larger than a folder in memory."""
    folder = core.settings.data_dir / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _cache_api(doors: Doors) -> CacheApi:
    core, library = doors.core, doors.core.settings.library
    return CacheApi(
        gate=doors.gate,
        catalog=core.catalog,
        library=Library(
            database=core.database,
            search=core.search,
            resemble=Resemble(core.database, core.search),
            objects=core.objects,
            links=doors.links,
            link_seconds=core.settings.storage.link_seconds,
        ),
        floor=library.floor,
        public_taxonomies=library.public_taxonomies,
        max_body_bytes=core.settings.server.max_body_bytes,
    )
