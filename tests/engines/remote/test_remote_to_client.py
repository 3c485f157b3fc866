"""A picture of each remote engine, from its server through a real worker to the v2 client."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from imgen.engines.registry import Registry
from imgen.settings import Settings
from imgen.wiring.core import Core
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.local import Fault, noise
from tests.engines.remote.openai_server import KEY, FakeOpenAi
from tests.engines.remote.runpod_server import KEY as POD_KEY
from tests.engines.remote.runpod_server import FakeRunPod

_MODEL = """
[models.{key}]
label = "{key}"
engine = "{engine}"
family = "sdxl"
styles = ["professional"]
default_style = "professional"
steps = 6
options = {options}
fallbacks = {fallbacks}
"""
_GRAPH = '{ checkpoint = "meadow.safetensors" }'
_POD = '{ endpoint = "pictures", checkpoint = "meadow.safetensors" }'
_VLLM = '{ model = "meadow", dialect = "vllm-omni" }'
_MODELS = {
    "on-comfyui": ("comfyui", _GRAPH, ""),
    "on-runpod": ("runpod", _POD, ""),
    "on-openai": ("openai", _VLLM, ""),
    "on-several": ("openai", _VLLM, f'{{ engine = "comfyui", options = {_GRAPH} }}'),
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A model on each engine; without the invisible mark, so that pixels can be compared."""
    file = tmp_path / "remote.toml"
    file.write_text(
        "".join(
            _MODEL.format(key=key, engine=engine, options=options, fallbacks=f"[{others}]")
            for key, (engine, options, others) in _MODELS.items()
        )
    )
    finishing = settings.finishing.model_copy(update={"invisimark": False, "c2pa": False})
    catalog = settings.catalog.model_copy(update={"paths": (file,)})
    return settings.model_copy(update={"finishing": finishing, "catalog": catalog})


@pytest.fixture
async def core(core: Core, fleet: FakeComfy, pod: FakeRunPod, vendor: FakeOpenAi) -> Core:
    engines: dict[str, dict[str, object]] = {
        "comfyui": {"urls": [fleet.url], "poll_seconds": 0.05},
        "runpod": {"key": POD_KEY, "url": pod.url, "first_poll_seconds": 0.02},
        "openai": {"key": KEY, "url": vendor.url},
    }
    return replace(core, engines=Registry({}, settings=engines))


class Client:
    """The v2 client."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, **body: Any) -> dict[str, Any]:
        reply = await self._client.post("/api/v2", json=body, headers=self._headers)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    async def picture(self, model: str) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
        """Submit, poll, and fetch."""
        job = await self.call(action="generate", prompt="a lake, -fog", model=model, format="png")
        assert job["model"] == model
        named = {name: job[name] for name in ("id", "prompt", "model")}
        async with asyncio.timeout(30):
            while (said := await self.call(action="status", **named))["status"] != "COMPLETED":
                assert said["status"] in ("IN_QUEUE", "IN_PROGRESS"), said
                await asyncio.sleep(0.02)
        assert said["meta"]["format"] == "png"
        file = await self._client.get(said["meta"]["images"][0]["url"])
        assert file.status_code == 200
        return np.asarray(Image.open(io.BytesIO(file.content)).convert("RGB")), said["meta"]


@pytest.fixture
def v2(client: httpx.AsyncClient, key: str) -> Client:
    return Client(client, key)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("engine", ["comfyui", "runpod", "openai"])
async def test_each_engine_s_picture_reaches_the_client(
    v2: Client, vendor: FakeOpenAi, fleet: FakeComfy, pod: FakeRunPod, engine: str
) -> None:
    image, meta = await v2.picture(f"on-{engine}")
    assert image.shape == (768, 1344, 3)
    sent = {
        "comfyui": [job["prompt"]["positive"]["inputs"]["text"] for job in fleet.prompts],
        "runpod": [
            job["body"]["input"]["workflow"]["positive"]["inputs"]["text"]
            for job in pod.jobs.values()
        ],
        "openai": [call["prompt"] for call in vendor.asked],
    }
    assert {name: len(prompts) for name, prompts in sent.items() if prompts} == {engine: 1}
    assert "a lake" in sent[engine][0]
    assert np.array_equal(image, noise(int(meta["seed"]), 1344, 768))


@pytest.mark.usefixtures("worker")
async def test_where_one_engine_fails_the_next_makes_the_picture(
    v2: Client, vendor: FakeOpenAi, fleet: FakeComfy
) -> None:
    vendor.local.faults += [Fault("/images", status=500)] * 3
    image, meta = await v2.picture("on-several")
    assert np.array_equal(image, noise(int(meta["seed"]), 1344, 768))
    assert len(fleet.prompts) == 1
