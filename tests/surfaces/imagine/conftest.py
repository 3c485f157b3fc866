"""Imagine over a real core: `calls` posts forms to it."""

from __future__ import annotations

import io
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.settings import Settings

Pixels = NDArray[np.uint8]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without the invisible mark, so that what is promised of pixels can be seen exactly; and
    patient with a worker whose engine keeps the processor busy."""
    finishing = settings.finishing.model_copy(update={"invisimark": False})
    worker = settings.worker.model_copy(update={"stalled_seconds": 30.0})
    return settings.model_copy(update={"finishing": finishing, "worker": worker})


class Calls:
    """Posts forms with a key."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}"}

    async def __call__(self, path: str, accept: str = "", **parts: Any) -> httpx.Response:
        """Post a form: arrays become PNG files, bytes files, the rest text."""
        headers = self.headers | ({"Accept": accept} if accept else {})
        files: dict[str, Any] = {
            name: (name, png(part) if isinstance(part, np.ndarray) else part)
            for name, part in parts.items()
            if isinstance(part, np.ndarray | bytes)
        }
        data = {name: (None, str(part)) for name, part in parts.items() if name not in files}
        return await self.client.post(
            path, headers=headers, files=data | files or {"nothing": (None, "")}
        )

    async def picture(self, path: str, **parts: Any) -> Pixels:
        """The pixels of the PNG that a form is answered with."""
        reply = await self(path, accept="image/png", **parts)
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"] == "image/png"
        return pixels_of(reply.content)

    async def refused(self, path: str, **parts: Any) -> tuple[int, dict[str, Any]]:
        """Status and body of an error."""
        reply = await self(path, **parts)
        assert reply.status_code >= 400, reply.text
        assert reply.json()["status"] == "error"
        return reply.status_code, reply.json()


def png(pixels: Pixels) -> bytes:
    """A PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def pixels_of(data: bytes) -> Pixels:
    """(height, width, channels) of a file."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


@pytest.fixture
def calls(client: httpx.AsyncClient, key: str, worker: None) -> Calls:
    client.timeout = httpx.Timeout(60)
    return Calls(client, key)
