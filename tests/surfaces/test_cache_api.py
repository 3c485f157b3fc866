"""The Cache API as its document describes it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from imgen.accounts.records import Caller
from imgen.finishing.encode import Format, encode
from imgen.finishing.pdq import pdq
from imgen.library import store
from imgen.library.image import NewImage
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller

_DOCUMENTED = {
    *("id", "url", "thumbnail", "width", "height", "character", "model", "style"),
    *("prompt", "caption", "score"),
}
Call = Callable[..., Awaitable[httpx.Response]]


def make_image(**changes: Any) -> NewImage:
    """A shared picture of a lake."""
    plain = NewImage(
        id="a" * 20,
        account_id=None,
        shared=True,
        source="imported",
        prompt="misty lake, golden dawn light, reflections on still water",
        negatives=(),
        caption="A misty lake at dawn with pale golden light and still, reflective water.",
        model="sdxl",
        style="photoreal",
        character="",
        width=1024,
        height=1536,
        format="png",
        image_key="images/aa/a.png",
        thumbnail_key="images/aa/a_thumb.jpg",
        fingerprint="0" * 64,
    )
    return replace(plain, **changes)


_OTHERS = (
    make_image(
        id="b" * 20,
        prompt="cinematic portrait at golden hour",
        caption="A close-up portrait in warm golden-hour light.",
        character="aya",
        style="cinematic",
    ),
    make_image(
        id="c" * 20,
        prompt="red sports car on a mountain road",
        caption="A red car drives along a mountain road.",
        model="flux",
        style="illustration",
    ),
)


async def _fill(core: Core, *images: NewImage) -> None:
    async with core.database.transaction() as connection:
        await store.add(connection, images)
    await core.remember()


@pytest.fixture
async def library(core: Core) -> None:
    await _fill(core, make_image(), *_OTHERS)


@pytest.fixture
def call(client: httpx.AsyncClient, key: str) -> Call:
    async def post(path: str, **body: Any) -> httpx.Response:
        return await client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})

    return post


@pytest.mark.usefixtures("library")
class TestSearch:
    async def test_the_best_match_comes_first_with_the_document_s_fields(self, call: Call) -> None:
        reply = (await call("/api/search", query="a lake in the morning fog")).json()
        assert reply["count"] == len(reply["results"]) == 3
        best = reply["results"][0]
        assert best["id"] == "a" * 20
        assert set(best) == _DOCUMENTED
        assert best["url"].startswith("http://imgen.test/files/images/aa/a.png?")
        assert (best["width"], best["height"], best["character"]) == (1024, 1536, "")
        scores = [result["score"] for result in reply["results"]]
        assert scores == sorted(scores, reverse=True)
        assert all(score == round(score, 3) and 0 <= score <= 1 for score in scores)

    @pytest.mark.parametrize(
        ("filters", "ids"),
        [
            ({"character": "aya"}, "b"),
            ({"model": "flux"}, "c"),
            ({"style": "photoreal"}, "a"),
            ({"model": "sdxl", "style": "cinematic", "character": "aya"}, "b"),
            ({"model": "sdxl", "style": "illustration"}, ""),
            ({"model": "no-such-model"}, ""),
            ({"character": "", "model": None, "style": ""}, "abc"),
        ],
    )
    async def test_filters_restrict_and_empty_ones_do_not(
        self, call: Call, filters: dict[str, Any], ids: str
    ) -> None:
        reply = await call("/api/search", query="picture", **filters)
        assert reply.status_code == 200
        assert {result["id"][0] for result in reply.json()["results"]} == set(ids)

    @pytest.mark.parametrize("within", ["both", "caption", "prompt"])
    async def test_search_in_picks_the_text_compared(self, call: Call, within: str) -> None:
        query = "cinematic portrait at golden hour"
        reply = await call("/api/search", query=query, search_in=within, limit=1)
        best = reply.json()["results"][0]
        assert best["id"] == "b" * 20
        assert (best["score"] >= 0.99) == (within != "caption")

    async def test_limit_offset_and_min_score(self, call: Call) -> None:
        whole = (await call("/api/search", query="mountain road")).json()["results"]
        second = (await call("/api/search", query="mountain road", limit=1, offset=1)).json()
        assert [result["id"] for result in second["results"]] == [whole[1]["id"]]
        above = (await call("/api/search", query="mountain road", min_score=0.5)).json()
        assert above["count"] == sum(result["score"] >= 0.5 for result in whole) < 3

    async def test_equal_scores_are_ordered_by_id(self, call: Call, core: Core) -> None:
        await _fill(core, *(make_image(id=letter * 20) for letter in "zyxw"))
        reply = (await call("/api/search", query="a misty lake", limit=5)).json()
        assert [result["id"][0] for result in reply["results"]] == list("awxyz")

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({}, "query is required"),
            ({"query": ""}, "query is required"),
            ({"query": "   "}, "query is required"),
            ({"query": None}, "query is required"),
            ({"query": "x" * 501}, "query must be at most 500 characters"),
            ({"query": 5}, "query must be a string"),
            ({"query": ["x"]}, "query must be a string"),
            ({"query": "x", "limit": 0}, "limit must be at least 1"),
            ({"query": "x", "limit": 51}, "limit must be at most 50"),
            ({"query": "x", "limit": "5"}, "limit must be an integer"),
            ({"query": "x", "limit": True}, "limit must be an integer"),
            ({"query": "x", "search_in": "tags"}, "search_in must be one of"),
            ({"query": "x", "search_in": 1}, "search_in must be one of"),
            ({"query": "x", "model": 1}, "model must be a string"),
            ({"query": "x", "min_score": 2}, "min_score must be at most 1"),
        ],
    )
    async def test_bad_fields_are_a_400_that_names_them(
        self, call: Call, fields: dict[str, Any], error: str
    ) -> None:
        reply = await call("/api/search", **fields)
        assert reply.status_code == 400
        assert reply.json()["error"].startswith(error)

    @pytest.mark.parametrize(
        "query", ["?!…", "日本の湖", "🌄🌊", "x" * 500, "'; DROP TABLE images"]
    )
    async def test_any_text_can_be_searched(self, call: Call, query: str) -> None:
        assert (await call("/api/search", query=query)).status_code == 200

    async def test_a_double_slash_is_the_same_path(
        self, client: httpx.AsyncClient, key: str
    ) -> None:
        reply = await client.post(
            "http://imgen.test//api/search",
            json={"query": "sunset over mountains", "limit": 5},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert reply.status_code == 200

    async def test_a_copy_of_a_picture_is_found_by_its_look(self, call: Call, core: Core) -> None:
        from skimage import data

        cat = data.chelsea()
        await _fill(core, make_image(id="d" * 20, pdq=pdq(cat).hash, caption="A cat."))
        small = encode(cat[::2, ::2], Format.JPEG, quality=60)
        uri = "data:image/jpeg;base64," + base64.b64encode(small).decode()
        results = (await call("/api/search", image=uri)).json()["results"]
        assert results[0]["id"] == "d" * 20
        assert results[0]["score"] > 0.85

    async def test_a_bad_picture_is_a_400(self, call: Call) -> None:
        reply = await call("/api/search", image="data:image/png;base64,AAAA")
        assert reply.status_code == 400


@pytest.mark.usefixtures("library")
class TestGenerate:
    async def test_returns_the_best_picture_without_a_score(self, call: Call) -> None:
        body = {"prompt": "a quiet lakeside at dawn, soft mist", "style": "photoreal"}
        image = (await call("/api/generate", **body)).json()["image"]
        assert image["id"] == "a" * 20
        assert "score" not in image

    @pytest.mark.parametrize(
        "body",
        [
            {"prompt": "a quiet lakeside at dawn", "character": "mira"},
            {"prompt": "quarterly tax accounting spreadsheet"},
        ],
    )
    async def test_no_close_match_is_a_404(self, call: Call, body: dict[str, Any]) -> None:
        reply = await call("/api/generate", **body)
        assert (reply.status_code, reply.json()) == (404, {"error": "No match found"})

    async def test_a_prompt_is_required(self, call: Call) -> None:
        reply = await call("/api/generate", prompt="")
        assert (reply.status_code, reply.json()) == (400, {"error": "prompt is required"})


@pytest.mark.usefixtures("library")
class TestTaxonomies:
    async def test_lists_the_catalog_and_what_is_in_the_library(
        self, client: httpx.AsyncClient, core: Core
    ) -> None:
        await _fill(core, make_image(id="e" * 20, model="my-own", character="zoe"))
        characters = (await client.get("/api/characters")).json()["characters"]
        assert characters == ["aaliyah", "aya", "bella", "mira", "noa", "zoe"]
        assert "my-own" in (await client.get("/api/models")).json()["models"]
        assert {"photoreal", "illustration", "cinematic"} <= set(
            (await client.get("/api/styles")).json()["styles"]
        )

    async def test_can_be_kept_and_asked_for_again(self, client: httpx.AsyncClient) -> None:
        first = await client.get("/api/models")
        assert "max-age" in first.headers["cache-control"]
        again = await client.get("/api/models", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


class TestImages:
    async def test_an_image_can_be_fetched_by_its_id(
        self, client: httpx.AsyncClient, call: Call, core: Core, key: str
    ) -> None:
        await _fill(core, make_image())
        headers = {"Authorization": f"Bearer {key}"}
        reply = await client.get(f"/api/images/{'a' * 20}", headers=headers)
        assert reply.json()["image"]["caption"].startswith("A misty lake")
        assert (await client.get("/api/images/none", headers=headers)).status_code == 404

    async def test_only_the_owner_deletes(
        self, client: httpx.AsyncClient, core: Core, key: str, make_caller: MakeCaller
    ) -> None:
        owner: Caller = await make_caller("tester")
        await _fill(core, make_image(account_id=owner.account_id))
        await core.objects.put("images/aa/a.png", b"x")
        other = await core.administer.create_key("other")
        path = f"/api/images/{'a' * 20}"
        refused = await client.delete(path, headers={"Authorization": f"Bearer {other}"})
        assert refused.status_code == 404
        done = await client.delete(path, headers={"Authorization": f"Bearer {key}"})
        assert (done.status_code, done.content) == (204, b"")
        assert not await core.objects.exists("images/aa/a.png")

    async def test_a_private_picture_is_seen_by_its_owner_alone(
        self, client: httpx.AsyncClient, core: Core, key: str, make_caller: MakeCaller
    ) -> None:
        owner: Caller = await make_caller("tester")
        await _fill(core, make_image(account_id=owner.account_id, shared=False))
        other = await core.administer.create_key("other")
        for secret, count in ((key, 1), (other, 0)):
            headers = {"Authorization": f"Bearer {secret}"}
            reply = await client.post("/api/search", json={"query": "lake"}, headers=headers)
            assert reply.json()["count"] == count


class TestErrors:
    @pytest.mark.parametrize("path", ["/api/search", "/api/generate"])
    async def test_a_key_is_needed(self, client: httpx.AsyncClient, path: str) -> None:
        reply = await client.post(path, json={"query": "x", "prompt": "x"})
        assert reply.status_code == 401
        assert set(reply.json()) == {"error"}

    async def test_other_methods_and_paths_keep_the_shape(self, client: httpx.AsyncClient) -> None:
        for method, path, status in (
            ("GET", "/api/search", 405),
            ("POST", "/api/models", 405),
            ("POST", "/api/search/more", 404),
        ):
            reply = await client.request(method, path)
            assert (reply.status_code, set(reply.json())) == (status, {"error"})

    async def test_a_failing_encoder_is_a_502(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from imgen.errors import Unavailable
        from imgen.library.embed.onnx_encoder import OnnxEncoder

        async def fail(*_arguments: object) -> None:
            raise Unavailable("The encoder is down")

        monkeypatch.setattr(OnnxEncoder, "encode", fail)
        reply = await call("/api/search", query="lake")
        assert (reply.status_code, reply.json()) == (502, {"error": "The encoder is down"})
