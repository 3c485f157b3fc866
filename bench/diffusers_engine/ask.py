"""The same pictures asked for in three ways: of our engine, one by one, and in batches by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, EngineResult, Task

PROMPT = "a lighthouse on a cliff at dusk, warm light in the windows, waves"
Picture = NDArray[np.float32]
"""(height, width, 3), 0 to 1."""


def request(weights: Path, *, seed: int, side: int, steps: int, **changes: Any) -> EngineRequest:
    """One picture to make."""
    given: dict[str, Any] = {"guidance_scale": 5.0, **changes}
    options = {"weights": str(weights), **given.pop("options", {})}
    return EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model="measured",
        prompt=PROMPT,
        negative_prompt="",
        width=side,
        height=side,
        seed=seed,
        steps=steps,
        options=options,
        **given,
    )


def one_by_one(pipe: Any, requests: Sequence[EngineRequest], **more: Any) -> list[Picture]:
    """What one would write without us: a call of the pipeline for each picture."""
    return [by_hand(pipe, [one], **more)[0] for one in requests]


def by_hand(pipe: Any, requests: Sequence[EngineRequest], **more: Any) -> list[Picture]:
    """One call of the pipeline for all, as somebody would write who has them all at hand.

    Args:
        more: of the pipeline's arguments.
    """
    first = requests[0]
    output = pipe(
        [one.prompt for one in requests],
        width=first.width,
        height=first.height,
        num_inference_steps=first.steps,
        guidance_scale=first.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(one.seed) for one in requests],
        output_type="np",
        **more,
    )
    return list(output.images)


async def ours(engine: Any, requests: Sequence[EngineRequest]) -> list[EngineResult]:
    """All at once, as a worker's jobs come."""

    async def one(order: EngineRequest) -> EngineResult:
        result: EngineResult = await engine.run(order, lambda _step, _of: None)
        return result

    return list(await asyncio.gather(*map(one, requests)))


def pictures(results: Sequence[EngineResult]) -> list[Picture]:
    """What the engine answered, to be compared."""
    return [(one.image / 255.0).astype(np.float32) for one in results]


def apart(some: Sequence[Picture], others: Sequence[Picture]) -> tuple[float, float]:
    """(mean, 99th percentile) of how far pictures are apart, in levels of 255."""
    gaps = [np.abs(one - other) * 255 for one, other in zip(some, others, strict=True)]
    return (
        max(float(gap.mean()) for gap in gaps),
        max(float(np.percentile(gap, 99)) for gap in gaps),
    )
