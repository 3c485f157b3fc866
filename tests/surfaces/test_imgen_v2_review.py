"""Review, as an Imgen v2 client meets it: the Blocked reply, and what never leaves."""

from __future__ import annotations

import asyncio
import base64
import importlib
from dataclasses import replace
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from imgen.compliance.appeals import Appeals
from imgen.compliance.audit import store as audit
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.review import Examine, Review
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Unavailable
from imgen.finishing.encode import Format, decode, encode
from imgen.finishing.pdq import pdq
from imgen.wiring.core import Core
from imgen.wiring.memory import make_release

BLOCKED = "a nude figure on a beach"


class Ask:
    """A v2 client of one account."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def __call__(self, action: str, **fields: Any) -> httpx.Response:
        body = {"action": action, **fields}
        return await self._client.post("/api/v2", json=body, headers=self._headers)

    async def ended(self, **fields: Any) -> tuple[str, dict[str, Any]]:
        """Generate and poll: the job's id and its last reply."""
        receipt = await self("generate", **{"model": "instant", **fields})
        assert receipt.status_code == 200, receipt.text
        async with asyncio.timeout(30):
            while True:
                reply = (await self("status", id=receipt.json()["id"])).json()
                if reply["status"] not in ("IN_QUEUE", "IN_PROGRESS"):
                    return receipt.json()["id"], reply
                await asyncio.sleep(0.02)


@pytest.fixture
async def ask(client: httpx.AsyncClient, key: str) -> Ask:
    return Ask(client, key)


async def _usage(database: Database) -> int:
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT sum(images) FROM usage")
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("worker")
class TestBlocked:
    async def test_the_reply_is_the_documents(self, ask: Ask) -> None:
        _, reply = await ask.ended(prompt=BLOCKED)
        assert set(reply) == {*("status", "compliance", "error", "filter_categories", "unsafe_url")}
        assert reply["status"] == "COMPLETED"
        assert reply["compliance"] == "unsafe"
        assert reply["error"] == "Content blocked — flagged for: Explicit nudity."
        assert reply["filter_categories"] == ["explicit-nudity"]

    async def test_the_picture_is_reached_by_the_unsafe_url_alone(
        self, ask: Ask, client: httpx.AsyncClient, core: Core
    ) -> None:
        _, reply = await ask.ended(prompt=BLOCKED)
        url = base64.b64decode(reply["unsafe_url"]).decode()
        assert "/quarantine/" in url
        file = await client.get(url)
        assert file.status_code == 200
        assert decode(file.content).ndim == 3
        assert (await client.get(url.split("?")[0])).status_code in (400, 401, 403, 404)
        kept = [info.key async for info in core.objects.list("images")]
        assert kept == []

    async def test_it_is_not_in_the_library_and_not_counted(self, ask: Ask, core: Core) -> None:
        await ask.ended(prompt=BLOCKED)
        async with core.database.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM images")
            assert await cursor.fetchone() == (0,)
        assert await _usage(core.database) == 0

    async def test_the_audit_log_tells_why(self, ask: Ask, core: Core) -> None:
        job_id, _ = await ask.ended(prompt=BLOCKED, precompliance="bans v3: nothing matched")
        async with core.database.connection() as connection:
            entries = await audit.entries(connection, job_id=job_id, limit=5)
        assert [entry.state for entry in entries] == ["blocked"]
        assert entries[0].ruleset == "default"
        assert any(signal.name == "prompt.nudity" for signal in entries[0].signals)

    async def test_an_overturned_verdict_releases_the_picture(
        self, ask: Ask, core: Core, client: httpx.AsyncClient
    ) -> None:
        job_id, _ = await ask.ended(prompt=BLOCKED)
        appeals = Appeals(core.database, make_release(core))
        await appeals.overturn(job_id, reason="a study of a statue", by="the operator")
        await appeals.overturn(job_id, reason="a study of a statue", by="the operator")
        reply = (await ask("status", id=job_id)).json()
        assert reply["meta"]["compliance"] == "safe"
        looked = {name.split()[0] for name in reply["meta"]["compliance_detectors"]}
        assert looked == {"prompt", "hashes"}
        url = reply["meta"]["images"][0]["url"]
        assert (await client.get(url)).status_code == 200
        async with core.database.connection() as connection:
            cursor = await connection.execute("SELECT prompt FROM images")
            assert await cursor.fetchone() == (BLOCKED,)


