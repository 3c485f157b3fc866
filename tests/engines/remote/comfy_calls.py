"""The comfyui engine on a server that a test holds, and what it was sent there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.protocol import EngineResult
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.local import Told, make_request

SDXL = {"checkpoint": "meadow.safetensors"}
FLUX = {
    "unet": "meadow.safetensors",
    "clip": ["clip_l.safetensors", "t5xxl.safetensors"],
    "vae": "meadow.safetensors",
}


def make_engine(*fleet: FakeComfy, **changes: Any) -> ComfyUiEngine:
    """One that does not wait long."""
    quick = {"poll_seconds": 0.02, "patience_seconds": 0.3, "timeout_seconds": 2.0}
    return ComfyUiEngine(urls=[one.url for one in fleet], **{**quick, **changes})


async def make(
    fleet: FakeComfy, options: Mapping[str, object] = SDXL, told: Told | None = None, **changes: Any
) -> EngineResult:
    """What comes of a small landscape."""
    return await make_engine(fleet).run(make_request(options=options, **changes), told or Told())


def nodes(fake: FakeComfy) -> dict[str, dict[str, Any]]:
    """The latest prompt's inputs by node type."""
    prompt = fake.prompts[-1]["prompt"]
    return {node["class_type"]: node["inputs"] for node in prompt.values()}
