"""One app that holds every door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from imgen.errors import ImgenError, Internal
from imgen.http.guard import Guard
from imgen.http.surface import JsonResponse, Surface, from_http_status, headers_of, status_of

LogLost = Callable[[Request, str, ImgenError], Awaitable[None]]


def make_app(
    surfaces: Sequence[Surface],
    routes: Sequence[BaseRoute],
    *,
    max_header_bytes: int,
    open_to_pages: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    log_lost: LogLost | None = None,
) -> ASGIApp:
    """The whole HTTP side.

    Args:
        surfaces: the doors.
        routes: what belongs to no door: files, health.
        max_header_bytes: see `Guard`.
        open_to_pages: lets pages of other sites in, where they may come.
        log_lost: told of a call at a door that none of its routes takes, and the door's name.
    """
    doors = [route for surface in surfaces for route in surface.routes]
    app = Starlette(routes=[Route("/healthz", _healthz), *routes, *doors])
    app.router.redirect_slashes = False

    def door_of(path: str) -> Surface | None:
        for surface in surfaces:
            if any(path == prefix or path.startswith(prefix + "/") for prefix in surface.prefixes):
                return surface
        return None

    def render(path: str, error: ImgenError) -> Response:
        surface = door_of(path)
        return _render(error) if surface is None else surface.render(error)

    async def on_error(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            error = from_http_status(error.status_code)
            surface = door_of(request.url.path)
            if log_lost is not None and surface is not None:
                await log_lost(request, surface.name, error)
        if not isinstance(error, ImgenError):
            error = Internal("Internal error")
        return render(request.url.path, error)

    for kind in (HTTPException, ImgenError, Exception):
        app.add_exception_handler(kind, on_error)
    inside = open_to_pages(app)
    return Guard(inside, render=render, max_header_bytes=max_header_bytes)


async def _healthz(_request: Request) -> Response:
    return JsonResponse({"status": "ok"})


def _render(error: ImgenError) -> Response:
    return JsonResponse(
        {"error": error.message}, status_code=status_of(error), headers=headers_of(error)
    )
