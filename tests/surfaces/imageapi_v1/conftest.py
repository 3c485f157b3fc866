"""ImageAPI v1 over a core, as a client sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from imgen.settings import Settings
from imgen.wiring.core import Core
from imgen.wiring.http import open_http

Answer = httpx.Response
Post = Callable[..., Awaitable[Answer]]

_PLAIN = """
[models.plain]
label = "Plain"
engine = "instant"
family = "test"
styles = ["professional"]
default_style = "professional"
supports_negative = false
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """With a model that takes no negatives."""
    file = tmp_path / "plain.toml"
    file.write_text(_PLAIN)
    catalog = settings.catalog.model_copy(update={"paths": (*settings.catalog.paths, file)})
    return settings.model_copy(update={"catalog": catalog})


@asynccontextmanager
async def client_of(core: Core, **generation: object) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the whole app in this process, with other settings of `generation`."""
    changed = core.settings.generation.model_copy(update=generation)
    settings = core.settings.model_copy(update={"generation": changed})
    async with (
        open_http(replace(core, settings=settings), public_url="http://imgen.test") as app,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://imgen.test", timeout=60
        ) as client,
    ):
        yield client


@pytest.fixture
async def v1(core: Core) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(core) as client:
        yield client


@pytest.fixture
def post(v1: httpx.AsyncClient, key: str) -> Post:
    """POST JSON with a good key."""

    async def send(path: str, body: object, **headers: str) -> Answer:
        return await v1.post(
            f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {key}", **headers}
        )

    return send


def data_of(reply: Answer) -> dict[str, Any]:
    """`data` of a good answer."""
    body = reply.json()
    assert reply.status_code == 200, body
    assert body["success"] is True
    assert body["request_id"] == reply.headers["x-request-id"]
    return dict(body["data"])
