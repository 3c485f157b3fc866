"""A batch is one request of many pictures: each succeeds or fails alone, in its place."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from imgen.errors import Invalid
from imgen.generation.outcome import Failed
from imgen.generation.wait import Deliver, Delivered
from imgen.wiring.core import Core
from tests.surfaces.imageapi_v1.conftest import Post, client_of, data_of

_LARGE = {"model": "instant", "width": 1024, "height": 1024}


@pytest.mark.usefixtures("worker")
async def test_each_item_is_made_and_the_order_is_kept(post: Post) -> None:
    items = [{"prompt": f"a lake, sleep 0.{3 - n}", "seed": n, **_LARGE} for n in range(4)]
    results = data_of(await post("/generate", {"items": items}))["results"]
    assert [result["seed"] for result in results] == [0, 1, 2, 3]
    assert all(result["success"] for result in results)
    assert len({result["image"] for result in results}) == 4
    assert set(results[0]) == {"success", "image", "seed", "model", "storage", "ignored"}


@pytest.mark.usefixtures("worker")
async def test_what_is_wrong_with_one_item_is_its_own_affair(post: Post) -> None:
    items: list[Any] = [
        {"prompt": "a lake", **_LARGE},
        {"prompt": "a lake", "width": 5000},
        {"prompt": "impossible", **_LARGE},
        "a lake",
        {"prompt": "a lake", "model": "no-such-model"},
        {"prompt": "a lake", **_LARGE, "seed": 7},
    ]
    results = data_of(await post("/generate", {"items": items}))["results"]
    assert [result["success"] for result in results] == [True, False, False, False, False, True]
    errors = [result.get("error", "") for result in results]
    assert errors[1] == "width must be at most 1024"
    assert errors[2] == "Image generation failed: This cannot be drawn"
    assert errors[3] == "Each item must be an object with a prompt"
    assert "no-such-model" in errors[4]
    assert results[5]["seed"] == 7


@pytest.mark.usefixtures("worker")
async def test_fields_beside_the_items_are_defaults(post: Post) -> None:
    body = {
        "items": [{"prompt": "a"}, {"prompt": "b", "seed": 2}, {"prompt": "c", "seed": None}],
        "seed": 9,
        **_LARGE,
    }
    results = data_of(await post("/generate", body))["results"]
    assert [result["seed"] for result in results] == [9, 2, 9]
    assert {result["model"] for result in results} == {"instant"}


@pytest.mark.usefixtures("worker")
async def test_a_batch_is_one_request_and_each_delivered_item_one_image(
    v1: httpx.AsyncClient, post: Post, key: str
) -> None:
    items = [
        {"prompt": "a", **_LARGE},
        {"prompt": "impossible", **_LARGE},
        {"prompt": "b", **_LARGE},
    ]
    data_of(await post("/generate", {"items": items}))
    reply = await v1.get("/api/v1/usage", headers={"Authorization": f"Bearer {key}"})
    assert data_of(reply)["usage"]["today"] == {"requestCount": 1, "imageCount": 2}


@pytest.mark.usefixtures("worker")
async def test_the_item_that_the_image_quota_does_not_cover_fails_alone(
    core: Core, v1: httpx.AsyncClient
) -> None:
    async with core.database.connection() as connection:
        await connection.execute(
            "INSERT INTO plans (slug, name, images_per_month, batch_size)"
            " VALUES ('two', 'Two', 2, 5)"
        )
    key = await core.administer.create_key("two", plan="two")
    try:
        items = [{"prompt": "a", **_LARGE} for _ in range(3)]
        reply = await v1.post(
            "/api/v1/generate", json={"items": items}, headers={"Authorization": f"Bearer {key}"}
        )
        single = await v1.post(
            "/api/v1/generate",
            json={"prompt": "a", **_LARGE},
            headers={"Authorization": f"Bearer {key}"},
        )
    finally:
        async with core.database.connection() as connection:
            await connection.execute("UPDATE accounts SET plan = NULL WHERE plan = 'two'")
            await connection.execute("DELETE FROM plans WHERE slug = 'two'")
    results = data_of(reply)["results"]
    assert [result["success"] for result in results] == [True, True, False]
    assert results[2]["retry_after"] > 0
    assert single.status_code == 429
    assert single.json()["retry_after"] == int(single.headers["retry-after"])


async def test_a_batch_over_the_plans_size_is_refused(core: Core, v1: httpx.AsyncClient) -> None:
    key = await core.administer.create_key("small", plan="free")
    reply = await v1.post(
        "/api/v1/generate",
        json={"items": [{"prompt": "a"}] * 5},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert reply.status_code == 400
    assert reply.json()["error"] == "items holds 5 requests; your plan allows 4 at once"


async def test_no_more_items_are_under_way_than_the_plan_allows(
    core: Core, v1: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = 0, 0

    async def deliver(*_arguments: Any, **_options: Any) -> Delivered:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        return Delivered("run_x", "x", Failed("told"))

    monkeypatch.setattr(Deliver, "__call__", deliver)
    key = await core.administer.create_key("small", plan="free")
    items = [{"prompt": "a", "model": "instant"}] * 4
    data_of(
        await v1.post(
            "/api/v1/generate", json={"items": items}, headers={"Authorization": f"Bearer {key}"}
        )
    )
    assert most == 2


async def test_a_crash_in_one_item_leaves_the_others_alone(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Exception] = [RuntimeError("boom"), Invalid("No"), RuntimeError("again")]

    async def deliver(*_arguments: Any, **_options: Any) -> Delivered:
        raise errors.pop(0)

    monkeypatch.setattr(Deliver, "__call__", deliver)
    items = [{"prompt": "a", "model": "instant"}] * 3
    results = data_of(await post("/generate", {"items": items}))["results"]
    assert [result["error"] for result in results] == ["Internal error", "No", "Internal error"]


async def test_what_the_deadline_leaves_no_time_for_fails_alone(core: Core, key: str) -> None:
    """Without a worker nothing is ever done."""
    async with client_of(core, wait_seconds=0.1) as v1:
        items = [{"prompt": "a", "model": "instant"}] * 9
        reply = await v1.post(
            "/api/v1/generate", json={"items": items}, headers={"Authorization": f"Bearer {key}"}
        )
    results = data_of(reply)["results"]
    assert [result["success"] for result in results] == [False] * 9
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT DISTINCT state::text FROM jobs")
        assert await cursor.fetchall() == [("cancelled",)]
