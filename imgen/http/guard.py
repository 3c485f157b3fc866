"""The outermost layer: names each request, bounds its headers, and lets no exception out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgen import ids
from imgen.errors import ImgenError, Invalid

_log = structlog.get_logger()
_SLASHES = re.compile(r"/{2,}")


class Guard:
    """Pure ASGI middleware around the whole app.

    Args:
        app: the app inside.
        render: an error as the surface of a path words it.
        max_header_bytes: largest sum of all header names and values.
    """

    def __init__(
        self, app: ASGIApp, *, render: Callable[[str, ImgenError], Response], max_header_bytes: int
    ) -> None:
        self._app = app
        self._render = render
        self._max_header_bytes = max_header_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _SLASHES.sub("/", scope["path"])
        request_id = ids.request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status, complete = 0, False
        began = time.perf_counter()

        async def named(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body")

        try:
            self._check_headers(scope)
            await self._app(scope, receive, named)
        except ImgenError as error:
            await self._render(scope["path"], error)(scope, receive, named)
        except Exception:  # the framework has answered by now, unless half an answer was sent
            _log.exception("request.crashed", path=scope["path"])
            if not complete:
                raise
        finally:
            _log.debug(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )

    def _check_headers(self, scope: Scope) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._max_header_bytes:
            raise Invalid(
                f"The request headers are over {self._max_header_bytes} bytes",
                code="headers_too_large",
            )
