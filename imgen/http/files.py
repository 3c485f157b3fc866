"""Serves `/files/…`: stored objects, to whoever holds a signed link that has not expired."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from email.utils import format_datetime
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from imgen.errors import Forbidden, ImgenError, Kind, NotFound
from imgen.storage.links import Links, SignedLinks
from imgen.storage.objects import ObjectInfo, ObjectStore

_STATUS = {Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.INVALID: 404}
_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LARGEST = 2**63 - 1
_ALWAYS = {
    # Pictures may be shown on any page, but a file posing as one may never run as a page of ours.
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def files_route(store: ObjectStore, links: Links) -> Route:
    """GET and HEAD `/files/{key}`, for our own links.

    Args:
        store: where the objects are.
        links: what made the links. Where the store's own pre-signed links are used, no link leads
            here, and every request is refused.
    """
    return Route("/files/{key:path}", _Files(store, links))


class _Files:
    """RFC 9110: conditional requests (section 13) and single ranges (section 14)."""

    def __init__(self, store: ObjectStore, links: Links) -> None:
        self._store = store
        self._links = links if isinstance(links, SignedLinks) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Request(scope))
        except ImgenError as error:
            response = _refusal(_STATUS.get(error.kind, 503), error.message)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return _refusal(405, "Method not allowed", {"Allow": "GET, HEAD"})
        key = request.path_params["key"]
        filename = request.query_params.get("filename", "")
        seconds_left = self._verify(key, request, filename)
        info = await self._store.head(key)
        if info is None:
            raise NotFound("Not found")
        headers = _ALWAYS | {
            "ETag": info.etag,
            "Last-Modified": _http_date(info),
            "Cache-Control": f"private, max-age={seconds_left}, immutable",
            "Accept-Ranges": "bytes",
        }
        if _unchanged(request.headers, info):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = info.content_type
        headers["Content-Disposition"] = _disposition(filename or key.rpartition("/")[2])
        if request.method == "HEAD":
            return Response(headers=headers | {"Content-Length": str(info.size)})
        return await self._send(info, headers, _wanted(request.headers, info))

    def _verify(self, key: str, request: Request, filename: str) -> int:
        # Starlette's pattern for paths overlooks a line break at the end.
        if self._links is None or not request.scope["path"].endswith(f"/files/{key}"):
            raise Forbidden("Link is invalid or has expired")
        query = request.query_params
        return self._links.verify(
            key,
            expires=query.get("expires", ""),
            signature=query.get("signature", ""),
            filename=filename,
        )

    async def _send(
        self, info: ObjectInfo, headers: dict[str, str], wanted: range | None
    ) -> Response:
        if wanted is None:
            status, start, end = 200, 0, info.size
        elif wanted:
            status, start, end = 206, wanted.start, wanted.stop
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
        else:
            return _refusal(416, "Range not satisfiable", {"Content-Range": f"bytes */{info.size}"})
        headers["Content-Length"] = str(end - start)
        chunks = self._store.stream(info.key, start, end, info=info)
        # The first chunk comes before the status does: an object that is gone is still a 404.
        first = await anext(chunks, b"")
        return StreamingResponse(_continued(first, chunks), status_code=status, headers=headers)


async def _continued(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _unchanged(headers: Headers, info: ObjectInfo) -> bool:
    """Whether the client's copy is still good. `If-None-Match` counts before the date does."""
    if "if-none-match" in headers:
        tags = ", ".join(headers.getlist("if-none-match"))
        return tags.strip() == "*" or info.etag in _ENTITY_TAG.findall(tags)
    return headers.get("if-modified-since") == _http_date(info)


def _wanted(headers: Headers, info: ObjectInfo) -> range | None:
    """The bytes asked for: None is all, an empty range cannot be had.

    Several ranges, other units and what cannot be read are answered with the whole, as RFC 9110,
    section 14.2 allows.
    """
    match = _RANGE.fullmatch(headers.get("range", ""))
    condition = headers.get("if-range")
    if match is None or condition not in {None, info.etag, _http_date(info)}:
        return None
    first, last = match.groups()
    if not first:
        return _suffix(_number(last), info.size) if last else None
    start, end = _number(first), _number(last) if last else _LARGEST
    if end < start:
        return None
    return range(start, min(end + 1, info.size))


def _suffix(length: int, size: int) -> range | None:
    if size == 0 and length > 0:
        return None  # all of nothing is satisfiable, but no Content-Range can say so
    return range(max(0, size - length), size)


def _number(digits: str) -> int:
    """Anything larger than any object is as good as the largest; Python refuses huge literals."""
    return int(digits) if len(digits) < len(str(_LARGEST)) else _LARGEST


def _disposition(name: str) -> str:
    """`inline` with a name for "save as": plain for old clients, exact by RFC 6266 and 8187."""
    plain = re.sub(r"[^ !#-\[\]-~]|%", "_", name)
    header = f'inline; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _http_date(info: ObjectInfo) -> str:
    return format_datetime(info.last_modified, usegmt=True)


def _refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(
        {"error": message},
        status_code=status,
        headers={"Cache-Control": "no-store", **_ALWAYS, **(headers or {})},
    )
