"""The paths of the Cache API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, LiteralString

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.records import Caller
from imgen.catalog.catalog import Catalog
from imgen.database.pool import Database
from imgen.errors import Invalid, NotFound
from imgen.http.body import json_object
from imgen.http.fields import read_fields
from imgen.http.gate import Gate
from imgen.http.surface import JsonResponse, Surface
from imgen.library import store
from imgen.library.image import Filters, Match
from imgen.library.resemble import Resemble
from imgen.library.search import Search
from imgen.storage.links import Links
from imgen.storage.objects import ObjectStore
from imgen.surfaces.cache_api import wire
from imgen.surfaces.cache_api.errors import render

Call = Callable[[Caller, Mapping[str, Any]], Awaitable[dict[str, Any]]]
_NAME = "cache-api"
_TAXONOMY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Library:
    """What this surface needs of the library and the store."""

    database: Database
    search: Search
    resemble: Resemble
    objects: ObjectStore
    links: Links
    link_seconds: int


class CacheApi:
    """The endpoints of this surface.

    Args:
        floor: cosine similarity below which `generate` finds no match.
        public_taxonomies: whether the lists of filter values need no key.
        max_body_bytes: largest request body.
    """

    def __init__(
        self,
        *,
        gate: Gate,
        catalog: Catalog,
        library: Library,
        floor: float,
        public_taxonomies: bool,
        max_body_bytes: int,
    ) -> None:
        self._gate = gate
        self._catalog = catalog
        self._library = library
        self._floor = floor
        self._public_taxonomies = public_taxonomies
        self._max_body_bytes = max_body_bytes

    def surface(self) -> Surface:
        """What the root needs to know."""
        routes = [
            Route("/api/search", self._post(self._search), methods=["POST"]),
            Route("/api/generate", self._post(self._generate), methods=["POST"]),
            Route("/api/images/{id}", self._image, methods=["GET"]),
            Route("/api/images/{id}", self._forget, methods=["DELETE"]),
            self._taxonomy("characters", "character", self._catalog.characters),
            self._taxonomy("models", "model", self._catalog.models),
            self._taxonomy("styles", "style", self._catalog.styles),
        ]
        prefixes = tuple({"/" + "/".join(route.path.split("/")[1:3]) for route in routes})
        return Surface(name=_NAME, prefixes=prefixes, routes=routes, render=render)

    def _post(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            async with self._gate.visit(request, surface=_NAME) as visit:
                fields = await json_object(request, limit=self._max_body_bytes)
                await visit.admit(request.url.path.rsplit("/", 1)[-1], fields)
                return JsonResponse(await call(visit.caller, fields))

        return serve

    async def _search(self, caller: Caller, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = read_fields(wire.Search, fields)
        if bool(body.image) == bool(body.query):
            raise Invalid("query is required" if not body.query else "query and image exclude each"
                          " other; send one", field="query")  # fmt: skip
        filters = _filters(caller, body)
        if body.image:
            matches = await self._library.resemble(body.image, filters, limit=body.limit)
        else:
            matches = await self._library.search(
                body.query or "",
                filters,
                within=body.search_in,
                limit=body.limit,
                offset=body.offset,
                min_score=body.min_score,
            )
        results = [await self._result(match) for match in matches]
        return {"results": results, "count": len(results)}

    async def _generate(self, caller: Caller, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = read_fields(wire.Generate, fields)
        matches = await self._library.search(
            body.prompt,
            _filters(caller, body),
            within=body.search_in,
            limit=1,
            min_score=self._floor,
        )
        if not matches:
            raise NotFound("No match found", code="no_match")
        result = await self._result(matches[0])
        del result["score"]
        return {"image": result}

    async def _result(self, match: Match) -> dict[str, Any]:
        library = self._library
        shown = await wire.image_object(
            match.image, library.links, link_seconds=library.link_seconds
        )
        return {**shown, "score": round(match.score, 3)}

    async def _image(self, request: Request) -> Response:
        library = self._library
        async with (
            self._gate.visit(request, surface=_NAME) as visit,
            library.database.connection() as connection,
        ):
            image = await store.find(connection, request.path_params["id"], visit.caller.account_id)
            if image is None:
                raise NotFound("No such image", code="image_not_found")
        shown = await wire.image_object(image, library.links, link_seconds=library.link_seconds)
        return JsonResponse({"image": shown})

    async def _forget(self, request: Request) -> Response:
        library = self._library
        async with (
            self._gate.visit(request, surface=_NAME) as visit,
            library.database.connection() as connection,
        ):
            image = await store.delete(
                connection, request.path_params["id"], visit.caller.account_id
            )
            if image is None:
                raise NotFound("No such image", code="image_not_found")
        for key in (image.image_key, image.thumbnail_key):
            await library.objects.delete(key)
        return Response(status_code=204)

    def _taxonomy(self, plural: str, column: LiteralString, known: Iterable[str]) -> Route:
        async def serve(request: Request) -> Response:
            if not self._public_taxonomies:
                async with self._gate.visit(request, surface=_NAME):
                    pass
            async with self._library.database.connection() as connection:
                present = await store.kinds(connection, column)
            return _cacheable(request, {plural: sorted({*known, *present})})

        return Route(f"/api/{plural}", serve, methods=["GET"])


def _filters(caller: Caller, body: wire.Search | wire.Generate) -> Filters:
    return Filters(
        account_id=caller.account_id,
        model=body.model,
        style=body.style,
        character=body.character,
    )


def _cacheable(request: Request, value: object) -> Response:
    """JSON with an `ETag`; 304 to a client that has it already."""
    body = to_json(value)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": f"public, max-age={_TAXONOMY_SECONDS}"}
    known = (
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    )
    if etag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
