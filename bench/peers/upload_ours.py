"""imgen's form and picture reading behind a bare route: `uvicorn bench.peers.upload_ours:app`."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from imgen.uploads.form import open_form, required
from imgen.uploads.picture import PictureLimits, open_picture

_HANDS = asyncio.Semaphore(2)


async def upload(request: Request) -> JSONResponse:
    content_type = request.headers["content-type"]
    async with open_form(request.stream(), content_type, files=("image",)) as form, _HANDS:
        picture = await asyncio.to_thread(open_picture, required(form, "image"), PictureLimits())
    return JSONResponse({"width": picture.width, "height": picture.height})


async def described(_request: Request) -> JSONResponse:
    """What tells that the server is up."""
    return JSONResponse({})


app = Starlette(
    routes=[Route("/upload", upload, methods=["POST"]), Route("/openapi.json", described)]
)
