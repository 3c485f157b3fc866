"""Imgen v2 as its document describes it: every parameter, fallback and error."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from imgen.generation import store
from imgen.generation.job import State
from imgen.generation.outcome import Blocked, Outcome, TimedOut
from imgen.wiring.core import Core

Call = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def call(client: httpx.AsyncClient, key: str) -> Call:
    """Post an action."""

    async def post(**body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return await client.post("/api/v2", json=body, headers=headers)

    return post


async def _generate(call: Call, **fields: Any) -> dict[str, Any]:
    reply = await call(action="generate", **{"prompt": "a lake", "model": "instant", **fields})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def _done(call: Call, job: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            named = {name: job[name] for name in ("id", "prompt", "model")}
            reply = (await call(action="status", **named)).json()
            if reply["status"] not in ("IN_QUEUE", "IN_PROGRESS"):
                return dict(reply)
            await asyncio.sleep(0.02)


async def _count(core: Core) -> int:
    async with core.database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    assert row is not None
    return int(row[0])


class TestModels:
    async def test_lists_characters_models_and_their_styles(self, call: Call) -> None:
        reply = (await call(action="models")).json()
        assert reply["characters"] == ["aaliyah", "aya", "bella", "mira", "noa"]
        eros = reply["models"]["eros"]
        assert eros["label"] == "Eros"
        assert eros["default_style"] == "professional"
        assert eros["styles"]["boudoir"] == {"label": "Boudoir"}

    async def test_says_which_can_run_here(self, call: Call) -> None:
        models = (await call(action="models")).json()["models"]
        assert models["sketch"]["available"]
        assert not models["eros"]["available"]


class TestGenerate:
    async def test_answers_with_exactly_the_document_s_fields(self, call: Call) -> None:
        reply = await _generate(call, prompt="@aya  warm lighting , -red dress")
        assert set(reply) == {"id", "prompt", "model", "format", "gen_id"}
        assert reply["id"].startswith("run_")
        assert reply["prompt"] == "@aya warm lighting, -red dress"
        assert reply["format"] == "jpeg"
        assert len(reply["gen_id"]) == 20
        assert reply["gen_id"].isalnum()
        assert reply["gen_id"] == reply["gen_id"].lower()

    @pytest.mark.parametrize("wanted", ["eros", "nothing", ""])
    async def test_a_model_that_is_unknown_or_cannot_run_becomes_the_first_that_can(
        self, call: Call, wanted: str
    ) -> None:
        assert (await _generate(call, model=wanted))["model"] == "sketch"

    @pytest.mark.usefixtures("worker")
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ({}, {"width": 168, "height": 96}),  # 1344 × 768; `instant` paints an eighth
            ({"width": 832, "height": 1216}, {"width": 104, "height": 152}),
            ({"width": 1344, "height": 1344}, {"width": 168, "height": 96}),
            ({"width": -5, "height": 768}, {"width": 168, "height": 96}),
            ({"style": "cinematic"}, {"style": "cinematic"}),
            ({"style": "boudoir"}, {"style": "professional"}),
            ({"style": None}, {"style": "professional"}),
            ({"format": "webp", "lossless": True}, {"format": "webp", "lossless": True}),
            ({"format": "gif"}, {"format": "jpeg"}),
            ({"quality": 0}, {"quality": 1}),
            ({"quality": 50.0}, {"quality": 50}),
            ({"compliance_ruleset": "  "}, {"compliance_ruleset": "default"}),
            ({"compliance_ruleset": "permissive"}, {"compliance_ruleset": "permissive"}),
            ({"precompliance": "x" * 3000}, {"precompliance": "x" * 2000}),
            ({"wm_position": "tile"}, {"wm_position": "tile"}),
            ({"wm_position": "middle"}, {"wm_position": "bottom-right"}),
            ({"wm_scale": 900, "wm_rotation": -900}, {"wm_scale": 100, "wm_rotation": -360}),
            ({"wm_transparency": -1}, {"wm_transparency": 0}),
            ({"wm_padding_x": 501}, {"wm_padding_x": 500, "wm_padding_y": 10}),
            ({"cs_author": "Ann", "cs_title": "Lake"}, {"cs_author": "Ann", "cs_title": "Lake"}),
            ({"negative": "fog, wind"}, {"prompt": "a lake"}),
        ],
    )
    async def test_each_parameter_reaches_meta_or_falls_back(
        self, call: Call, given: dict[str, Any], shown: dict[str, Any]
    ) -> None:
        meta = (await _done(call, await _generate(call, **given)))["meta"]
        assert {name: meta[name] for name in shown} == shown

    @pytest.mark.usefixtures("worker")
    async def test_the_prompt_is_composed_in_the_document_s_order(
        self, call: Call, core: Core
    ) -> None:
        job = await _generate(call, prompt="@aya warm lighting, -red dress", negative="fog")
        meta = (await _done(call, job))["meta"]
        aya = core.catalog.characters["aya"]
        assert meta["character"] == "aya"
        assert meta["positive"].startswith(aya.trigger)
        assert "warm lighting" in meta["positive"]
        assert meta["positive"].index("warm lighting") < meta["positive"].index(
            core.catalog.styles["professional"].positive[-1]
        )
        assert meta["negative"].endswith("red dress, fog")

    async def test_optimize_enriches_the_prompt_and_keeps_the_rest(self, call: Call) -> None:
        reply = await _generate(call, prompt="@aya warm lighting, -red dress", optimize=True)
        assert reply["prompt"].startswith("@aya ")
        assert reply["prompt"].endswith(", -red dress")
        assert len(reply["prompt"]) > len("@aya warm lighting, -red dress")

    async def test_an_unknown_ruleset_is_refused(self, call: Call, core: Core) -> None:
        reply = await call(action="generate", prompt="a lake", compliance_ruleset="lax")
        assert (reply.status_code, reply.json()) == (400, {"error": "Unknown compliance ruleset"})
        assert await _count(core) == 0


class TestStatus:
    async def test_waits_in_the_queue_while_no_worker_is_there(self, call: Call) -> None:
        job = await _generate(call)
        assert (await call(action="status", id=job["id"])).json() == {"status": "IN_QUEUE"}

    @pytest.mark.usefixtures("worker")
    async def test_says_in_progress_and_how_far_when_asked(self, call: Call) -> None:
        job = await _generate(call, prompt="a lake, sleep 5")
        async with asyncio.timeout(20):
            while True:
                reply = (await call(action="status", id=job["id"], progress=True)).json()
                if reply["status"] == "IN_PROGRESS" and reply["progress"]["step"] > 0:
                    break
                await asyncio.sleep(0.02)
        assert reply["progress"]["steps"] == 10
        assert 0 < reply["progress"]["fraction"] < 1
        assert (await call(action="status", id=job["id"])).json() == {"status": "IN_PROGRESS"}
        await call(action="cancel", id=job["id"])

    @pytest.mark.usefixtures("worker")
    async def test_completed_has_every_field_of_the_document(
        self, call: Call, client: httpx.AsyncClient
    ) -> None:
        job = await _generate(call)
        reply = await _done(call, job)
        assert reply["status"] == "COMPLETED"
        meta = reply["meta"]
        documented = (
            "id gen_id time prompt positive negative character model style width height format"
            " quality lossless optimized compliance compliance_codes compliance_ruleset"
            " precompliance fingerprint images enable_invisimark enable_c2pa compute_pdq"
            " wm_position wm_scale wm_transparency wm_rotation wm_padding_x wm_padding_y"
            " cs_author cs_title cs_description cs_organization cs_vendor seed steps"
        )
        assert set(documented.split()) <= set(meta)
        assert (meta["id"], meta["gen_id"]) == (job["id"], job["gen_id"])
        assert [image["type"] for image in meta["images"]] == ["signed", "thumbnail"]
        stem = f"{job['gen_id']}_{meta['fingerprint']}_00001"
        names = [image["filename"] for image in meta["images"]]
        assert names == [f"{stem}.jpg", f"{stem}_thumb.jpg"]
        for image in meta["images"]:
            file = await client.get(image["url"])
            assert (file.status_code, file.headers["content-type"]) == (200, "image/jpeg")

    @pytest.mark.usefixtures("worker")
    async def test_failed_says_why(self, call: Call) -> None:
        reply = await _done(call, await _generate(call, prompt="impossible"))
        assert reply == {"status": "FAILED", "error": "This cannot be drawn"}

    async def test_blocked_is_the_document_s_reply(self, call: Call, core: Core) -> None:
        job = await _generate(call)
        await _end(
            core,
            job["id"],
            State.BLOCKED,
            Blocked("Content blocked — flagged for: Weapons.", ("weapons",), "quarantine/a.jpg"),
        )
        reply = (await call(action="status", id=job["id"])).json()
        url = base64.b64decode(reply.pop("unsafe_url")).decode()
        assert url.startswith("http://imgen.test/files/quarantine/a.jpg?")
        assert reply == {
            "status": "COMPLETED",
            "compliance": "unsafe",
            "error": "Content blocked — flagged for: Weapons.",
            "filter_categories": ["weapons"],
        }

    async def test_what_the_floor_blocks_has_no_link(self, call: Call, core: Core) -> None:
        job = await _generate(call)
        await _end(core, job["id"], State.BLOCKED, Blocked("Content blocked", ("floor",)))
        assert (await call(action="status", id=job["id"])).json()["unsafe_url"] == ""

    async def test_timed_out_is_a_state_of_its_own(self, call: Call, core: Core) -> None:
        job = await _generate(call)
        await _end(core, job["id"], State.TIMED_OUT, TimedOut())
        assert (await call(action="status", id=job["id"])).json()["status"] == "TIMED_OUT"

    @pytest.mark.parametrize("id", ["run_nothing", "", "cache_x", "'; --", "é" * 400])
    async def test_an_id_that_is_none_is_a_bad_id(self, call: Call, id: str) -> None:
        reply = await call(action="status", id=id)
        assert (reply.status_code, reply.json()) == (400, {"error": "Bad ID"})

    async def test_another_account_s_id_is_a_bad_id_too(
        self, call: Call, core: Core, client: httpx.AsyncClient
    ) -> None:
        job = await _generate(call)
        other = {"Authorization": f"Bearer {await core.administer.create_key('other')}"}
        for action in ("status", "cancel"):
            body = {"action": action, "id": job["id"]}
            reply = await client.post("/api/v2", json=body, headers=other)
            assert (reply.status_code, reply.json()) == (400, {"error": "Bad ID"})
        assert (await call(action="status", id=job["id"])).json() == {"status": "IN_QUEUE"}


async def _end(core: Core, id: str, state: State, outcome: Outcome) -> None:
    async with core.database.connection() as connection:
        job = await store.claim(connection, id)
        assert job is not None
        assert await store.finish(connection, job, state, outcome)


class TestCancel:
    async def test_ends_a_waiting_job(self, call: Call) -> None:
        job = await _generate(call)
        assert (await call(action="cancel", id=job["id"])).json()["status"] == "CANCELLED"
        assert (await call(action="status", id=job["id"])).json()["status"] == "CANCELLED"

    async def test_a_bad_id_is_refused(self, call: Call) -> None:
        assert (await call(action="cancel", id="run_none")).json() == {"error": "Bad ID"}


class TestOptimizeAndRandom:
    async def test_optimize_leaves_character_and_negatives_alone(self, call: Call) -> None:
        prompt = (await call(action="optimize", prompt="@aya on a beach, -red dress")).json()
        assert prompt["prompt"].startswith("@aya on a beach")
        assert prompt["prompt"].endswith("-red dress")

    async def test_random_takes_any_no_or_one_character(self, call: Call) -> None:
        prompts = [(await call(action="random")).json()["prompt"] for _ in range(5)]
        assert all(prompt.startswith("@") for prompt in prompts)
        named = (await call(action="random", character="mira")).json()["prompt"]
        assert named.startswith("@mira ")
        none = (await call(action="random", character="")).json()["prompt"]
        assert "@" not in none

    async def test_random_with_an_unknown_character_is_refused(self, call: Call) -> None:
        reply = await call(action="random", character="nobody")
        assert (reply.status_code, reply.json()) == (400, {"error": "Invalid character"})


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({}, "Missing action"),
            ({"action": None}, "Missing action"),
            ({"action": "generate"}, "Prompt is required"),
            ({"action": "generate", "prompt": ""}, "Prompt is required"),
            ({"action": "generate", "prompt": "  \n "}, "Prompt is required"),
            ({"action": "generate", "prompt": " , ,, "}, "Prompt is required"),
            ({"action": "optimize"}, "Prompt is required"),
            ({"action": "generate", "prompt": "@nobody smiling"}, "Invalid character"),
            ({"action": "generate", "prompt": "@aya and @mira"}, "Invalid character"),
            ({"action": "status"}, "Bad ID"),
        ],
    )
    async def test_the_document_s_texts(
        self, call: Call, core: Core, body: dict[str, Any], error: str
    ) -> None:
        reply = await call(**body)
        assert (reply.status_code, reply.json()) == (400, {"error": error})
        assert await _count(core) == 0

    @pytest.mark.parametrize("action", ["explode", 5, ["generate"], {"a": 1}, True])
    async def test_an_unknown_action_is_refused_with_the_known_ones(
        self, call: Call, action: object
    ) -> None:
        reply = await call(action=action)
        assert reply.status_code == 400
        assert "there are models, generate, status" in reply.json()["error"]

    async def test_a_long_prompt_is_refused_with_the_limit(self, call: Call) -> None:
        reply = await call(action="generate", prompt="x" * 2001)
        assert reply.status_code == 400
        assert reply.json() == {"error": "prompt must be at most 2000 characters"}
        assert (await _generate(call, prompt=" " * 50 + "x" * 2000 + " " * 50))["id"]

    @pytest.mark.parametrize(
        "header", [None, "", "Bearer", "Bearer nonsense", "Basic abc", "Bearer " + "x" * 9000]
    )
    async def test_without_a_good_key_it_is_unauthorized(
        self, client: httpx.AsyncClient, header: str | None
    ) -> None:
        headers = {} if header is None else {"Authorization": header}
        reply = await client.post("/api/v2", json={"action": "models"}, headers=headers)
        assert (reply.status_code, reply.json()) == (401, {"error": "Unauthorized"})

    async def test_suspended_expired_revoked_and_planless_are_unauthorized(
        self, call: Call, core: Core
    ) -> None:
        await core.administer.suspend("tester")
        assert (await call(action="models")).status_code == 401
        await core.administer.suspend("tester", False)
        await core.administer.change_plan("tester", None)
        assert (await call(action="models")).status_code == 401
        await core.administer.change_plan("tester", "free")
        assert (await call(action="models")).status_code == 200
        await core.administer.revoke_key((await core.administer.list_keys())[0].id)
        assert (await call(action="models")).status_code == 401

    async def test_a_language_model_that_fails_is_a_502(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from imgen.errors import Upstream
        from imgen.prompts.catalog_enhancer import CatalogEnhancer

        async def fail(*_arguments: object, **_named: object) -> None:
            raise Upstream("Enhancement failed", code="enhancement_failed")

        monkeypatch.setattr(CatalogEnhancer, "enhance", fail)
        for body in ({"action": "optimize"}, {"action": "generate", "optimize": True}):
            reply = await call(prompt="a lake", **body)
            assert (reply.status_code, reply.json()) == (502, {"error": "Enhancement failed"})
