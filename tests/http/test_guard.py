"""The outermost layer names requests, tidies paths and lets nothing out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from imgen.errors import Exhausted, Invalid
from imgen.http.root import make_app
from imgen.http.surface import JsonResponse, Surface, headers_of
from imgen.surfaces.imgen_v2.errors import render


class Ends:
    """What a visit is to the guard."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bool]] = []

    async def end(self, status: int, milliseconds: float) -> dict[str, str]:
        self.seen.append((status, milliseconds > 0))
        return {"ratelimit": '"day";r=3;t=9'}


def _client(answer: Callable[[Request], Awaitable[Response]]) -> httpx.AsyncClient:
    async def serve(request: Request) -> Response:
        return await answer(request)

    surface = Surface(
        name="door", prefixes=("/door",), routes=[Route("/door", serve)], render=render
    )
    app = make_app([surface], [], max_header_bytes=500)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://imgen.test")


async def _ok(_request: Request) -> Response:
    return JsonResponse({"ok": True})


async def test_every_reply_names_its_request() -> None:
    async with _client(_ok) as client:
        names = [
            (await client.get(path)).headers["x-request-id"] for path in ("/door", "/door", "/no")
        ]
    assert len(set(names)) == 3
    assert all(name.startswith("req_") for name in names)


async def test_double_slashes_are_one() -> None:
    async with _client(_ok) as client:
        assert (await client.get("http://imgen.test//door")).status_code == 200


async def test_swollen_headers_are_refused() -> None:
    async with _client(_ok) as client:
        reply = await client.get("/door", headers={"x-long": "x" * 500})
    assert reply.status_code == 431
    assert "500 bytes" in reply.json()["error"]


@pytest.mark.parametrize("error", [None, Invalid("No"), RuntimeError("no")])
async def test_the_visit_ends_once_with_the_status_before_the_reply_goes(
    error: Exception | None,
) -> None:
    visit = Ends()

    async def serve(request: Request) -> Response:
        request.scope["state"]["visit"] = visit
        if error is not None:
            raise error
        return await _ok(request)

    async with _client(serve) as client:
        reply = await client.get("/door")
    assert visit.seen == [(reply.status_code, True)]
    assert reply.headers["ratelimit"] == '"day";r=3;t=9'


async def test_a_stream_ends_its_visit_when_it_begins() -> None:
    visit, seen_by_stream = Ends(), []

    async def body() -> AsyncIterator[bytes]:
        seen_by_stream.extend(visit.seen)
        yield b"a"
        yield b"b"

    async def serve(request: Request) -> Response:
        request.scope["state"]["visit"] = visit
        return StreamingResponse(body())

    async with _client(serve) as client:
        assert (await client.get("/door")).content == b"ab"
    assert seen_by_stream == [(200, True)]
    assert visit.seen == [(200, True)]


@pytest.mark.parametrize(
    ("seconds", "header"), [(0.0, "1"), (0.2, "1"), (29.4, "30"), (30.0, "30")]
)
def test_retry_after_is_never_too_early(seconds: float, header: str) -> None:
    assert headers_of(Exhausted("Later", retry_after=seconds)) == {"retry-after": header}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Exhausted("Out of credits", code="no_credits"), 402),
        (Invalid("Another payload", code="idempotency_mismatch"), 422),
        (Exhausted("Later"), 429),
    ],
)
def test_some_codes_mean_the_same_at_every_door(error: Exhausted | Invalid, status: int) -> None:
    assert render(error).status_code == status
