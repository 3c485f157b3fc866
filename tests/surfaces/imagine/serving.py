"""The surface alone, over a core: what wiring does with it."""

from __future__ import annotations

from starlette.types import ASGIApp

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.credits import CreditBook
from imgen.generation.choose import ChooseModel
from imgen.generation.endings import Endings
from imgen.generation.inputs import KeepInput
from imgen.generation.wait import Deliver, Wait
from imgen.http.files import files_route
from imgen.http.gate import Gate
from imgen.http.root import make_app
from imgen.surfaces.imagine.routes import Delivering, Imagine, Uploads
from imgen.uploads.parts import FormLimits
from imgen.uploads.picture import PictureLimits
from imgen.wiring.core import Core
from imgen.wiring.doors import make_links


def imagine_app(core: Core) -> ASGIApp:
    links = make_links(core, "http://imgen.test")
    settings = core.settings
    surface = Imagine(
        gate=Gate(authenticate=Authenticate(core.database), database=core.database),
        delivering=Delivering(
            catalog=core.catalog,
            choose=ChooseModel(core.catalog, core.engines, settings.generation.stand_ins),
            keep_input=KeepInput(core.objects),
            deliver=Deliver(core.submit, Wait(core.database, Endings(core.database))),
            credits=CreditBook(core.database),
            database=core.database,
            objects=core.objects,
            links=links,
            link_seconds=settings.storage.link_seconds,
            wait_seconds=settings.generation.wait_seconds,
        ),
        uploads=Uploads(FormLimits(), PictureLimits()),
    ).surface()
    return make_app([surface], [files_route(core.objects, links)], max_header_bytes=32_768)
