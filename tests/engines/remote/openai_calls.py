"""Pictures asked of the openai engine, the short way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgen.engines.openai.engine import OpenAiEngine
from imgen.engines.protocol import EngineResult
from tests.engines.remote.local import Told, make_request
from tests.engines.remote.openai_server import KEY, FakeOpenAi

VLLM = {"model": "meadow", "dialect": "vllm-omni"}
GPT = {"model": "gpt-image-1.5"}
GPT_2 = {"model": "gpt-image-2"}
LOCAL = {"model": "meadow", "dialect": "localai"}


def make_engine(vendor: FakeOpenAi, **changes: Any) -> OpenAiEngine:
    quick: dict[str, Any] = {"url": vendor.url, "key": KEY, "timeout_seconds": 5.0}
    return OpenAiEngine(**{**quick, **changes})


async def make(
    vendor: FakeOpenAi,
    options: Mapping[str, object] = VLLM,
    told: Told | None = None,
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> EngineResult:
    engine = make_engine(vendor, **(settings or {}))
    return await engine.run(make_request(options=options, **changes), told or Told())
