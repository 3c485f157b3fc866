"""The table of engines: made once with their settings, and what stands in a model's way."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import pytest

from imgen.catalog.entries import Model, Way
from imgen.catalog.load import load_catalog
from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.registry import BUILT_IN, Registry
from imgen.errors import Unavailable, Upstream

_SKETCH = load_catalog().models["sketch"]


def _model(engine: str, *fallbacks: Way) -> Model:
    return replace(_SKETCH, key="tried", engine=engine, fallbacks=fallbacks)


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_stands_in_the_way_of_a_built_in_engine_is_told_without_its_libraries(
    name: str,
) -> None:
    said = Registry({}).obstacle(_model(name))
    assert "\n" not in said
    assert bool(said) == (name != "sketch")


def test_an_engine_that_nobody_has_is_named() -> None:
    assert "no engine dreams" in Registry({}).obstacle(_model("dreams"))
    with pytest.raises(Unavailable, match="no engine dreams"):
        Registry({}).engine("dreams")


def test_a_model_runs_where_any_of_its_ways_is_open() -> None:
    assert Registry({}).obstacle(_model("dreams", Way("sketch"))) == ""


async def _run(registry: Registry, model: Model) -> None:
    request = EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model=model.key,
        prompt="a lake",
        negative_prompt="",
        width=64,
        height=64,
        seed=1,
        steps=1,
        guidance_scale=1.0,
        style="plain",
    )
    await registry.run(model, request, lambda _step, _of: None)


async def test_an_engines_libraries_are_not_imported_where_heartbeats_are_sent() -> None:
    sys.modules.pop("tests.engines.late", None)
    with pytest.raises(Upstream, match="It was asked"):
        await _run(Registry({"late": "tests.engines.late:LateEngine"}), _model("late"))
    assert sys.modules["tests.engines.late"].IMPORTED_BY is not threading.main_thread()


@pytest.mark.parametrize("place", ["no.such.module:Engine", "tests.engines.late:NoSuchEngine"])
async def test_an_engine_that_cannot_be_loaded_hands_over_to_the_next(place: str) -> None:
    registry = Registry({"broken": place, "late": "tests.engines.late:LateEngine"})
    with pytest.raises(Upstream, match="It was asked"):
        await _run(registry, _model("broken", Way("late")))
    with pytest.raises(Unavailable, match="cannot be loaded"):
        await _run(registry, _model("broken"))


def test_an_engine_is_made_once() -> None:
    registry = Registry({})
    assert registry.engine("sketch") is registry.engine("sketch")
