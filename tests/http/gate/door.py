"""A surface of tests, over a real gate and the real root."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.authenticate import Authenticate
from imgen.database.pool import Database
from imgen.errors import Conflict, Invalid, NotFound, Upstream
from imgen.http.gate import Gate, Visit
from imgen.http.root import make_app
from imgen.http.surface import JsonResponse, Surface
from imgen.surfaces.imgen_v2.errors import render
from tests.accounts.usage.counting import insert_job

_ERRORS = {
    "invalid": Invalid("That is wrong", code="wrong"),
    "missing": NotFound("Nothing like it"),
    "upstream": Upstream("The fleet is down"),
    "gone": Conflict("The client hung up", code="client_gone"),
    "bug": RuntimeError("a secret detail"),
    "nul": Invalid("There is no a\0b"),
}


class Door:
    """A surface whose client says what is to happen: `?do=admit,invalid`."""

    def __init__(self, database: Database, *, lease_seconds: float = 10.0) -> None:
        self.database = database
        self.gate = Gate(
            authenticate=Authenticate(database), database=database, lease_seconds=lease_seconds
        )
        self.entered, self.leave = asyncio.Event(), asyncio.Event()
        self.work = 0

    def app(self) -> Any:
        routes = [
            Route("/door", self._serve, methods=["POST"]),
            Route("/door/{name}", self._serve, methods=["POST"]),
        ]
        door = Surface(name="door", prefixes=("/door",), routes=routes, render=render)
        return make_app([door], [], max_header_bytes=10_000, log_lost=self.gate.log_lost)

    def client(self, key: str, app: Any = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app or self.app()),
            base_url="http://imgen.test",
            headers={"Authorization": f"Bearer {key}"},
        )

    async def _serve(self, request: Request) -> Response:
        async with self.gate.visit(request, surface="imgen-v2") as visit:
            if about := request.query_params.get("about"):
                visit.about(about, {"prompt": "a boat", "api_key": "secret"})
            body = await request.body()
            return await visit.once(body, lambda: self._act(request, visit))

    async def _act(self, request: Request, visit: Visit) -> Response:
        for step in filter(None, request.query_params.get("do", "").split(",")):
            if step == "admit":
                await visit.admit("generate", {"prompt": "a calm lake"})
            elif step == "job":
                async with self.database.connection() as connection:
                    await insert_job(connection, visit.caller.account_id, visit.request_id)
            elif step == "wait":
                self.entered.set()
                await self.leave.wait()
            elif step == "hang_up":
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            elif step == "refuse":
                return JsonResponse({"error": "no"}, status_code=400)
            else:
                raise _ERRORS[step]
        self.work += 1
        return JsonResponse(
            {"work": self.work, "id": visit.request_id, "begun_by": visit.begun_by},
            headers={"x-made": "here"},
        )
