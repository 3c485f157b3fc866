"""One picture: what comes back, in which form, and what becomes of a bad end."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.types import Message

from imgen.generation.outcome import Blocked, Cancelled, Failed, Outcome, TimedOut
from imgen.generation.wait import Deliver, Delivered
from imgen.wiring.core import Core
from imgen.wiring.http import open_http
from tests.surfaces.imageapi_v1.conftest import Post, client_of, data_of

pytestmark = pytest.mark.usefixtures("worker")


def _picture(data_url: str) -> Image.Image:
    head, _, text = data_url.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


async def _send(
    v1: httpx.AsyncClient, core: Core, plan: str, body: dict[str, Any], name: str = "someone"
) -> dict[str, Any]:
    key = await core.administer.create_key(name, plan=plan)
    reply = await v1.post("/api/v1/generate", json=body, headers={"Authorization": f"Bearer {key}"})
    return data_of(reply)


async def test_without_storage_the_picture_itself_comes_back(
    v1: httpx.AsyncClient, core: Core
) -> None:
    data = await _send(v1, core, "free", {"prompt": "a lake", "model": "sketch", "seed": 5})
    assert _picture(data["image"]).size == (512, 512)
    assert data["seed"] == 5
    assert data["model"] == "sketch"
    assert data["ignored"] == []
    assert data["storage"] == {
        "enabled": False,
        "stored": False,
        "plan": "No cloud storage",
        "reason": "The plan Free has no storage",
    }


async def test_with_storage_a_link_to_the_same_picture_comes_back(
    v1: httpx.AsyncClient, core: Core
) -> None:
    body = {"prompt": "a lake", "model": "sketch", "seed": 5, "width": 256, "height": 300}
    data = await _send(v1, core, "pro", body)
    assert data["storage"] == {"enabled": True, "stored": True, "plan": "10 GB cloud storage"}
    assert data["image"].startswith("http://imgen.test/files/")
    file = await v1.get(data["image"])
    assert file.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(file.content)).size == (256, 300)


async def test_whoever_switched_storage_off_gets_the_picture_itself(
    v1: httpx.AsyncClient, core: Core
) -> None:
    key = await core.administer.create_key("careful", plan="pro")
    async with core.database.connection() as connection:
        await connection.execute("UPDATE accounts SET storage_preferred = false")
    reply = await v1.post(
        "/api/v1/generate",
        json={"prompt": "a lake", "model": "instant", "width": 1024, "height": 1024},
        headers={"Authorization": f"Bearer {key}"},
    )
    data = data_of(reply)
    assert data["image"].startswith("data:image/png;base64,")
    assert data["storage"]["stored"] is False
    assert "preferences" in data["storage"]["reason"]


async def test_a_full_storage_is_said_and_no_picture_is_lost(
    v1: httpx.AsyncClient, core: Core
) -> None:
    async with core.database.connection() as connection:
        await connection.execute("UPDATE plans SET storage_bytes = 1 WHERE slug = 'pro'")
    try:
        body = {"prompt": "a lake", "model": "instant", "width": 1024, "height": 1024}
        data = await _send(v1, core, "pro", body)
    finally:
        async with core.database.connection() as connection:
            await connection.execute(
                "UPDATE plans SET storage_bytes = 10737418240 WHERE slug = 'pro'"
            )
    assert data["image"].startswith("data:image/png;base64,")
    assert data["storage"]["reason"] == "The 1 bytes cloud storage is full"


@pytest.mark.parametrize("side", [256, 257, 511, 1024])
async def test_any_size_between_the_limits_is_delivered_exactly(post: Post, side: int) -> None:
    body = {"prompt": "a fox", "model": "sketch", "width": side, "height": 300, "seed": 1}
    link = data_of(await post("/generate", body))["image"]
    assert link.startswith("http://imgen.test/files/")


async def test_the_same_seed_gives_the_same_picture(v1: httpx.AsyncClient, core: Core) -> None:
    body = {"prompt": "a fox", "model": "sketch", "width": 256, "height": 256}
    first = await _send(v1, core, "free", body)
    again = await _send(v1, core, "free", {**body, "seed": first["seed"]})
    other = await _send(v1, core, "free", {**body, "seed": first["seed"] + 1})
    assert _apart(first, again) < 3  # the invisible mark of each picture is its own
    assert _apart(first, other) > 6


def _apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Mean difference of two pictures, in levels of 256."""
    first, second = (
        np.asarray(_picture(data["image"]).convert("RGB")).astype(float) for data in (one, other)
    )
    return float(np.abs(first - second).mean())


async def test_the_largest_seed_is_taken_and_given_back(post: Post) -> None:
    body = {"prompt": "a", "model": "instant", "seed": 2**63 - 1, "width": 1024, "height": 1024}
    assert data_of(await post("/generate", body))["seed"] == 2**63 - 1


async def test_without_a_model_the_first_that_can_run_answers_under_its_own_name(
    post: Post,
) -> None:
    body = {"prompt": "a fox", "width": 256, "height": 256}
    assert data_of(await post("/generate", body))["model"] == "sketch"


