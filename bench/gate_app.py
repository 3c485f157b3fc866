"""imgen's gate before routes that do nothing: `uvicorn bench.gate_app:app`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from imgen.accounts.authenticate import Authenticate
from imgen.database.pool import Database
from imgen.errors import Invalid
from imgen.http.gate import Gate
from imgen.http.root import make_app
from imgen.http.surface import JsonResponse, Surface
from imgen.surfaces.imgen_v2.errors import render

_database = Database(os.environ["DATABASE_URL"])
_gate = Gate(authenticate=Authenticate(_database), database=_database)


async def _known(request: Request) -> Response:
    """Without limits: the key is looked up, no more."""
    async with _gate.visit(request, surface="imgen-v2"):
        return JsonResponse({"ok": True})


async def _admitted(request: Request) -> Response:
    async with _gate.visit(request, surface="imgen-v2") as visit:
        await visit.admit("nothing", {"prompt": "a paper boat on a calm lake"})
        if request.query_params:
            raise Invalid("Bad")
        return JsonResponse({"ok": True})


async def _ready(_request: Request) -> Response:
    return JsonResponse({})


@asynccontextmanager
async def _connected(_app: Starlette) -> AsyncIterator[None]:
    await _database.open()
    yield
    await _database.close()


_door = Surface(
    name="door",
    prefixes=("/door",),
    routes=[
        Route("/known", _known, methods=["POST"]),
        Route("/admitted", _admitted, methods=["POST"]),
        Route("/openapi.json", _ready),
    ],
    render=render,
)
app = Starlette(
    routes=[Mount("/", make_app([_door], [], max_header_bytes=10_000))], lifespan=_connected
)
