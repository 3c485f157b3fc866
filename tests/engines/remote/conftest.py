"""Servers that a test's engine calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engines.remote.comfy import FakeComfy, comfy
from tests.engines.remote.openai_server import FakeOpenAi, openai_server
from tests.engines.remote.runpod_server import FakeRunPod, runpod_server


@pytest.fixture
async def fleet() -> AsyncIterator[FakeComfy]:
    async with comfy() as fake:
        yield fake


@pytest.fixture
async def pod() -> AsyncIterator[FakeRunPod]:
    async with runpod_server() as fake:
        yield fake


@pytest.fixture
async def vendor() -> AsyncIterator[FakeOpenAi]:
    async with openai_server() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries are as short as can be; how long they are is tested on its own."""

    def shortened(number: int, failure: Any, longest: float) -> float:
        return 0.001 if failure.after is None else float(failure.after)

    monkeypatch.setattr("imgen.engines.remote.server._wait", shortened)
