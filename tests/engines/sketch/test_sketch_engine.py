"""The engine as a worker sees it."""

from __future__ import annotations

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned, EngineRequest, EngineResult, Task
from imgen.engines.sketch.edits.registry import EDITS
from imgen.engines.sketch.engine import SketchEngine


def make_request(**changes: object) -> EngineRequest:
    fields: dict[str, object] = {
        "task": Task.TEXT_TO_IMAGE, "model": "sketch", "prompt": "a boat on a lake",
        "negative_prompt": "", "width": 320, "height": 256, "seed": 5, **changes,
    }  # fmt: skip
    return EngineRequest(**fields)  # type: ignore[arg-type]


async def run(request: EngineRequest) -> EngineResult:
    return await SketchEngine().run(request, lambda step, of: None)


async def test_text_becomes_a_picture_of_the_size_asked_for() -> None:
    result = await run(make_request())
    assert result.image.shape == (256, 320, 3)
    assert result.image.dtype == np.uint8


async def test_transparency_gives_the_things_alone() -> None:
    result = await run(make_request(transparent=True))
    alpha = result.image[..., 3]
    assert result.image.shape == (256, 320, 4)
    assert alpha.min() == 0
    assert alpha.max() == 255


async def test_two_engines_give_the_same_bytes() -> None:
    first, second = [(await run(make_request())).image for _ in range(2)]
    assert np.array_equal(first, second)


def test_every_other_task_has_an_edit() -> None:
    assert set(EDITS) == set(Task) - {Task.TEXT_TO_IMAGE}


async def test_other_tasks_work_on_the_picture_given() -> None:
    picture = (await run(make_request())).image
    request = make_request(task=Task.IMAGE_TO_IMAGE, image=picture, strength=0.0)
    assert np.array_equal((await run(request)).image, picture)


async def test_being_abandoned_passes_through() -> None:
    def stop(step: int, of: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        await SketchEngine().run(make_request(), stop)


async def test_progress_is_told_several_times() -> None:
    told: list[int] = []
    await SketchEngine().run(make_request(steps=20), lambda step, of: told.append(step))
    assert len(set(told)) >= 4
