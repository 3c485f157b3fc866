"""ImageAPI v1 over a core, as a client sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.usage.read import ReadUsage
from imgen.generation.choose import ChooseModel
from imgen.generation.endings import Endings
from imgen.generation.wait import Deliver, Wait
from imgen.http.cors import Cors
from imgen.http.files import files_route
from imgen.http.gate import Gate
from imgen.http.health import Health, database_check, storage_check, workers_check
from imgen.http.root import make_app
from imgen.settings import Settings
from imgen.surfaces.imageapi_v1.pictures import Pictures
from imgen.surfaces.imageapi_v1.routes import ImageApiV1, Tools
from imgen.surfaces.imageapi_v1.show import Show
from imgen.wiring.core import Core
from imgen.wiring.doors import make_links

Answer = httpx.Response
Post = Callable[..., Awaitable[Answer]]
MakeV1 = Callable[..., ImageApiV1]


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


@pytest.fixture
async def endings(core: Core) -> AsyncIterator[Endings]:
    async with Endings(core.database) as endings:
        yield endings


@pytest.fixture
def make_v1(core: Core, endings: Endings) -> MakeV1:
    """The surface, with other settings."""

    def make(*, wait_seconds: float = 60.0, stand_ins: bool = False) -> ImageApiV1:
        choose = ChooseModel(core.catalog, core.engines, stand_ins)
        links = make_links(core, "http://imgen.test")
        return ImageApiV1(
            gate=Gate(authenticate=Authenticate(core.database), database=core.database),
            pictures=Pictures(
                catalog=core.catalog,
                choose=choose,
                deliver=Deliver(core.submit, Wait(core.database, endings)),
                show=Show(core.database, core.objects, links, link_seconds=60),
                wait_seconds=wait_seconds,
            ),
            tools=Tools(
                catalog=core.catalog,
                choose=choose,
                enhancer=core.enhancer,
                usage=ReadUsage(core.database),
                health=Health(
                    [
                        database_check(core.database),
                        storage_check(core.objects),
                        workers_check(core.database, silent_seconds=10),
                    ],
                    fresh_seconds=0,
                ),
            ),
            max_body_bytes=64 * 1024,
        )

    return make


def client_of(core: Core, surface: ImageApiV1) -> httpx.AsyncClient:
    """HTTP to this surface in this process."""
    links = make_links(core, "http://imgen.test")
    app = make_app(
        [surface.surface()], [files_route(core.objects, links)], max_header_bytes=32 * 1024
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(Cors(app)), base_url="http://imgen.test", timeout=60
    )


@pytest.fixture
async def v1(core: Core, make_v1: MakeV1) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(core, make_v1()) as client:
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
