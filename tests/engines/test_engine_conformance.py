"""What every engine promises, whatever it is made of. Add an engine to `_ENGINES` to test it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imgen.catalog.load import load_catalog
from imgen.engines.protocol import Abandoned, Engine, EngineRequest, EngineResult, Task
from imgen.engines.registry import BUILT_IN, Registry
from imgen.errors import Invalid
from tests.engines.remote.conformance import REMOTE

_ENGINES = ("sketch", *REMOTE)
_ELSEWHERE = ("diffusers",)
"""Run through the same tests where what they need is: tests/engines/diffusers."""
_MODELS = load_catalog().models


def make_request(**changes: Any) -> EngineRequest:
    """A small landscape."""
    plain = EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model="sketch",
        prompt="a lake in the mountains",
        negative_prompt="",
        width=384,
        height=256,
        seed=11,
        steps=8,
    )
    return replace(plain, **changes)


def _input() -> dict[str, Any]:
    """A picture with a disc in it, and a mask over the disc."""
    rows, columns = np.mgrid[0:256, 0:384]
    disc = (rows - 128) ** 2 + (columns - 192) ** 2 < 60**2
    image = np.full((256, 384, 3), (120, 160, 90), np.uint8)
    image[disc] = (200, 40, 40)
    return {"image": image, "mask": np.where(disc, 255, 0).astype(np.uint8)}


@pytest.fixture(params=_ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    if request.param in REMOTE:
        async with REMOTE[request.param]() as remote:
            yield remote
    else:
        yield Registry({}).engine(_MODELS[request.param].engine)


async def _run_or_refuse(engine: Engine, request: EngineRequest) -> EngineResult:
    """The result; an engine elsewhere may say that it cannot do a task, and nothing else."""
    try:
        return await engine.run(request, _ignore)
    except Invalid as error:
        if error.field == "model" and "cannot do" in error.message:
            pytest.skip(error.message)
        raise


def _ignore(step: int, of: int) -> None:
    assert 0 <= step <= of


def test_every_built_in_engine_is_tested_here() -> None:
    assert set(BUILT_IN) == {*_ENGINES, *_ELSEWHERE}


async def test_the_picture_has_the_size_asked_for(engine: Engine) -> None:
    result = await engine.run(make_request(), _ignore)
    assert result.image.shape == (256, 384, 3)
    assert result.image.dtype == np.uint8
    assert result.image.std() > 5


async def test_the_same_request_gives_the_same_bytes_and_another_seed_others(
    engine: Engine,
) -> None:
    one = await engine.run(make_request(), _ignore)
    again = await engine.run(make_request(), _ignore)
    other = await engine.run(make_request(seed=12), _ignore)
    assert np.array_equal(one.image, again.image)
    assert not np.array_equal(one.image, other.image)


async def test_progress_is_told_and_only_goes_up(engine: Engine) -> None:
    told: list[float] = []

    def listen(step: int, of: int) -> None:
        told.append(step / of)

    await engine.run(make_request(), listen)
    assert len(told) >= 2
    assert told == sorted(told)


async def test_an_abandoned_job_stops(engine: Engine) -> None:
    def refuse(_step: int, _of: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        await engine.run(make_request(), refuse)


async def test_transparency_is_given_when_asked_for_or_said_to_be_lost(engine: Engine) -> None:
    result = await engine.run(make_request(prompt="a red car", transparent=True), _ignore)
    if "transparent" in result.ignored:
        assert result.image.shape == (256, 384, 3)
        return
    assert result.image.shape == (256, 384, 4)
    alpha = result.image[..., 3]
    assert alpha.min() == 0
    assert alpha.max() == 255


@pytest.mark.parametrize(
    ("task", "changes", "shape"),
    [
        (Task.IMAGE_TO_IMAGE, {}, (256, 384, 3)),
        (Task.INPAINT, {"prompt": "a flower"}, (256, 384, 3)),
        (Task.ERASE, {}, (256, 384, 3)),
        (Task.OUTPAINT, {"width": 512, "height": 320}, (320, 512, 3)),
        (Task.UPSCALE, {"width": 768, "height": 512}, (512, 768, 3)),
        (Task.REMOVE_BACKGROUND, {}, (256, 384, 4)),
        (Task.REPLACE_BACKGROUND, {"prompt": "a beach"}, (256, 384, 3)),
    ],
)
async def test_each_task_that_the_catalog_lists_gives_its_shape(
    engine: Engine, task: Task, changes: dict[str, Any], shape: tuple[int, ...]
) -> None:
    if not _MODELS["sketch"].can(task):
        pytest.fail(f"the catalog lists no {task}")
    given = _input()
    if task is Task.REPLACE_BACKGROUND:  # a cut-out is what every engine takes
        given["image"] = np.dstack([given["image"], given["mask"]])
    result = await _run_or_refuse(engine, make_request(task=task, **given, **changes))
    assert result.image.shape == shape


async def test_what_is_outside_the_mask_stays_as_it_was(engine: Engine) -> None:
    given = _input()
    for task in (Task.INPAINT, Task.ERASE):
        result = await engine.run(make_request(task=task, prompt="a flower", **given), _ignore)
        kept = given["mask"] == 0
        assert np.array_equal(result.image[kept], given["image"][kept])
