"""Servers that a test's engine calls."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from imgen import logs
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
    monkeypatch.setattr("imgen.engines.remote.download._wait", lambda _number: 0.001)


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What is logged as in production, of anybody and at any level, so far."""
    libraries = ("httpcore", "websockets")  # what httpx says is switched off as everywhere
    logs.configure("debug", "json")
    for name in libraries:
        logging.getLogger(name).setLevel(logging.DEBUG)
    lines = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    yield lines.getvalue
    for name in libraries:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logs.configure("info", "json")
