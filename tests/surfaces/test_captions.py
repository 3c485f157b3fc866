"""A vision model says what pictures show; where it fails, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.errors import Upstream
from imgen.wiring.core import Core
from imgen.wiring.worker import make_worker


class _Seeing:
    """A vision model that says how bright a picture is."""

    looks = True

    async def caption(
        self, pixels: NDArray[np.uint8] | None, prompt: str, negatives: Sequence[str]
    ) -> str:
        if "unseen" in prompt:
            raise Upstream("The model is down")
        assert pixels is not None
        return f"A wall of {pixels.shape[1]} by {pixels.shape[0]} bricks."

    async def aclose(self) -> None:
        """Holds nothing."""


@pytest.fixture
async def worker(core: Core) -> AsyncIterator[None]:
    plain = make_worker(core)
    memory = replace(plain.attempt.memory, captioner=_Seeing())
    seeing = replace(plain, attempt=replace(plain.attempt, memory=memory))
    working = asyncio.create_task(seeing.run())
    yield
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("prompt", "query", "caption"),
    [
        ("a lake at dawn", "a brick wall", "A wall of 168 by 96 bricks."),
        ("an unseen castle", "a castle nobody sees", "An unseen castle."),
    ],
)
async def test_a_picture_is_found_by_what_was_seen_in_it(
    client: httpx.AsyncClient, key: str, prompt: str, query: str, caption: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    body = {"action": "generate", "prompt": prompt, "model": "instant"}
    await client.post("/api/v2", json=body, headers=headers)
    search = {"query": query, "search_in": "caption", "limit": 1}
    async with asyncio.timeout(30):
        while True:
            reply = await client.post("/api/search", json=search, headers=headers)
            found = reply.json()["results"]
            if found and found[0]["caption"] == caption and found[0]["score"] > 0.5:
                break
            await asyncio.sleep(0.05)
