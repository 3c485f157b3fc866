from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from imgen.accounts.credits import CreditBook
from imgen.settings import Settings
from imgen.surfaces.imagine.wishes import OPERATIONS, Operation
from imgen.wiring.core import Core
from tests.surfaces.imagine.conftest import Calls

GENERATIONS, REMOVER, FILL = (
    "/v2/image/generations",
    "/v2/image/background/remover",
    "/v2/image/edits/generative-fill",
)
PICTURE = np.full((80, 96, 3), 120, np.uint8)
MASK = np.full((80, 96), 255, np.uint8)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With an engine that does everything at once."""
    paths = (*settings.catalog.paths, Path(__file__).with_name("quick.toml"))
    catalog = settings.catalog.model_copy(update={"paths": paths})
    return settings.model_copy(update={"catalog": catalog})


def needs(operation: Operation) -> dict[str, Any]:
    """A form that an operation takes."""
    fields: dict[str, Any] = {
        name: {"prompt": "a lake", "style_id": 29}[name]
        for name, field in operation.form.model_fields.items()
        if field.is_required()
    }
    return fields | {name: {"image": PICTURE, "mask": MASK}[name] for name in operation.files}


async def balance(core: Core, name: str = "tester") -> int:
    book = CreditBook(core.database)
    return (await book.balance(await book.account_named(name))).available


async def test_every_endpoint_answers_with_facts_and_with_bytes(calls: Calls) -> None:
    for operation in OPERATIONS:
        reply = await calls(operation.path, seed=7, **needs(operation))
        assert reply.status_code == 200, (operation.path, reply.text)
        facts = reply.json()
        assert facts["status"] == "success"
        assert facts["id"].startswith("run_")
        assert facts["seed"] == 7
        assert facts["model"] == "instant"
        assert facts["ignored"] == []
        file = await calls.client.get(facts["url"])
        assert file.headers["content-type"] == f"image/{facts['format']}"
        reply = await calls(operation.path, accept="image/*", seed=7, **needs(operation))
        assert reply.headers["content-type"] == f"image/{facts['format']}"
        assert reply.headers["x-image-seed"] == "7"
        assert reply.headers["x-image-model"] == "instant"
        assert reply.headers["x-image-width"] == str(facts["width"])
        assert reply.headers["x-credits-cost"] == str(facts["credits"]["cost"])
        linked = await calls.client.get(reply.headers["x-image-url"])
        assert linked.content == reply.content


async def test_each_picture_costs_its_price_once(calls: Calls, core: Core) -> None:
    before = await balance(core)
    for path, price, parts in (
        (GENERATIONS, 1, {"prompt": "a lake"}),
        (GENERATIONS, 5, {"prompt": "a lake", "style": "anime"}),
        (FILL, 2, {"prompt": "a lake", "image": PICTURE, "mask": MASK}),
        ("/v2/image/enhance", 3, {"image": PICTURE}),
        (REMOVER, 4, {"image": PICTURE}),
    ):
        reply = await calls(path, **parts)
        before -= price
        assert reply.json()["credits"] == {"cost": price, "remaining": before}
        assert reply.headers["x-credits-cost"] == str(price)
        assert reply.headers["x-credits-remaining"] == str(before)
    assert await balance(core) == before
    assert await CreditBook(core.database).check() == []


async def test_what_fails_costs_nothing(calls: Calls, core: Core) -> None:
    before = await balance(core)
    status, body = await calls.refused(GENERATIONS, prompt="an impossible lake")
    assert (status, body["code"]) == (503, 1200)
    assert await balance(core) == before
    assert await CreditBook(core.database).check() == []


async def test_without_credits_it_is_402_with_what_it_would_have_cost(
    client: httpx.AsyncClient, core: Core, worker: None
) -> None:
    poor = Calls(client, await core.administer.create_key("poor", plan="free"))
    book = CreditBook(core.database)
    dear = {"prompt": "a lake", "style": "dear"}
    assert [(await poor(GENERATIONS, **dear)).status_code for _ in range(2)] == [200, 200]
    reply = await poor(GENERATIONS, **dear)
    assert reply.status_code == 402
    assert reply.json()["code"] == 1101
    assert reply.json()["credits"] == {"cost": 20, "remaining": 10}
    assert "20 credits" in reply.json()["message"]
    assert reply.headers["x-credits-cost"] == "20"
    assert reply.headers["x-credits-remaining"] == "10"
    assert await book.check() == []


async def test_credits_can_be_asked_for(calls: Calls) -> None:
    reply = await calls.client.get("/v2/credits", headers=calls.headers)
    told = reply.json()["credits"]
    assert told["remaining"] == told["monthly"] + told["lasting"]
    assert told["month_ends"].endswith("Z")
    assert (await calls.client.get("/v2/credits")).json()["code"] == 1000


async def test_styles_are_listed_for_everyone(calls: Calls) -> None:
    styles = (await calls.client.get("/v2/image/styles")).json()["styles"]
    by_name = {style["style"]: style for style in styles}
    assert by_name["imagine-turbo"] == {
        "style": "imagine-turbo",
        "style_id": None,
        "label": "Imagine Turbo",
        "model": None,
        "price": 1,
        "available": True,
        "reason": None,
    }
    assert by_name["flux-dev"]["available"] is False
    assert by_name["flux-dev"]["reason"]
    numbers = {style["style_id"] for style in styles} - {None}
    assert {*range(26, 35), 21, *range(100, 106), *range(110, 120), 122} <= numbers


async def test_a_call_sent_twice_with_one_key_is_done_and_paid_once(
    calls: Calls, core: Core
) -> None:
    calls.headers["Idempotency-Key"] = "the-first"
    first = await calls(REMOVER, image=PICTURE)
    paid = await balance(core)
    again = await calls(REMOVER, image=PICTURE)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    bytes_of_it = await calls(REMOVER, accept="image/*", image=PICTURE)
    assert bytes_of_it.headers["x-image-id"] == first.json()["id"]
    assert bytes_of_it.headers["idempotent-replayed"] == "true"
    assert await balance(core) == paid
    status, body = await calls.refused(REMOVER, image=PICTURE + np.uint8(1))
    assert (status, body["code"]) == (422, 1100)


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    (GENERATIONS, {}, 400, "prompt"),
    (GENERATIONS, {"prompt": "a lake", "style": "cubism"}, 400, "style"),
    (GENERATIONS, {"prompt": "a lake", "style": "flux-dev"}, 400, "style"),
    (GENERATIONS, {"prompt": "a lake", "aspect_ratio": "7:1"}, 400, "aspect_ratio"),
    (GENERATIONS, {"prompt": "@nobody by a lake"}, 400, "prompt"),
    (REMOVER, {}, 400, "image"),
    (REMOVER, {"image": b""}, 400, "image"),
    (REMOVER, {"image": b"GIF89a" + bytes(40)}, 400, "image"),
    (REMOVER, {"image": "https://example.com/cat.png"}, 400, "image"),
    (FILL, {"prompt": "a lake", "image": PICTURE}, 400, "mask"),
    (FILL, {"prompt": "a lake", "image": PICTURE, "mask": MASK * 0}, 400, "mask"),
    (FILL, {"image": PICTURE, "mask": MASK}, 400, "prompt"),
    ("/v2/image/enhance", {"image": np.zeros((64, 4000, 3), np.uint8)}, 400, "image"),
    (REMOVER, {"image": np.zeros((64, 5000, 3), np.uint8)}, 413, "image"),
    ("/v2/image/edits/ai-resize", {"image": PICTURE[:, :80]}, 400, "aspect_ratio"),
    ("/v1/imagine/api/generations", {"prompt": "a lake", "style_id": 2}, 400, "style_id"),
    ("/v1/imagine/api/edits/remix", {"prompt": "a lake", "image": PICTURE}, 400, "style_id"),
]


async def test_what_is_wrong_is_named_and_costs_nothing(calls: Calls, core: Core) -> None:
    before = await balance(core)
    for path, parts, status, field in REFUSED:
        got, body = await calls.refused(path, **parts)
        assert (got, body["code"], body.get("field")) == (status, 1100, field), (path, body)
        assert field in body["message"] or field == "prompt"
    assert await balance(core) == before
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM jobs")
        assert await cursor.fetchone() == (0,)


async def test_a_picture_that_is_wanted_as_jpeg_cannot_be_transparent(calls: Calls) -> None:
    reply = await calls(REMOVER, accept="image/jpeg", image=PICTURE)
    assert (reply.status_code, reply.json()["field"]) == (400, "Accept")


async def test_errors_of_http_have_the_familys_shape(calls: Calls) -> None:
    client, headers = calls.client, calls.headers
    for reply, status in (
        (await client.get(GENERATIONS, headers=headers), 405),
        (await client.post("/v2/image/nothing", headers=headers), 404),
        (await client.post("/v1/imagine/nothing", headers=headers), 404),
        (await client.post(GENERATIONS, headers=headers, json={"prompt": "a lake"}), 415),
        (await client.post(GENERATIONS, headers=headers, content=b"x"), 415),
    ):
        assert (reply.status_code, reply.json()["code"]) == (status, 1100)
        assert reply.json()["status"] == "error"


async def test_keys_are_asked_for_with_the_familys_codes(
    client: httpx.AsyncClient, core: Core
) -> None:
    refused: list[tuple[dict[str, str], int, int]] = [
        ({}, 1000, 400),
        ({"Authorization": "Basic abc"}, 1000, 400),
        ({"Authorization": "Bearer nothing"}, 1001, 401),
    ]
    expired = await core.administer.create_key("late")
    async with core.database.connection() as connection:
        await connection.execute("UPDATE api_keys SET expires_at = now() - interval '1 day'")
    refused.append(({"Authorization": f"Bearer {expired}"}, 1002, 406))
    narrow = await core.administer.create_key("narrow", scopes=["cache-api"])
    refused.append(({"Authorization": f"Bearer {narrow}"}, 1005, 401))
    suspended = await core.administer.create_key("gone")
    await core.administer.suspend("gone")
    refused.append(({"Authorization": f"Bearer {suspended}"}, 1007, 401))
    for headers, code, status in refused:
        reply = await client.post(GENERATIONS, headers=headers, files={"prompt": (None, "a lake")})
        assert (reply.json()["code"], reply.status_code) == (code, status)


async def test_a_client_that_hangs_up_is_not_charged(
    calls: Calls, core: Core, client: httpx.AsyncClient
) -> None:
    before = await balance(core)
    request = client.build_request(
        "POST", GENERATIONS, headers=calls.headers, files={"prompt": (None, "a lake, sleep 30")}
    )
    gone = asyncio.Event()
    serving = asyncio.create_task(_serve(client, request, gone))
    while await _states(core) != ["running"]:
        await asyncio.sleep(0.02)
    assert await balance(core) == before - 1
    gone.set()
    await serving
    assert await _states(core) == ["cancelled"]
    assert await balance(core) == before


async def _serve(client: httpx.AsyncClient, request: httpx.Request, gone: asyncio.Event) -> None:
    """One request, as a server hands it to the app; the client hangs up on `gone`."""
    waiting = [{"type": "http.request", "body": request.read()}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        pass

    scope = {
        "type": "http",
        "method": request.method,
        "path": request.url.path,
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("imgen.test", 80),
        "scheme": "http",
    }
    await client._transport.app(scope, receive, send)  # type: ignore[attr-defined]


async def _states(core: Core) -> list[str]:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT state FROM jobs")
        return [state for (state,) in await cursor.fetchall()]


async def test_other_accounts_see_nothing_of_a_picture(
    calls: Calls, core: Core, client: httpx.AsyncClient
) -> None:
    calls.headers["Idempotency-Key"] = "mine"
    mine = await calls(GENERATIONS, prompt="a lake", seed=1)
    other = Calls(client, await core.administer.create_key("other"))
    other.headers["Idempotency-Key"] = "mine"
    theirs = await other(GENERATIONS, prompt="a lake", seed=1)
    assert theirs.json()["id"] != mine.json()["id"]
    assert "idempotent-replayed" not in theirs.headers
