"""The remote engines for the suite that every engine runs: each with a server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from imgen.engines.protocol import Engine, EngineRequest, EngineResult, Progress
from imgen.engines.registry import Registry
from tests.engines.remote.comfy import comfy
from tests.engines.remote.openai_server import KEY, openai_server
from tests.engines.remote.runpod_server import KEY as POD_KEY
from tests.engines.remote.runpod_server import runpod_server

_GRAPH = {
    "checkpoint": "meadow.safetensors",
    "upscaler": "meadow.safetensors",
    "matting": "meadow.safetensors",
}


@dataclass(frozen=True)
class WithOptions:
    """An engine whose every request has a model's options."""

    engine: Engine
    options: Mapping[str, object]

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        return await self.engine.run(replace(request, options=self.options), progress)


@asynccontextmanager
async def _comfyui() -> AsyncIterator[Engine]:
    async with comfy() as fake:
        settings: dict[str, object] = {"urls": [fake.url], "poll_seconds": 0.05}
        yield WithOptions(Registry({}, settings={"comfyui": settings}).engine("comfyui"), _GRAPH)


@asynccontextmanager
async def _runpod() -> AsyncIterator[Engine]:
    async with runpod_server() as fake:
        settings: dict[str, object] = {
            "key": POD_KEY,
            "url": fake.url,
            "first_poll_seconds": 0.01,
            "longest_poll_seconds": 0.02,
        }
        engine = Registry({}, settings={"runpod": settings}).engine("runpod")
        yield WithOptions(engine, {**_GRAPH, "endpoint": "pictures"})


@asynccontextmanager
async def _openai() -> AsyncIterator[Engine]:
    async with openai_server() as fake:
        settings: dict[str, object] = {"url": fake.url, "key": KEY}
        engine = Registry({}, settings={"openai": settings}).engine("openai")
        yield WithOptions(engine, {"model": "meadow", "dialect": "vllm-omni"})


REMOTE: Mapping[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
    "comfyui": _comfyui,
    "runpod": _runpod,
    "openai": _openai,
}
"""Name → how it is opened."""
