"""The outermost layer: it names the request, tidies its path, refuses swollen headers, ends the
caller's visit, and lets no exception out."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgen import ids
from imgen.errors import ImgenError, Invalid

_log = structlog.get_logger()
_SLASHES = re.compile(r"/{2,}")
_CLIENT_GONE = 499
"""In the log only: nobody was there to be answered."""


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
            await self._serve(scope, receive, _Reply(scope, send))

    async def _serve(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        try:
            self._check_headers(scope)
            await self._app(scope, receive, reply)
        except ImgenError as error:
            await self._render(scope["path"], error)(scope, receive, reply)
        except Exception:  # the framework has answered by now, unless half an answer was sent
            _log.exception("request.crashed", path=scope["path"])
            if not reply.complete:
                raise
        finally:
            await reply.end_visit_unanswered()
            _log.debug(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=reply.status,
                ms=round(reply.milliseconds, 1),
            )

    def _check_headers(self, scope: Scope) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._max_header_bytes:
            raise Invalid(
                f"The request headers are over {self._max_header_bytes} bytes",
                code="headers_too_large",
            )


class _Reply:
    """What goes back to the client; the visit ends before the first byte of it goes."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status = 0
        self.complete = False
        self._state: dict[str, Any] = scope["state"]
        self._send = send
        self._began = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        """Since the request came in."""
        return (time.perf_counter() - self._began) * 1000

    async def __call__(self, message: Message) -> None:
        """Send a part of the reply."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = {"x-request-id": self._state["request_id"]}
            headers |= await self._end_visit(self.status)
            named = [(name.encode(), value.encode()) for name, value in headers.items()]
            message["headers"] = [*message.get("headers", []), *named]
        await self._send(message)
        self.complete = message["type"] == "http.response.body" and not message.get("more_body")

    async def end_visit_unanswered(self) -> None:
        """Of a client that went before there was a status, and a request that was cancelled."""
        if not self.status and "visit" in self._state:
            await asyncio.shield(asyncio.ensure_future(self._end_visit(_CLIENT_GONE)))

    async def _end_visit(self, status: int) -> dict[str, str]:
        visit = self._state.get("visit")
        return {} if visit is None else dict(await visit.end(status, self.milliseconds))
