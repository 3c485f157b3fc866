"""Models, usage and health: what a client may ask without making anything."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from imgen.accounts.plans.records import Plan
from imgen.http.health import Check, Health
from imgen.surfaces.imageapi_v1.translate import storage_words
from imgen.wiring.core import Core
from tests.surfaces.imageapi_v1.conftest import Post, data_of

_DOCUMENTED = {
    "flux-schnell": "FLUX.1 Schnell",
    "flux-2-klein-9b": "FLUX.2 Klein 9B",
    "flux-2-klein-4b": "FLUX.2 Klein 4B",
    "flux-2-dev": "FLUX.2 Dev",
    "lucid-origin": "Lucid Origin",
    "phoenix-1": "Phoenix 1.0",
    "stable-diffusion": "Stable Diffusion XL",
    "sdxl-lightning": "SDXL Lightning",
    "dreamshaper-8-lcm": "DreamShaper 8 LCM",
}


async def test_every_documented_model_is_listed_without_a_key(v1: httpx.AsyncClient) -> None:
    models = {model["slug"]: model for model in data_of(await v1.get("/api/v1/models"))["models"]}
    assert {slug: models[slug]["name"] for slug in _DOCUMENTED} == _DOCUMENTED
    assert all(models[slug]["description"] for slug in _DOCUMENTED)


async def test_a_model_that_cannot_run_says_why_and_the_others_do_not(
    v1: httpx.AsyncClient,
) -> None:
    for model in data_of(await v1.get("/api/v1/models"))["models"]:
        assert model["available"] == ("reason" not in model)
        assert "stand_in" not in model


@pytest.mark.usefixtures("worker")
async def test_usage_counts_what_was_admitted_and_delivered(
    v1: httpx.AsyncClient, core: Core
) -> None:
    key = await core.administer.create_key("small", plan="free")
    headers = {"Authorization": f"Bearer {key}"}
    large = {"model": "instant", "width": 1024, "height": 1024}
    for prompt in ("a lake", "impossible", ""):
        await v1.post("/api/v1/generate", json={"prompt": prompt, **large}, headers=headers)
    data = data_of(await v1.get("/api/v1/usage", headers=headers))
    assert data["usage"] == {
        "today": {"requestCount": 2, "imageCount": 1},
        "this_month": {"requestCount": 2, "imageCount": 1},
    }
    plan = data["plan"]
    assert (plan["name"], plan["slug"]) == ("Free", "free")
    assert (plan["requests_per_day"], plan["remaining_today"]) == (50, 48)
    assert (plan["requests_per_month"], plan["remaining_month"]) == (1500, 1498)


async def test_a_plan_without_limits_says_null(v1: httpx.AsyncClient, key: str) -> None:
    reply = await v1.get("/api/v1/usage", headers={"Authorization": f"Bearer {key}"})
    plan = data_of(reply)["plan"]
    assert plan["requests_per_day"] is None
    assert plan["remaining_today"] is None


@pytest.mark.parametrize(
    ("storage", "size", "words"),
    [
        (False, None, "No cloud storage"),
        (True, None, "Unlimited cloud storage"),
        (True, 10 * 2**30, "10 GB cloud storage"),
        (True, 3 * 2**39, "1.5 TB cloud storage"),
        (True, 500 * 2**20, "500 MB cloud storage"),
    ],
)
def test_a_plans_storage_is_worded_as_in_the_document(
    storage: bool, size: int | None, words: str
) -> None:
    plan = Plan("p", "P", None, None, None, None, None, 1, 1, 0, storage, size, (), 0)
    assert storage_words(plan) == words


@pytest.mark.usefixtures("worker")
async def test_a_working_deployment_is_healthy(v1: httpx.AsyncClient, core: Core) -> None:
    await _until_a_worker_registers(core)
    reply = await v1.get("/api/v1/health")
    assert reply.status_code == 200
    body = reply.json()
    assert body["status"] == body["data"]["status"] == "healthy"
    assert set(body["data"]["components"]) >= {"database", "storage", "workers"}
    for component in body["data"]["components"].values():
        assert component["status"] == "up"
        assert component["latency_ms"] >= 0


async def _until_a_worker_registers(core: Core) -> None:
    async with asyncio.timeout(60):
        while True:
            async with core.database.connection() as connection:
                cursor = await connection.execute("SELECT count(*) FROM procrastinate_workers")
                if (await cursor.fetchone() or (0,))[0]:
                    return


async def test_without_a_worker_it_is_degraded_and_says_so(v1: httpx.AsyncClient) -> None:
    reply = await v1.get("/api/v1/health")
    assert reply.status_code == 200
    assert reply.json()["status"] == "degraded"
    workers = reply.json()["data"]["components"]["workers"]
    assert workers["status"] == "down"
    assert "No worker" in workers["detail"]


async def test_without_its_database_it_is_a_503(core: Core, v1: httpx.AsyncClient) -> None:
    await core.database.pool.close()
    reply = await v1.get("/api/v1/health")
    assert reply.status_code == 503
    assert reply.json()["success"] is False
    assert reply.json()["status"] == "degraded"
    assert reply.json()["data"]["components"]["database"]["status"] == "down"


async def test_a_check_that_hangs_or_crashes_hides_no_other() -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return ""

    async def crash() -> str:
        raise RuntimeError("boom")

    async def work() -> str:
        return "fine"

    checks = [Check("hangs", hang), Check("crashes", crash), Check("works", work, vital=True)]
    report = await Health(checks, timeout_seconds=0.01)()
    assert [one.status for one in report.components] == ["down", "down", "up"]
    assert report.status == "degraded"
    assert report.up is True


async def test_many_who_ask_at_once_are_answered_by_one_look() -> None:
    looks = 0

    async def look() -> str:
        nonlocal looks
        looks += 1
        return ""

    health = Health([Check("part", look)], fresh_seconds=3600)
    reports = await asyncio.gather(*(health() for _ in range(50)))
    assert looks == 1
    assert len(set(map(id, reports))) == 1


@pytest.mark.usefixtures("worker")
async def test_a_call_that_is_repeated_with_its_key_is_done_once(post: Post, core: Core) -> None:
    body = {"prompt": "a", "model": "instant", "width": 1024, "height": 1024}
    first = await post("/generate", body, **{"Idempotency-Key": "one"})
    again = await post("/generate", body, **{"Idempotency-Key": "one"})
    other = await post("/generate", {**body, "prompt": "b"}, **{"Idempotency-Key": "one"})
    assert data_of(first) == again.json()["data"]
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["success"] is False
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM jobs")
        assert await cursor.fetchone() == (1,)


async def test_the_request_log_finds_a_refused_call_by_the_id_in_its_reply(
    post: Post, core: Core
) -> None:
    reply = await post("/generate", {"prompt": "a", "width": 1})
    async with core.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT operation, status, counted, parameters->>'prompt', error FROM requests"
            " WHERE id = %s",
            (reply.json()["request_id"],),
        )
        assert await cursor.fetchall() == [
            ("generate", 400, False, "a", "width must be at least 256")
        ]
