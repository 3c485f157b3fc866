"""Whatever is sent to ImageAPI v1: one error shape, the right status, nothing made or counted."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from imgen.errors import Invalid
from imgen.http.fields import read_fields
from imgen.surfaces.imageapi_v1 import wire
from imgen.wiring.core import Core
from tests.surfaces.imageapi_v1.conftest import Post

_MAKING = [
    "/generate",
    "/generate/product",
    "/generate/logo",
    "/product",
    "/logo",
]
_WRONG: dict[str, list[object]] = {
    "prompt": [5, ["a"], {"a": 1}, True, "", "   ", "x" * 2001, "-hat", ", ,"],
    "negative_prompt": [5, ["x"], "x" * 1001],
    "width": ["512", 512.5, True, [], 255, 1025, -1, 0, 10**30],
    "height": ["512", 512.5, False, {}, 255, 1025, -1, 0, 10**30],
    "num_inference_steps": ["4", 1.5, True, 0, 51, -1, 10**30],
    "seed": ["1", 1.5, True, [], -1, 2**63, 2**64, 10**40],
    "model": [5, [], {}, "x" * 201, "no-such-model"],
    "transparent": [1, "true", []],
}


async def _refused(core: Core, reply: httpx.Response, status: int = 400) -> str:
    """The one shape, and no trace but a line in the log that is not counted."""
    body = reply.json()
    assert reply.status_code == status, body
    assert body["success"] is False
    assert set(body) <= {"success", "error", "request_id", "retry_after"}
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body["request_id"].startswith("req_")
    async with core.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT count(*) FROM jobs), (SELECT coalesce(sum(requests), 0) FROM usage)"
        )
        assert await cursor.fetchone() == (0, 0)
    return str(body["error"])


def test_the_table_of_wrong_values_is_complete() -> None:
    assert set(_WRONG) == set(wire.Picture.model_fields)


@pytest.mark.parametrize("field", sorted(_WRONG))
async def test_every_wrong_value_of_a_field_is_refused_by_name(
    core: Core, post: Post, field: str
) -> None:
    for value in _WRONG[field]:
        reply = await post("/generate", {"prompt": "a lake", "model": "instant", field: value})
        error = await _refused(core, reply)
        assert field in error or field == "model", (value, error)


@pytest.mark.parametrize("path", _MAKING)
async def test_every_endpoint_that_makes_pictures_needs_a_prompt(
    core: Core, post: Post, path: str
) -> None:
    assert await _refused(core, await post(path, {})) == "prompt is required"
    assert await _refused(core, await post(path, {"prompt": None})) == "prompt is required"


_NO_JSON = [
    b"",
    b"{",
    b"nonsense",
    b"[]",
    b'"prompt"',
    b"null",
    b'{"prompt": "a"} x',
    b'{"prompt": "a", "seed": NaN}',
    b'{"prompt": "a", "seed": Infinity}',
    b'{"prompt": "a", "seed": -Infinity}',
    b'{"prompt": "a", "seed": 1' + b"0" * 6000 + b"}",
    b'{"prompt": "\\ud800"}',
    b'{"prompt": "\xff"}',
    b'{"prompt": "a\\u0000b"}',
    b"[" * 50_000,
    b'{"a":' * 10_000,
]


@pytest.mark.parametrize("path", ["/generate", "/prompt/enhance", "/prompt/build"])
async def test_a_body_that_is_no_good_json_object_is_a_400(
    core: Core, v1: httpx.AsyncClient, key: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    for body in _NO_JSON:
        await _refused(core, await v1.post(f"/api/v1{path}", content=body, headers=headers))


async def test_a_number_too_large_for_any_number_is_a_400(
    core: Core, v1: httpx.AsyncClient, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    for field in ("width", "seed", "num_inference_steps"):
        body = f'{{"prompt": "a", "{field}": 1e999}}'
        error = await _refused(
            core, await v1.post("/api/v1/generate", content=body, headers=headers)
        )
        assert error == f"{field} must be an integer"


async def test_another_content_type_is_a_415(core: Core, v1: httpx.AsyncClient, key: str) -> None:
    reply = await v1.post(
        "/api/v1/generate", data={"prompt": "a"}, headers={"Authorization": f"Bearer {key}"}
    )
    assert "application/json" in await _refused(core, reply, 415)


async def test_a_body_over_the_limit_is_a_413(core: Core, post: Post) -> None:
    reply = await post("/generate", {"prompt": "a", "extra": "x" * 5_000_000})
    assert "bytes" in await _refused(core, reply, 413)


async def test_an_unknown_path_is_a_404_and_another_method_a_405(
    core: Core, v1: httpx.AsyncClient
) -> None:
    await _refused(core, await v1.get("/api/v1/nothing"), 404)
    await _refused(core, await v1.get("/api/v1/generate"), 405)
    await _refused(core, await v1.post("/api/v1/models"), 405)


async def test_without_a_good_key_it_is_a_401(core: Core, v1: httpx.AsyncClient) -> None:
    calls = [("POST", path) for path in (*_MAKING, "/prompt/enhance", "/prompt/build")]
    for method, path in [*calls, ("GET", "/usage")]:
        for bad in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}):
            reply = await v1.request(method, f"/api/v1{path}", headers=bad)
            await _refused(core, reply, 401)


async def test_a_suspended_account_and_one_without_a_plan_are_403(
    core: Core, v1: httpx.AsyncClient, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    await core.administer.suspend("tester")
    reply = await v1.post("/api/v1/generate", json={"prompt": "a"}, headers=headers)
    assert "suspended" in await _refused(core, reply, 403)
    await core.administer.suspend("tester", False)
    await core.administer.change_plan("tester", None)
    reply = await v1.post("/api/v1/generate", json={"prompt": "a"}, headers=headers)
    assert "plan" in await _refused(core, reply, 403)


async def test_a_model_that_cannot_run_here_is_refused_with_the_reason(
    core: Core, post: Post
) -> None:
    error = await _refused(core, await post("/generate", {"prompt": "a", "model": "lucid-origin"}))
    assert "lucid-origin" in error
    assert "not available" in error


async def test_a_model_that_the_plan_leaves_out_is_a_403(core: Core, v1: httpx.AsyncClient) -> None:
    async with core.database.connection() as connection:
        await connection.execute(
            "INSERT INTO plans (slug, name, models) VALUES ('narrow', 'Narrow', '{instant}')"
        )
    key = await core.administer.create_key("narrow", plan="narrow")
    try:
        reply = await v1.post(
            "/api/v1/generate",
            json={"prompt": "a", "model": "sketch"},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert "sketch" in await _refused(core, reply, 403)
    finally:
        async with core.database.connection() as connection:
            await connection.execute("UPDATE accounts SET plan = NULL WHERE plan = 'narrow'")
            await connection.execute("DELETE FROM plans WHERE slug = 'narrow'")


_BAD_BATCHES: list[tuple[dict[str, Any], str]] = [
    ({"items": []}, "at least one"),
    ({"items": {}}, "array"),
    ({"items": "a"}, "array"),
    ({"items": 5}, "array"),
    ({"items": [{"prompt": "a"}], "prompt": "b"}, "not both"),
    ({"items": [{"prompt": "a"}], "width": 5000}, "width"),
    ({"items": [{"prompt": "a"}], "seed": "x"}, "seed"),
    ({"items": [{"prompt": "a"}] * 101}, "100"),
]


@pytest.mark.parametrize("path", _MAKING)
async def test_a_bad_batch_is_refused_as_a_whole(core: Core, post: Post, path: str) -> None:
    for fields, said in _BAD_BATCHES:
        assert said in await _refused(core, await post(path, fields))


async def test_a_prompt_tool_refuses_what_it_cannot_use(core: Core, post: Post) -> None:
    for path, fields, said in (
        ("/prompt/enhance", {}, "prompt is required"),
        ("/prompt/enhance", {"prompt": ""}, "prompt is required"),
        ("/prompt/enhance", {"prompt": 5}, "prompt must be a string"),
        ("/prompt/enhance", {"prompt": "x" * 2001}, "at most 2000"),
        ("/prompt/enhance", {"prompt": "a", "tone": 5}, "tone must be a string"),
        ("/prompt/enhance", {"prompt": "a", "tone": "x" * 501}, "tone must be at most 500"),
        ("/prompt/build", {}, "at least one of subject, setting"),
        ("/prompt/build", {"subject": " ", "mood": None}, "at least one of subject, setting"),
        ("/prompt/build", {"subject": 5}, "subject must be a string"),
        ("/prompt/build", {"camera": "x" * 501}, "camera must be at most 500"),
        ("/prompt/build", {"unknown": "a fox"}, "at least one of subject, setting"),
    ):
        assert said in await _refused(core, await post(path, fields))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from([*wire.Picture.model_fields, "items"]),
)
@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_no_value_of_any_field_gets_past_the_reader_unread(value: object, field: str) -> None:
    fields: dict[str, Any] = {"prompt": "a lake", field: value}
    try:
        items = wire.read_items(fields, most=4)
        bodies = [wire.read_picture(item) for item in items or [fields]]
    except Invalid:
        return
    for body in bodies:
        assert 1 <= len(body.prompt) <= 2000
        assert body.seed is None or 0 <= body.seed < 2**63
        assert all(side is None or 256 <= side <= 1024 for side in (body.width, body.height))
        assert json.dumps(body.model_dump())


def test_a_whole_number_with_a_point_is_an_integer() -> None:
    assert read_fields(wire.Picture, {"prompt": "a", "width": 512.0}).width == 512


def test_a_prompt_of_2000_characters_is_taken() -> None:
    assert len(read_fields(wire.Picture, {"prompt": " " + "x" * 2000 + " "}).prompt) == 2000
