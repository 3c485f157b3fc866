"""The HTTP process: every surface over one core."""

from __future__ import annotations

from starlette.types import ASGIApp

from imgen.accounts.authenticate import Authenticate
from imgen.generation.cancel import Cancel
from imgen.generation.mark import KeepMark
from imgen.generation.repeat import Repeat
from imgen.http.files import files_route
from imgen.http.root import make_app
from imgen.http.verify import verify_route
from imgen.library.lookup import Lookup
from imgen.library.resemble import Resemble
from imgen.storage.links import Links, links_for
from imgen.surfaces.cache_api.routes import CacheApi, Library
from imgen.surfaces.imgen_v2.routes import Generating, ImgenV2
from imgen.wiring.core import Core, deployment_secret
from imgen.wiring.provenance import make_verify


def make_http(core: Core, *, public_url: str) -> ASGIApp:
    """The HTTP side.

    Args:
        public_url: how clients reach it, for the links in replies.
    """
    links = make_links(core, public_url)
    server = core.settings.server
    return make_app(
        surfaces=[_imgen_v2(core, links).surface(), _cache_api(core, links).surface()],
        routes=[files_route(core.objects, links), verify_route(make_verify(core))],
        max_header_bytes=server.max_header_bytes,
    )


def make_links(core: Core, public_url: str) -> Links:
    """Links to stored files: the bucket's own where it has any, unless told otherwise."""
    settings = core.settings
    previous = [secret.get_secret_value().encode() for secret in settings.previous_secrets]
    return links_for(
        core.objects,
        public_url=public_url,
        secret=[deployment_secret(settings), *previous],
        presigned={"auto": None, "presigned": True, "own": False}[settings.storage.links],
    )


def make_lookup(core: Core) -> Lookup:
    """What finds a stored picture for a request."""
    return Lookup(
        database=core.database,
        search=core.search,
        threshold=core.settings.library.threshold,
        quality_words=core.catalog.quality_words,
    )


def _imgen_v2(core: Core, links: Links) -> ImgenV2:
    submit = core.submit
    return ImgenV2(
        authenticate=Authenticate(core.database),
        catalog=core.catalog,
        engines=core.engines,
        enhancer=core.enhancer,
        generating=Generating(
            database=core.database,
            submit=submit,
            repeat=Repeat(core.database, make_lookup(core), submit),
            cancel=Cancel(core.database),
            keep_mark=KeepMark(core.objects),
            links=links,
            link_seconds=core.settings.storage.link_seconds,
        ),
        max_body_bytes=core.settings.server.max_body_bytes,
    )


def _cache_api(core: Core, links: Links) -> CacheApi:
    library = core.settings.library
    return CacheApi(
        authenticate=Authenticate(core.database),
        catalog=core.catalog,
        library=Library(
            database=core.database,
            search=core.search,
            resemble=Resemble(core.database, core.search),
            objects=core.objects,
            links=links,
            link_seconds=core.settings.storage.link_seconds,
        ),
        floor=library.floor,
        public_taxonomies=library.public_taxonomies,
        max_body_bytes=core.settings.server.max_body_bytes,
    )
