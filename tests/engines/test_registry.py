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


def _stumbling(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def stumble(_options: object, _settings: object) -> str:
        raise error

    monkeypatch.setattr("imgen.engines.openai.offer.obstacle", stumble)


@pytest.mark.parametrize(
    "error", [PermissionError("secret"), UnicodeDecodeError("", b"", 0, 0, "")]
)
async def test_a_look_for_obstacles_that_crashes_is_an_obstacle(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    _stumbling(monkeypatch, error)
    said = Registry({}).obstacle(_model("openai"))
    assert said == "the files of its engine openai cannot be read"
    registry = Registry({"late": "tests.engines.late:LateEngine"})
    with pytest.raises(Upstream, match="It was asked"):
        await _run(registry, _model("openai", Way("late")))


async def test_obstacles_are_not_looked_for_where_heartbeats_are_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = []

    def look(_options: object, _settings: object) -> str:
        threads.append(threading.current_thread())
        return "the disk is slow"

    monkeypatch.setattr("imgen.engines.openai.offer.obstacle", look)
    with pytest.raises(Unavailable, match="cannot run here: the disk is slow"):
        await _run(Registry({}), _model("openai"))
    assert threads
    assert threading.main_thread() not in threads


async def test_settings_that_are_wrong_are_not_the_client_s_fault() -> None:
    settings: dict[str, dict[str, object]] = {"openai": {"url": "http://gpu/v1", "key": "ä"}}
    served = replace(_model("openai"), options={"model": "meadow"})
    with pytest.raises(Unavailable, match="cannot be made"):
        await _run(Registry({}, settings=settings), served)
