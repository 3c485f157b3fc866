"""Browsers let pages of other sites read the public API, as configured, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from imgen.errors import Invalid
from imgen.http.cors import Cors, as_origin

_SHOP = "https://shop.example"
_PREFLIGHT = {
    "Origin": _SHOP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


async def _serve(_request: Request) -> Response:
    return PlainTextResponse("served", headers={"Vary": "Accept"})


def _client(*, strict: bool = False, origins: Iterable[str] = ()) -> httpx.AsyncClient:
    inside = Starlette(routes=[Route("/{path:path}", _serve, methods=["GET", "POST"])])
    app = Cors(inside, strict=strict, origins=origins)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://imgen.test")


async def test_any_site_may_call_an_open_api() -> None:
    async with _client() as client:
        asked = await client.options("/api/v1/generate", headers=_PREFLIGHT)
        reply = await client.post("/api/v1/generate", headers={"Origin": _SHOP})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "POST" in asked.headers["access-control-allow-methods"].split(", ")
    allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)
    assert reply.text == "served"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "x-request-id" in reply.headers["access-control-expose-headers"].lower()


async def test_credentials_are_never_let_through() -> None:
    async with _client() as client:
        asked = await client.options("/api/v1/generate", headers=_PREFLIGHT)
    assert "access-control-allow-credentials" not in asked.headers


@pytest.mark.parametrize(
    "path", ["/api/v2", "//api/search", "/files/a.png", "/v1/imagine/api/x", "/v2/image/x"]
)
async def test_every_public_surface_is_open(path: str) -> None:
    async with _client() as client:
        reply = await client.get(f"http://imgen.test{path}", headers={"Origin": _SHOP})
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/account/me", "/apiary", "/admin", "/healthz"])
async def test_the_dashboard_is_never_open(path: str) -> None:
    async with _client() as client:
        asked = await client.options(path, headers=_PREFLIGHT)
        reply = await client.get(path, headers={"Origin": _SHOP})
    assert "access-control-allow-origin" not in {**asked.headers, **reply.headers}


async def test_a_strict_api_lets_in_who_is_listed() -> None:
    async with _client(strict=True, origins=["HTTPS://Shop.Example:443/"]) as client:
        asked = await client.options("/api/v1/generate", headers=_PREFLIGHT)
        reply = await client.get("/api/v1/models", headers={"Origin": _SHOP})
    assert asked.headers["access-control-allow-origin"] == _SHOP
    assert reply.headers["access-control-allow-origin"] == _SHOP
    assert reply.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"],
)
async def test_a_strict_api_keeps_the_others_out(origin: str) -> None:
    async with _client(strict=True, origins=[_SHOP]) as client:
        asked = await client.options("/api/v1/generate", headers={**_PREFLIGHT, "Origin": origin})
        reply = await client.get("/api/v1/models", headers={"Origin": origin})
    assert "access-control-allow-origin" not in {**asked.headers, **reply.headers}
    assert reply.headers["vary"] == "Accept, Origin"


async def test_a_strict_api_with_an_empty_list_lets_nobody_in() -> None:
    async with _client(strict=True) as client:
        asked = await client.options("/api/v1/generate", headers=_PREFLIGHT)
        nameless = await client.get("/api/v1/models")
    assert "access-control-allow-origin" not in {**asked.headers, **nameless.headers}


async def test_options_that_asks_for_no_permission_is_not_ours_to_answer() -> None:
    async with _client() as client:
        reply = await client.options("/api/v1/generate")
    assert reply.status_code == 405


@pytest.mark.parametrize(
    "text", ["", "*", "shop.example", "https://", "https://a/b", "https://u@a", "https://a:x"]
)
def test_what_is_no_origin_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="CORS_PUBLIC_API_ORIGINS"):
        as_origin(text)


@given(st.text())
def test_reading_an_origin_settles_after_once(text: str) -> None:
    try:
        origin = as_origin(text)
    except Invalid:
        return
    assert as_origin(origin) == origin
