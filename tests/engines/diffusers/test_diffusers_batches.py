from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned, Task
from tests.engines.diffusers.conftest import Weights, disc, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")

PROMPTS = ("a lake in the mountains", "a street at night", "a red kite, (wind:1.3)")


@pytest.fixture
def engine(weights: Weights) -> Any:
    """Waits long enough that what is asked for together is painted together."""
    weights("sdxl")
    from imgen.engines.diffusers.engine import DiffusersEngine

    return DiffusersEngine(device="cpu", batch_window_ms=50)


@pytest.mark.parametrize(
    "name", ["sd15", "sdxl", "flux-dev", "flux2-klein", "qwen-image", "z-image"]
)
async def test_each_of_a_batch_is_what_it_would_be_alone(
    name: str, weights: Weights, engine: Any
) -> None:
    requests = [
        make_request(weights(name), seed=seed, prompt=prompt.ljust(24, "."), negative_prompt="fog")
        for seed, prompt in enumerate(PROMPTS)
    ]
    alone = [await engine.run(request, ignore) for request in requests]
    together = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert [one.info["batch"] for one in alone] == [1, 1, 1]
    assert [one.info["batch"] for one in together] == [3, 3, 3]
    for one, other in zip(alone, together, strict=True):
        apart = np.abs(one.image.astype(int) - other.image)
        assert apart.max() <= 1  # the order of additions is another in a larger matrix


@pytest.mark.parametrize("name", ["sdxl", "flux-dev", "qwen-image", "z-image"])
@pytest.mark.parametrize("task", [Task.IMAGE_TO_IMAGE, Task.INPAINT])
async def test_edits_of_different_pictures_in_one_batch_are_each_right(
    name: str, task: Task, weights: Weights, engine: Any
) -> None:
    pictures = [picture(), picture()[::-1].copy()]
    requests = [
        make_request(weights(name), task=task, image=image, mask=disc(), seed=seed)
        for seed, image in enumerate(pictures)
    ]
    alone = [await engine.run(request, ignore) for request in requests]
    together = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert [one.info["batch"] for one in together] == [2, 2]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1


async def test_what_differs_in_size_steps_or_guidance_is_not_painted_together(
    weights: Weights, engine: Any
) -> None:
    changes: list[dict[str, Any]] = [{}, {"width": 64}, {"steps": 2}, {"guidance_scale": 2.0}]
    results = await asyncio.gather(
        *(engine.run(make_request(weights("sdxl"), **change), ignore) for change in changes)
    )
    assert [one.info["batch"] for one in results] == [1, 1, 1, 1]


async def test_a_batch_holds_no_more_than_it_may(weights: Weights) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine(device="cpu", batch=2, batch_window_ms=50)
    results = await asyncio.gather(
        *(engine.run(make_request(weights("sdxl"), seed=seed), ignore) for seed in range(5))
    )
    assert sorted(str(one.info["batch"]) for one in results) == ["1", "2", "2", "2", "2"]


async def test_one_of_a_batch_may_be_abandoned_without_the_others(
    weights: Weights, engine: Any
) -> None:
    def leave(step: int, _of: int) -> None:
        if step == 1:
            raise Abandoned

    request = make_request(weights("sdxl"))
    alone = await engine.run(request, ignore)
    results: list[Any] = await asyncio.gather(
        engine.run(request, ignore),
        engine.run(make_request(weights("sdxl"), seed=3), leave),
        return_exceptions=True,
    )
    assert isinstance(results[1], Abandoned)
    assert np.abs(results[0].image.astype(int) - alone.image).max() <= 1


async def test_one_that_cannot_be_painted_leaves_the_others_of_its_batch_alone(
    weights: Weights, engine: Any
) -> None:
    """Prompts of other lengths make groups of their own within a batch."""
    long = "a very long road " * 12
    requests = [make_request(weights("sdxl"), prompt=text) for text in (PROMPTS[0], long)]
    alone = [await engine.run(request, ignore) for request in requests]
    together = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.image, other.image)
