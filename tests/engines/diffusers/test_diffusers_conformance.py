"""The suite that every engine runs, on a tiny SDXL with an upscaler and a matting model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgen.engines.protocol import EngineRequest, EngineResult, Progress, Task
from imgen.engines.registry import Registry
from tests.engines.diffusers.conftest import Weights
from tests.engines.test_engine_conformance import (
    test_an_abandoned_job_stops,
    test_each_task_that_the_catalog_lists_gives_its_shape,
    test_progress_is_told_and_only_goes_up,
    test_the_picture_has_the_size_asked_for,
    test_the_same_request_gives_the_same_bytes_and_another_seed_others,
    test_what_is_outside_the_mask_stays_as_it_was,
)

__all__ = [
    "test_an_abandoned_job_stops",
    "test_each_task_that_the_catalog_lists_gives_its_shape",
    "test_progress_is_told_and_only_goes_up",
    "test_the_picture_has_the_size_asked_for",
    "test_the_same_request_gives_the_same_bytes_and_another_seed_others",
    "test_what_is_outside_the_mask_stays_as_it_was",
]
pytestmark = pytest.mark.filterwarnings("ignore")


class _WithOptions:
    """An engine whose every request has a model's options."""

    def __init__(self, engine: Any, options: dict[str, object]) -> None:
        self._engine = engine
        self._options = options

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        result: EngineResult = await self._engine.run(
            replace(request, options=self._options), progress
        )
        return result


@pytest.fixture(scope="module")
def options(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    weights("sdxl")
    from tests.engines.diffusers.networks import make_matting, make_upscaler

    folder: Path = tmp_path_factory.mktemp("networks")
    return {
        "weights": str(weights("sdxl")),
        "upscaler": str(make_upscaler(folder / "upscaler.safetensors")),
        "matting": str(make_matting(folder / "matting.onnx")),
    }


@pytest.fixture(scope="module")
def engine(options: dict[str, object]) -> Any:
    settings: dict[str, object] = {"device": "cpu"}
    return _WithOptions(Registry({}, settings={"diffusers": settings}).engine("diffusers"), options)


async def test_transparency_is_given_where_there_is_a_matting_model(engine: Any) -> None:
    request = EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model="tiny",
        prompt="a red car",
        negative_prompt="",
        width=128,
        height=96,
        seed=1,
        steps=2,
        transparent=True,
    )
    result = await engine.run(request, lambda _step, _of: None)
    assert result.image.shape == (96, 128, 4)
    assert result.ignored == ()
