"""Whatever is sent to Imgen v2: its own error shape, the right status, and nothing stored."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from imgen.errors import Invalid
from imgen.http.fields import Body
from imgen.surfaces.imgen_v2 import wire
from imgen.wiring.core import Core

_WRONG: dict[str, object] = {
    "prompt": 5,
    "model": 5,
    "negative": ["x"],
    "optimize": "yes",
    "use_cache": 1,
    "cache_only": "true",
    "cache_force": [],
    "cache_pick": "5",
    "width": "1344",
    "height": 768.5,
    "style": {},
    "format": 1,
    "quality": True,
    "lossless": 0,
    "compliance_ruleset": 7,
    "precompliance": {"a": 1},
    "wm_image": 5,
    "wm_position": 5,
    "wm_scale": "5",
    "wm_transparency": [],
    "wm_rotation": "90",
    "wm_padding_x": {},
    "wm_padding_y": False,
    "cs_author": 5,
    "cs_title": 5,
    "cs_description": 5,
    "cs_organization": 5,
    "cs_vendor": 5,
}


@pytest.fixture
def headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


async def _refused(
    core: Core, client: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> str:
    reply = await client.post("/api/v2", content=body, headers=headers)
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error"}
    assert reply.headers["x-request-id"].startswith("req_")
    async with core.database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    assert row == (0,)
    return str(reply.json()["error"])


def test_the_table_of_wrong_types_is_complete() -> None:
    assert set(_WRONG) == set(wire.Generate.model_fields)


@pytest.mark.parametrize("field", sorted(_WRONG))
async def test_a_field_of_the_wrong_type_is_named(
    core: Core, client: httpx.AsyncClient, headers: dict[str, str], field: str
) -> None:
    body = {"action": "generate", "prompt": "a lake", field: _WRONG[field]}
    reply = await client.post("/api/v2", json=body, headers=headers)
    assert reply.status_code == 400
    assert reply.json()["error"].startswith(f"{field} must be ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b'[{"action": "models"}]',
        b'"models"',
        b"null",
        b'{"action": "models"} x',
        b'{"action": "generate", "prompt": "\\ud800"}',
        b'{"action": "generate", "prompt": "\xff"}',
        b'{"action": "generate", "prompt": "a\\u0000b"}',
        b'{"action": "generate", "prompt": "a", "x": {"y": ["\\u0000"]}}',
        b'{"action": "generate", "prompt": "a", "width": NaN}',
        b'{"action": "generate", "prompt": "a", "width": 1' + b"0" * 6000 + b"}",
        b"[" * 50_000,
        b'{"a":' * 50_000,
    ],
)
async def test_a_body_that_is_no_good_json_object_is_a_400(
    core: Core, client: httpx.AsyncClient, headers: dict[str, str], body: bytes
) -> None:
    assert await _refused(core, client, headers, body, 400)


async def test_a_number_beyond_64_bits_does_no_harm(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    body = {"action": "generate", "prompt": "a", "model": "instant", "width": 10**30}
    assert (await client.post("/api/v2", json=body, headers=headers)).status_code == 200


async def test_ten_megabytes_are_too_many(
    core: Core, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    body = b'{"action": "generate", "prompt": "a", "wm_image": "' + b"A" * 10_000_000 + b'"}'
    assert "bytes" in await _refused(core, client, headers, body, 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_a_415(
    core: Core, client: httpx.AsyncClient, headers: dict[str, str], content_type: str
) -> None:
    headers["Content-Type"] = content_type
    error = await _refused(core, client, headers, b'{"action": "models"}', 415)
    assert "application/json" in error


async def test_json_with_a_charset_is_json(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    headers["Content-Type"] = "application/json; charset=utf-8"
    reply = await client.post("/api/v2", content=b'{"action": "models"}', headers=headers)
    assert reply.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_another_method_is_a_405_in_the_same_shape(
    client: httpx.AsyncClient, method: str
) -> None:
    reply = await client.request(method, "/api/v2")
    assert (reply.status_code, reply.json()) == (405, {"error": "Method not allowed"})


async def test_an_unknown_path_is_a_404_in_the_same_shape(client: httpx.AsyncClient) -> None:
    for path in ("/api/v2/generate", "/nothing"):
        reply = await client.post(path)
        assert (reply.status_code, reply.json()) == (404, {"error": "Not found"})


async def test_double_slashes_are_collapsed(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    body = {"action": "models"}
    reply = await client.post("http://imgen.test//api///v2", json=body, headers=headers)
    assert reply.status_code == 200


async def test_huge_headers_are_a_431(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    reply = await client.post(
        "/api/v2", json={"action": "models"}, headers={**headers, "X-Big": "x" * 40_000}
    )
    assert reply.status_code == 431
    assert set(reply.json()) == {"error"}


async def test_a_crash_is_a_500_that_says_nothing(
    client: httpx.AsyncClient, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("imgen.surfaces.imgen_v2.translate.models_reply", explode)
    reply = await client.post("/api/v2", json={"action": "models"}, headers=headers)
    assert (reply.status_code, reply.json()) == (500, {"error": "Internal error"})


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_fields = st.dictionaries(
    st.sampled_from([*wire.Generate.model_fields, "id", "character", "progress"]), _json, max_size=5
)


@hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    action=st.sampled_from(["generate", "status", "optimize", "random", "cancel", "models"]),
    fields=_fields,
    prompt=st.text(max_size=50),
)
def test_no_json_object_is_ever_a_5xx(action: str, fields: dict[str, Any], prompt: str) -> None:
    """On the wire models alone: reading either gives a body or a refusal that names a field."""
    models: dict[str, type[Body]] = {
        "generate": wire.Generate,
        "status": wire.Status,
        "optimize": wire.Optimize,
        "random": wire.Random,
        "cancel": wire.Cancel,
        "models": Body,
    }
    model = models[action]
    refusal = None
    try:
        body: object = wire.read(model, {"prompt": prompt, **fields})
    except Invalid as error:
        refusal, body = error, None
    assert isinstance(body, model) or (refusal and refusal.field in model.model_fields)
