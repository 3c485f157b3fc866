"""The HTTP process: every surface over one core."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from imgen.http.acs import acs_route
from imgen.http.cors import Cors
from imgen.http.files import files_route
from imgen.http.root import make_app
from imgen.http.runpod_webhook import runpod_webhook_route
from imgen.http.verify import verify_route
from imgen.wiring.core import Core
from imgen.wiring.doors import Doors, open_doors
from imgen.wiring.provenance import make_verify
from imgen.wiring.secret import deployment_secret
from imgen.wiring.surfaces import make_surfaces


@asynccontextmanager
async def open_http(core: Core, *, public_url: str) -> AsyncIterator[ASGIApp]:
    """The HTTP side, for as long as the block runs.

    Args:
        public_url: how clients reach it, for the links in replies.
    """
    async with open_doors(core, public_url) as doors:
        yield _make_app(doors)


def _make_app(doors: Doors) -> ASGIApp:
    core, cors = doors.core, doors.core.settings.cors
    routes = [
        files_route(core.objects, doors.links),
        verify_route(make_verify(core)),
        acs_route(doors.gate, core.review),
        runpod_webhook_route(core.database, deployment_secret(core.settings)),
    ]
    return make_app(
        surfaces=[surface.surface() for surface in make_surfaces(doors)],
        routes=routes,
        max_header_bytes=core.settings.server.max_header_bytes,
        open_to_pages=partial(Cors, strict=cors.strict, origins=cors.origins),
        log_lost=doors.gate.log_lost,
    )