@pytest.mark.usefixtures("worker")
async def test_a_safe_picture_says_who_looked_at_it(ask: Ask) -> None:
    _, reply = await ask.ended(prompt="a lighthouse at dusk")
    meta = reply["meta"]
    assert (meta["compliance"], meta["compliance_codes"]) == ("safe", [])
    assert meta["compliance_ruleset"] == "default"
    assert {name.split()[0] for name in meta["compliance_detectors"]} == {"prompt", "hashes"}


async def test_the_floor_is_refused_before_any_work(ask: Ask, core: Core) -> None:
    reply = await ask("generate", prompt="a nude schoolgirl", model="instant")
    assert reply.status_code == 400
    assert "error" in reply.json()
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM jobs")
        assert await cursor.fetchone() == (0,)
        entries = await audit.entries(connection, limit=5)
    assert [(entry.state, entry.floor) for entry in entries] == [("refused", True)]


async def test_the_floor_hears_what_a_term_rules_out(ask: Ask) -> None:
    reply = await ask("generate", prompt="a nude figure, -adults", model="instant")
    assert reply.status_code == 400
    reply = await ask("generate", prompt="a figure on a hill, -adults", model="instant")
    assert reply.status_code == 200


async def test_the_floor_hears_the_words_of_the_style_too(ask: Ask) -> None:
    reply = await ask("generate", prompt="a schoolgirl of 12", model="sketch", style="boudoir")
    assert reply.status_code == 400
    reply = await ask("generate", prompt="a schoolgirl of 12 reading", model="sketch")
    assert reply.status_code == 200


@pytest.mark.usefixtures("worker")
async def test_the_clients_watermark_is_reviewed_too(ask: Ask, core: Core) -> None:
    mark = encode(np.full((40, 80, 3), 200, np.uint8), Format.PNG)
    uri = f"data:image/png;base64,{base64.b64encode(mark).decode()}"
    job_id, reply = await ask.ended(prompt="a lake", wm_image=uri)
    assert reply["meta"]["compliance"] == "safe"
    async with core.database.connection() as connection:
        entries = await audit.entries(connection, job_id=job_id, limit=5)
    assert sorted(entry.kind for entry in entries) == ["generated", "upload"]


@pytest.mark.usefixtures("worker")
async def test_a_watermark_is_not_blocked_for_the_words_of_the_prompt(ask: Ask) -> None:
    mark = encode(np.full((40, 80, 3), 200, np.uint8), Format.PNG)
    uri = f"data:image/png;base64,{base64.b64encode(mark).decode()}"
    _, reply = await ask.ended(prompt=BLOCKED, wm_image=uri)
    assert reply["filter_categories"] == ["explicit-nudity"]
    assert "/quarantine/" in base64.b64decode(reply["unsafe_url"]).decode()