async def test_a_stand_in_is_said(core: Core, key: str) -> None:
    async with client_of(core, stand_ins=True) as v1:
        reply = await v1.post(
            "/api/v1/generate",
            json={"prompt": "a fox", "model": "flux-2-dev", "width": 256, "height": 256},
            headers={"Authorization": f"Bearer {key}"},
        )
        listed = data_of(await v1.get("/api/v1/models"))["models"]
    data = data_of(reply)
    assert (data["model"], data["stand_in"]) == ("flux-2-dev", "sketch")
    flux = next(model for model in listed if model["slug"] == "flux-2-dev")
    assert (flux["available"], flux["stand_in"]) == (True, "sketch")


async def test_what_had_no_effect_is_listed(post: Post) -> None:
    body = {"prompt": "a fox", "model": "sketch", "transparent": True, "width": 256, "height": 256}
    assert data_of(await post("/generate", body))["ignored"] == ["transparent"]


@pytest.mark.parametrize(
    ("path", "changes", "ignored"),
    [
        ("/generate", {}, []),
        ("/generate/logo", {}, []),
        ("/generate", {"negative_prompt": "hat"}, ["negative_prompt"]),
        ("/generate", {"negative_prompt": ""}, []),
        ("/generate", {"prompt": "a fox, -hat"}, ["negative_prompt"]),
    ],
)
async def test_negatives_that_a_model_cannot_take_are_listed_where_the_client_sent_some(
    post: Post, path: str, changes: dict[str, Any], ignored: list[str]
) -> None:
    body = {"prompt": "a fox", "model": "plain", "width": 1024, "height": 1024, **changes}
    assert data_of(await post(path, body))["ignored"] == ignored


async def test_a_generation_that_fails_is_a_500_with_the_request_id(post: Post) -> None:
    reply = await post("/generate", {"prompt": "impossible", "model": "instant"})
    assert reply.status_code == 500
    assert reply.json() == {
        "success": False,
        "error": "Image generation failed: This cannot be drawn",
        "request_id": reply.headers["x-request-id"],
    }


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        (Blocked("It shows a brand", ("brands",)), 400, "blocked: It shows a brand"),
        (Failed("The fleet is busy"), 500, "failed: The fleet is busy"),
        (Cancelled(), 500, "cancelled"),
        (TimedOut(), 500, "more than 120 seconds"),
    ],
)
async def test_an_end_without_a_picture_says_what_happened(
    post: Post, monkeypatch: pytest.MonkeyPatch, end: Outcome, status: int, said: str
) -> None:
    async def deliver(*_arguments: Any, **_options: Any) -> Delivered:
        return Delivered("run_x", "x", end)

    monkeypatch.setattr(Deliver, "__call__", deliver)
    reply = await post("/generate", {"prompt": "a", "model": "instant"})
    assert reply.status_code == status
    assert said in reply.json()["error"]


async def _jobs(core: Core) -> list[tuple[str, bool]]:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT state::text, counted FROM jobs ORDER BY id")
        return await cursor.fetchall()


async def test_when_the_deadline_passes_the_job_is_cancelled_and_not_counted(
    core: Core, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with client_of(core, wait_seconds=0.05) as v1:
        reply = await v1.post(
            "/api/v1/generate", json={"prompt": "sleep 30", "model": "instant"}, headers=headers
        )
        usage = data_of(await v1.get("/api/v1/usage", headers=headers))["usage"]
    assert reply.status_code == 500
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert usage["this_month"] == {"requestCount": 1, "imageCount": 0}
    assert [state for state, _ in await _jobs(core)] == ["cancelled"]


async def test_a_client_that_hangs_up_cancels_its_job(
    core: Core, key: str, until: Callable[..., Awaitable[None]]
) -> None:
    hung_up, sent = asyncio.Event(), asyncio.Event()
    body = b'{"prompt": "sleep 30", "model": "instant"}'

    async def receive() -> Message:
        if not sent.is_set():
            sent.set()
            return {"type": "http.request", "body": body, "more_body": False}
        await hung_up.wait()
        return {"type": "http.disconnect"}

    replies: list[Message] = []

    async def send(message: Message) -> None:
        replies.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/generate",
        "raw_path": b"/api/v1/generate",
        "query_string": b"",
        "scheme": "http",
        "server": ("imgen.test", 80),
        "headers": [
            (b"authorization", f"Bearer {key}".encode()),
            (b"content-type", b"application/json"),
        ],
    }
    async with open_http(core, public_url="http://imgen.test") as app:
        serving = asyncio.ensure_future(app(scope, receive, send))
        await until(lambda: _states(core), ["running"])
        hung_up.set()
        await serving
    assert await _states(core) == ["cancelled"]


async def _states(core: Core) -> list[str]:
    return [state for state, _ in await _jobs(core)]


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Until something is so; a test's own time limit ends it otherwise."""

    async def wait(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
        async with asyncio.timeout(60):
            while await ask() != wanted:
                await asyncio.sleep(0.01)

    return wait
