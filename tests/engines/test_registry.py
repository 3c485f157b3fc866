"""The table of engines: made once with their settings, and what stands in a model's way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imgen.catalog.entries import Model, Way
from imgen.catalog.load import load_catalog
from imgen.engines.registry import BUILT_IN, Registry
from imgen.errors import Unavailable

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


def test_an_engine_is_made_once() -> None:
    registry = Registry({})
    assert registry.engine("sketch") is registry.engine("sketch")