@pytest.mark.parametrize("fields", [{}, {"cache_force": True}, {"optimize": True}])
async def test_the_floor_is_refused_before_the_library_and_the_enhancer_hear_of_it(
    ask: Ask, fields: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr("imgen.library.lookup.Lookup.__call__", unwanted)
    monkeypatch.setattr("imgen.surfaces.imgen_v2.routes.ImgenV2._enhanced", unwanted)
    body = {"prompt": "a nude schoolgirl", "model": "instant", "use_cache": True, **fields}
    assert (await ask("generate", **body)).status_code == 400


async def test_each_text_of_a_call_is_screened_once_and_what_an_enhancer_writes_too(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    screening = importlib.import_module("imgen.compliance.screening.screen")
    take_apart = screening.take_apart

    def heard(prompt: str, negative: str) -> Any:
        read.append(prompt)
        return take_apart(prompt, negative)

    monkeypatch.setattr(screening, "take_apart", heard)
    body = {"prompt": "a heron by a weir", "model": "instant", "use_cache": True, "optimize": True}
    reply = await ask("generate", **body)
    assert reply.status_code == 200
    before, after = read
    assert before.startswith("a heron by a weir")
    assert after.startswith(reply.json()["prompt"])


async def test_the_floor_is_not_worked_on_either(
    ask: Ask, client: httpx.AsyncClient, key: str
) -> None:
    words = "a nude schoolgirl"
    assert (await ask("optimize", prompt=words)).status_code == 400
    for path, body in (("enhance", {"prompt": words}), ("build", {"subject": words})):
        reply = await client.post(
            f"/api/v1/prompt/{path}", json=body, headers={"Authorization": f"Bearer {key}"}
        )
        assert reply.status_code == 400
        assert reply.json()["success"] is False


async def test_an_unknown_ruleset_is_refused(ask: Ask) -> None:
    reply = await ask("generate", prompt="a lake", model="instant", compliance_ruleset="lenient")
    assert (reply.status_code, reply.json()) == (400, {"error": "Unknown compliance ruleset"})


async def test_a_ruleset_whose_detector_is_missing_is_refused_by_name(ask: Ask) -> None:
    reply = await ask("generate", prompt="a lake", model="instant", compliance_ruleset="strict")
    assert reply.status_code == 503
    assert "nudity" in reply.json()["error"]


class _Broken:
    """A detector that can never look."""

    name = "nudity"
    version = "broken"

    async def aclose(self) -> None:
        """Holds nothing."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        raise Unavailable("The model is gone")


class TestFailingClosed:
    @pytest.fixture
    async def core(self, core: Core) -> Core:
        examine = Examine((_Broken(),), core.review.examine.rulesets)
        return replace(core, review=Review(examine, core.database))

    @pytest.mark.usefixtures("worker")
    async def test_a_detector_that_fails_releases_nothing(self, ask: Ask, core: Core) -> None:
        _, reply = await ask.ended(prompt="a lake")
        assert reply == {"status": "FAILED", "error": "The picture could not be reviewed"}
        assert [info.key async for info in core.objects.list("images")] == []


class TestSwitchedOff:
    @pytest.fixture
    async def core(self, core: Core) -> Core:
        settings = core.settings
        off = settings.compliance.model_copy(update={"kind": "off"})
        return replace(core, settings=settings.model_copy(update={"compliance": off}))

    @pytest.mark.usefixtures("worker")
    async def test_pictures_are_unreviewed_and_not_remembered(self, ask: Ask, core: Core) -> None:
        _, reply = await ask.ended(prompt=BLOCKED)
        assert reply["meta"]["compliance"] == "unreviewed"
        async with core.database.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM images")
            assert await cursor.fetchone() == (0,)

    async def test_the_floor_holds_all_the_same(self, ask: Ask) -> None:
        reply = await ask("generate", prompt="a nude schoolgirl", model="instant")
        assert reply.status_code == 400

    @pytest.mark.usefixtures("worker")
    async def test_a_known_bad_picture_is_blocked_all_the_same(self, ask: Ask, core: Core) -> None:
        pixels = (np.random.default_rng(4).random((8, 8, 3)) * 255).astype(np.uint8)
        mark = np.asarray(cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_CUBIC), np.uint8)
        found = pdq(mark)
        assert found.quality >= 50
        await HashLists(core.database).add("test-known", "known_bad", [found.hash])
        try:
            data = base64.b64encode(encode(mark, Format.PNG)).decode()
            uri = f"data:image/png;base64,{data}"
            job_id, reply = await ask.ended(prompt="a lake", wm_image=uri)
        finally:
            await HashLists(core.database).remove("test-known")
        assert reply["compliance"] == "unsafe"
        assert reply["unsafe_url"] == ""
        async with core.database.connection() as connection:
            entries = await audit.entries(connection, job_id=job_id, limit=5)
        assert [(entry.state, entry.floor) for entry in entries] == [("blocked", True)]
