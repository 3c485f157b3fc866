"""An engine that costs nothing, and misbehaves when the prompt says so."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import numpy as np

from imgen.engines.protocol import EngineRequest, EngineResult, Progress
from imgen.errors import Invalid, Unavailable, Upstream

_failures: Counter[int] = Counter()


class InstantEngine:
    """One grey per seed. Words in the prompt make it slow (`sleep 0.5`) or fail."""

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        if "impossible" in request.prompt:
            raise Invalid("This cannot be drawn")
        if "crash" in request.prompt:
            raise RuntimeError("boom")
        if "breaks the device" in request.prompt:
            raise Unavailable("The device does not work any more", code="device_broken")
        if "flaky" in request.prompt and _failures[request.seed] < 1:
            _failures[request.seed] += 1
            raise Upstream("The fleet is busy")
        if found := re.search(r"sleep (\d+(?:\.\d+)?)", request.prompt):
            await _sleep(float(found[1]), progress)
        shade = request.seed % 200
        image = np.full((request.height // 8, request.width // 8, 3), shade, np.uint8)
        return EngineResult(image=image)


async def _sleep(seconds: float, progress: Progress) -> None:
    for step in range(10):
        progress(step, 10)
        await asyncio.sleep(seconds / 10)
