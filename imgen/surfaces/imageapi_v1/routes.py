"""The paths of ImageAPI v1."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.plans.records import Plan
from imgen.accounts.usage.read import ReadUsage
from imgen.catalog.catalog import Catalog
from imgen.errors import Forbidden, ImgenError
from imgen.generation.choose import ChooseModel
from imgen.http.body import json_object
from imgen.http.connected import while_connected
from imgen.http.fields import read_fields
from imgen.http.gate import Gate, Visit
from imgen.http.health import Health
from imgen.http.surface import JsonResponse, Surface
from imgen.prompts.build import Parts, build
from imgen.prompts.enhance import Enhancer
from imgen.prompts.syntax import format_prompt
from imgen.surfaces.imageapi_v1 import reply, translate, wire
from imgen.surfaces.imageapi_v1.errors import render
from imgen.surfaces.imageapi_v1.pictures import NAME, Order, Pictures
from imgen.surfaces.imageapi_v1.presets import GENERATE, LOGO, PRODUCT, Preset
from imgen.surfaces.imageapi_v1.translate import Wanted

PREFIX = "/api/v1"
Call = Callable[[Visit, Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the calls that make no picture need."""

    catalog: Catalog
    choose: ChooseModel
    enhancer: Enhancer
    usage: ReadUsage
    health: Health


class ImageApiV1:
    """The endpoints of this surface."""

    def __init__(
        self, *, gate: Gate, pictures: Pictures, tools: Tools, max_body_bytes: int
    ) -> None:
        self._gate = gate
        self._pictures = pictures
        self._tools = tools
        self._max_body_bytes = max_body_bytes

    def surface(self) -> Surface:
        """What the root needs to know."""
        product, logo = self._making(PRODUCT), self._making(LOGO)
        routes = [
            self._post("/generate", self._making(GENERATE)),
            self._post("/generate/product", product),
            self._post("/product", product),
            self._post("/generate/logo", logo),
            self._post("/logo", logo),
            self._post("/prompt/enhance", self._enhance),
            self._post("/prompt/build", self._build),
            Route(f"{PREFIX}/models", self._models, methods=["GET"]),
            Route(f"{PREFIX}/usage", self._usage, methods=["GET"]),
            Route(f"{PREFIX}/health", self._health, methods=["GET"]),
        ]
        return Surface(name=NAME, prefixes=(PREFIX,), routes=routes, render=render)

    def _post(self, path: str, call: Call) -> Route:
        async def serve(request: Request) -> Response:
            async with self._gate.visit(request, surface=NAME) as visit:
                fields = await json_object(request, limit=self._max_body_bytes)

                async def act() -> Response:
                    return reply.success(await call(visit, fields), visit.request_id)

                async with while_connected(request):
                    return await visit.once(fields, act)

        return Route(PREFIX + path, serve, methods=["POST"])

    def _making(self, preset: Preset) -> Call:
        async def call(visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
            visit.about(preset.operation, fields)
            plan = _plan(visit)
            items = wire.read_items(fields, most=plan.batch_size)
            if items is None:
                wanted = self._pictures.wanted(wire.read_picture(fields), preset, plan)
                order = await self._admitted(visit, plan)
                return await self._pictures.one(order, wanted)
            read = [self._read(item, preset, plan) for item in items]
            return await self._pictures.batch(await self._admitted(visit, plan), read)

        return call

    def _read(self, item: object, preset: Preset, plan: Plan) -> Wanted | ImgenError:
        """An item that will not do fails alone, in its place."""
        try:
            return self._pictures.wanted(wire.read_picture(item), preset, plan)
        except ImgenError as error:
            return error

    async def _admitted(self, visit: Visit, plan: Plan) -> Order:
        await visit.admit()
        return self._pictures.order(visit.caller, plan, visit.request_id)

    async def _enhance(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        visit.about("prompt/enhance", fields)
        tools, body = self._tools, read_fields(wire.Enhance, fields)
        prompt = translate.read_prompt(body.prompt, tools.catalog)
        await visit.admit()
        await self._pictures.refuse_words(visit.caller, body.prompt)
        better = await tools.enhancer.enhance(prompt, tone=body.tone, seed=secrets.randbits(32))
        return {"prompt": translate.shown_prompt(better, tools.catalog)}

    async def _build(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        visit.about("prompt/build", fields)
        catalog, body = self._tools.catalog, read_fields(wire.Build, fields)
        parts = {
            name: translate.plain_ats(text, catalog) for name, text in body.model_dump().items()
        }
        prompt = build(Parts(**parts))
        await visit.admit()
        await self._pictures.refuse_words(visit.caller, format_prompt(prompt))
        return {"prompt": translate.shown_prompt(prompt, catalog)}

    async def _models(self, request: Request) -> Response:
        """Public, as the document says."""
        data = reply.models(self._tools.catalog, self._tools.choose)
        return reply.success(data, _request_id(request))

    async def _usage(self, request: Request) -> Response:
        async with self._gate.visit(request, surface=NAME) as visit:
            usage = await self._tools.usage(visit.caller.account_id)
            return reply.success(reply.usage(usage), visit.request_id)

    async def _health(self, request: Request) -> Response:
        """Public. 503 when nothing can be served, so that a load balancer understands it too."""
        report = await self._tools.health()
        data = {
            "status": report.status,
            "components": {one.name: asdict(one) for one in report.components},
        }
        body = {
            "success": report.up,
            "status": report.status,
            "data": data,
            "request_id": _request_id(request),
        }
        return JsonResponse(
            body, status_code=200 if report.up else 503, headers={"cache-control": "no-store"}
        )


def _plan(visit: Visit) -> Plan:
    if visit.caller.plan is None:
        raise Forbidden("The account has no plan", code="no_plan")
    return visit.caller.plan


def _request_id(request: Request) -> str:
    return str(request.scope["state"]["request_id"])
