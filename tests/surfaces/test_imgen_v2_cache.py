"""Imgen v2's cache lookup: repeats are served, look-alikes that mean something else are not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.wiring.core import Core
from imgen.wiring.provenance import load_provenance

Call = Callable[..., Awaitable[httpx.Response]]
pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def call(client: httpx.AsyncClient, key: str) -> Call:
    async def post(**body: Any) -> httpx.Response:
        return await client.post("/api/v2", json=body, headers={"Authorization": f"Bearer {key}"})

    return post


async def _generate(call: Call, prompt: str, **fields: Any) -> dict[str, Any]:
    body = {"action": "generate", "prompt": prompt, "model": "instant", **fields}
    reply = await call(**body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def _done(call: Call, job: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            reply = (await call(action="status", id=job["id"])).json()
            if reply["status"] not in ("IN_QUEUE", "IN_PROGRESS"):
                return dict(reply)
            await asyncio.sleep(0.02)


async def _stored(call: Call, core: Core, prompt: str, **fields: Any) -> dict[str, Any]:
    job = await _generate(call, prompt, **fields)
    reply = await _done(call, job)
    await core.remember()
    return reply


async def _hit(call: Call, prompt: str, **fields: Any) -> bool:
    return bool((await _generate(call, prompt, use_cache=True, **fields)).get("cache"))


async def test_a_repeat_is_served_at_once_as_it_was_stored(call: Call, core: Core) -> None:
    first = (await _stored(call, core, "a castle by a lake, -fog"))["meta"]
    job = await _generate(call, "A castle by a lake, -fog", use_cache=True)
    assert job["cache"] is True
    assert job["id"].startswith("cache_")
    assert job["gen_id"] == first["gen_id"]
    reply = (await call(action="status", id=job["id"])).json()
    assert (reply["status"], reply["cache"]) == ("COMPLETED", True)
    meta = reply["meta"]
    assert meta["id"] == job["id"]
    assert meta["compliance"] == "safe"
    assert meta["prompt"] == "A castle by a lake, -fog"
    assert [image["filename"] for image in meta["images"]] == ["", ""]
    for name in ("gen_id", "fingerprint", "width", "height", "pdq"):
        assert meta[name] == first[name]


@pytest.mark.parametrize(
    ("stored", "asked", "served"),
    [
        ("a man with a hat in a park", "a man with a hat, in the park", True),
        ("a man with a hat in a park", "a man without a hat in a park", False),
        ("two boats on a lake", "three boats on a lake", False),
        ("a red car and a blue house", "a blue car and a red house", False),
        ("a cat on the left, a dog on the right", "a dog on the left, a cat on the right", False),
        ("a street by day", "a street by night", False),
        ("a garden with roses", "a spaceship over a desert", False),
    ],
)
async def test_what_means_something_else_is_not_served(
    call: Call, core: Core, stored: str, asked: str, served: bool
) -> None:
    await _stored(call, core, stored)
    assert await _hit(call, asked) is served


@pytest.mark.parametrize(
    ("fields", "served"),
    [
        ({}, True),
        ({"style": "cinematic"}, False),
        ({"model": "sketch"}, False),
        ({"prompt": "@aya a castle by a lake"}, False),
        ({"negative": "people"}, False),
        ({"negative": "blurry, low quality"}, True),
    ],
)
async def test_model_style_character_and_negatives_must_be_equal(
    call: Call, core: Core, fields: dict[str, Any], served: bool
) -> None:
    await _stored(call, core, "a castle by a lake")
    prompt = fields.pop("prompt", "a castle by a lake")
    assert await _hit(call, prompt, **fields) is served


async def test_force_takes_the_nearest_of_the_same_kind(call: Call, core: Core) -> None:
    await _stored(call, core, "a castle by a lake")
    assert await _hit(call, "a spaceship over a desert", cache_force=True)
    assert not await _hit(call, "a spaceship", cache_force=True, style="cinematic")


async def test_cache_only_without_a_match_is_a_404_and_makes_nothing(
    call: Call, core: Core
) -> None:
    body = {"action": "generate", "prompt": "a lake", "use_cache": True, "cache_only": True}
    reply = await call(**body)
    assert (reply.status_code, reply.json()) == (404, {"error": "No cached result found"})
    async with core.database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    assert row == (0,)


async def test_one_of_the_best_is_taken_at_random_and_pick_is_clamped(
    call: Call, core: Core
) -> None:
    ids = {(await _stored(call, core, "a castle by a lake"))["meta"]["gen_id"] for _ in range(3)}
    picked = set()
    for _ in range(40):
        job = await _generate(call, "a castle by a lake", use_cache=True, cache_pick=99)
        picked.add(job["gen_id"])
    assert picked == ids
    always = {
        (await _generate(call, "a castle by a lake", use_cache=True, cache_pick=0))["gen_id"]
        for _ in range(5)
    }
    assert len(always) == 1


async def test_a_hit_is_not_optimised(call: Call, core: Core) -> None:
    await _stored(call, core, "a castle by a lake")
    job = await _generate(call, "a castle by a lake", use_cache=True, optimize=True)
    assert (job["cache"], job["prompt"]) == (True, "a castle by a lake")


async def test_a_failing_library_falls_through_to_a_new_picture(
    call: Call, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.errors import Unavailable
    from imgen.library.embed.onnx_encoder import OnnxEncoder

    async def fail(*_arguments: object) -> None:
        raise Unavailable("The encoder is down")

    monkeypatch.setattr(OnnxEncoder, "encode", fail)
    job = await _generate(call, "a lake", use_cache=True)
    assert job["id"].startswith("run_")


async def test_a_cached_result_lives_for_an_hour(call: Call, core: Core) -> None:
    await _stored(call, core, "a castle by a lake")
    job = await _generate(call, "a castle by a lake", use_cache=True)
    async with core.database.connection() as connection:
        await connection.execute(
            "UPDATE jobs SET created_at = now() - interval '61 minutes' WHERE id = %s",
            (job["id"],),
        )
    reply = await call(action="status", id=job["id"])
    assert (reply.status_code, reply.json()) == (400, {"error": "Bad ID"})


async def test_another_format_is_finished_again_with_the_stored_one_as_ingredient(
    call: Call, core: Core, client: httpx.AsyncClient
) -> None:
    first = (await _stored(call, core, "a castle by a lake"))["meta"]
    job = await _generate(
        call, "a castle by a lake", use_cache=True, format="webp", cs_author="Ann"
    )
    assert job["cache"] is True
    meta = (await _done(call, job))["meta"]
    assert meta["gen_id"] == first["gen_id"]
    file = (await client.get(meta["images"][0]["url"])).content
    read = ReadCredentials(load_provenance(core.settings).trust)
    credentials = read(file, "image/webp")
    assert credentials.state is State.TRUSTED
    assert credentials.ingredients == (first["images"][0]["filename"],)


@pytest.mark.parametrize("ruleset", ["no-such-ruleset", "strict"])
async def test_a_hit_ignores_the_ruleset_also_in_another_format(
    call: Call, core: Core, ruleset: str
) -> None:
    await _stored(call, core, "a castle by a lake")
    job = await _generate(
        call, "a castle by a lake", use_cache=True, format="webp", compliance_ruleset=ruleset
    )
    assert job["cache"] is True
    assert (await _done(call, job))["meta"]["compliance"] == "safe"


async def test_pictures_of_a_model_that_changed_are_withdrawn(call: Call, core: Core) -> None:
    from imgen.library import store

    await _stored(call, core, "a castle by a lake")
    async with core.database.connection() as connection:
        changed = await store.withdraw_outdated(
            connection, "model", "model_version", {"instant": "2"}
        )
    assert changed == 1
    assert not await _hit(call, "a castle by a lake")
