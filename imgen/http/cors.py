"""Which pages of other sites may call the public API from a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgen.errors import Invalid

PUBLIC = ("/api", "/v1/imagine", "/v2/image", "/v2/credits", "/files", "/verify")
"""Paths that other sites may be let in to; everything else, the dashboard above all, never."""

_SLASHES = re.compile(r"/{2,}")
_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, Accept, Range, If-None-Match"
_REPLY_HEADERS = (
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, ETag,"
    " Content-Disposition, Content-Range, X-Credits-Cost, X-Credits-Remaining"
)
_REMEMBER_SECONDS = 7200  # what browsers allow at most
_PORTS = {"http": 80, "https": 443}


class Cors:
    """Pure ASGI middleware: the Fetch standard's CORS protocol, without credentials.

    Keys travel in a header that a page sets itself, never in cookies; so an open API gives away
    nothing that its caller does not hold already.

    Args:
        app: the app inside.
        strict: whether only `origins` are let in; else every site is.
        origins: `https://shop.example`, in any case and with or without the default port.
        paths: where others may be let in, each with everything below it.

    Raises:
        imgen.errors.Invalid: an origin is none.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        strict: bool = False,
        origins: Iterable[str] = (),
        paths: Sequence[str] = PUBLIC,
    ) -> None:
        self._app = app
        self._strict = strict
        self._origins = frozenset(map(as_origin, origins))
        self._paths = tuple(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or add what lets the page read the reply."""
        if scope["type"] != "http" or not self._is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._allowed(headers.get("origin", ""))
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(allowed)(scope, receive, send)
            return

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply = MutableHeaders(scope=message)
                if self._strict:
                    reply.add_vary_header("Origin")
                if allowed:
                    reply["Access-Control-Allow-Origin"] = allowed
                    reply["Access-Control-Expose-Headers"] = _REPLY_HEADERS
            await send(message)

        await self._app(scope, receive, readable)

    def _is_public(self, path: str) -> bool:
        path = _SLASHES.sub("/", path)  # as the guard reads it
        return any(path == public or path.startswith(public + "/") for public in self._paths)

    def _allowed(self, origin: str) -> str:
        """What `Access-Control-Allow-Origin` is to say; empty: nothing."""
        if not self._strict:
            return "*"
        return origin if origin.lower() in self._origins else ""

    def _preflight(self, allowed: str) -> Response:
        """No error for a site that is not let in: the browser keeps it out by what is missing."""
        vary = {"Vary": "Origin"} if self._strict else {}
        if not allowed:
            return Response(status_code=204, headers=vary)
        return Response(
            status_code=204,
            headers={
                **vary,
                "Access-Control-Allow-Origin": allowed,
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _REQUEST_HEADERS,
                "Access-Control-Max-Age": str(_REMEMBER_SECONDS),
            },
        )


def as_origin(text: str) -> str:
    """An origin as browsers write it: `https://shop.example`, lower case, no default port.

    Raises:
        imgen.errors.Invalid: it is not scheme://host[:port] alone.
    """
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise _no_origin(text) from None
    if not parts.scheme or not parts.hostname or parts.username is not None:
        raise _no_origin(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _no_origin(text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _no_origin(text: str) -> Invalid:
    return Invalid(
        f"{text} is not an origin; CORS_PUBLIC_API_ORIGINS lists scheme://host[:port],"
        " comma-separated",
        field="CORS_PUBLIC_API_ORIGINS",
    )
