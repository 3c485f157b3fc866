"""Kill -9 to the worker while ComfyUI paints: the client gets the picture, painted once."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from imgen.engines.comfyui.prompt import prompt_id
from tests.engines.remote.comfy import FakeComfy, comfy
from tests.engines.remote.local import noise
from tests.live import Deployment, deployed

_CATALOG = """
[models.meadow]
label = "Meadow"
engine = "comfyui"
family = "sdxl"
styles = ["professional"]
default_style = "professional"
steps = 6
options = { checkpoint = "meadow.safetensors" }
"""
_SECONDS = 60


@contextmanager
def comfy_beside() -> Iterator[tuple[FakeComfy, asyncio.AbstractEventLoop]]:
    """A ComfyUI that goes on whatever happens to imgen's processes."""
    ready = threading.Event()
    found: list[Any] = []

    async def run() -> None:
        ended = asyncio.Event()
        async with comfy() as fake:
            found.extend([fake, asyncio.get_running_loop(), ended])
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(_SECONDS)
    fake, loop, ended = found
    try:
        yield fake, loop
    finally:
        loop.call_soon_threadsafe(fake.hold.set)
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def _until(true: Callable[[], Any]) -> Any:
    until = time.monotonic() + _SECONDS
    while not (found := true()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def _call(client: httpx.Client, **body: Any) -> dict[str, Any]:
    reply = client.post("/api/v2", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def _picture(deployment: Deployment, reply: dict[str, Any]) -> np.ndarray[Any, Any]:
    path = httpx.URL(reply["meta"]["images"][0]["url"]).raw_path.decode()
    content = httpx.get(deployment.url + path).raise_for_status().content
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.timeout(180)
def test_a_picture_that_its_worker_did_not_live_to_see_is_painted_once(tmp_path: Path) -> None:
    catalog = tmp_path / "own.toml"
    catalog.write_text(_CATALOG)
    with comfy_beside() as (fake, loop):
        fake.hold.clear()
        variables = {
            "IMGEN_COMFYUI__URLS": json.dumps([fake.url]),
            "IMGEN_CATALOG__PATHS": json.dumps([str(catalog)]),
            "IMGEN_FINISHING__INVISIMARK": "false",
        }
        with deployed(tmp_path / "data", **variables) as deployment:
            key = deployment.run("keys", "create", "me").split()[-1]
            with deployment.client(key) as client:
                prompt = {"prompt": "a lake", "model": "meadow", "format": "png"}
                job = _call(client, action="generate", **prompt)
                named = {name: job[name] for name in ("id", "prompt", "model")}
                _until(lambda: fake.running)
                deployment.kill_worker()
                _until(lambda: deployment.events("comfyui.taken_up"))
                loop.call_soon_threadsafe(fake.hold.set)
                said = _until(
                    lambda: (
                        reply
                        if (reply := _call(client, action="status", **named))["status"]
                        not in ("IN_QUEUE", "IN_PROGRESS")
                        else None
                    )
                )
                assert said["status"] == "COMPLETED", said
                image = _picture(deployment, said)
    assert fake.painted == [prompt_id(job["id"])]
    assert len(fake.prompts) == 1
    assert np.array_equal(image, noise(int(said["meta"]["seed"]), 1344, 768))
