"""The `sketch` engine: every task of the Protocol, painted by this machine itself."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, EngineResult, Progress, Task
from imgen.engines.sketch.edits.registry import EDITS
from imgen.engines.sketch.paint import paint, paint_cutout


class SketchEngine:
    """An engine without weights. Holds no state; one instance serves any number of calls."""

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """Paint or edit, in a thread. See `imgen.engines.protocol.Engine`."""
        image = await asyncio.to_thread(_work, request, progress)
        ignored = ("control",) if request.control else ()
        return EngineResult(image=image, ignored=ignored, info={"engine": "sketch"})


def _work(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    if request.task is Task.TEXT_TO_IMAGE:
        return _painted(request, progress)
    return EDITS[request.task](request, progress)


def _painted(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    painter = paint_cutout if request.transparent else paint
    return painter(
        request.prompt,
        negative_prompt=request.negative_prompt,
        style=request.style,
        width=request.width,
        height=request.height,
        seed=request.seed,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        loras=request.loras,
        progress=progress,
    )
