"""Which model answers: the one asked for, never another under its name, unless stand-ins are on."""

from __future__ import annotations

import pytest

from imgen.catalog.load import load_catalog
from imgen.engines.protocol import Task
from imgen.engines.registry import Registry
from imgen.errors import Forbidden, Invalid, Unavailable
from imgen.generation.choose import Choice, ChooseModel

_CATALOG = load_catalog()
_SKETCH = _CATALOG.models["sketch"]


class _Broken(Registry):
    """Only `sketch` can run."""

    def __init__(self) -> None:
        super().__init__({})

    def obstacle(self, model: object) -> str:
        return "" if model == _SKETCH else "its weights are missing"


def _choose(*, stand_ins: bool = False) -> ChooseModel:
    return ChooseModel(_CATALOG, _Broken(), stand_ins=stand_ins)


def test_the_first_that_can_run_is_the_default() -> None:
    assert _choose()("") == Choice(_SKETCH)


def test_a_model_that_cannot_run_is_refused_with_its_reason() -> None:
    with pytest.raises(Invalid, match="flux-schnell is not available here: its weights") as error:
        _choose()("flux-schnell")
    assert error.value.code == "model_unavailable"


def test_a_model_that_is_not_listed_is_refused() -> None:
    with pytest.raises(Invalid) as error:
        _choose(stand_ins=True)("no-such-model")
    assert error.value.code == "unknown_model"


def test_with_stand_ins_sketch_answers_and_says_for_whom() -> None:
    assert _choose(stand_ins=True)("flux-schnell") == Choice(_SKETCH, "flux-schnell")


def test_a_plan_that_lacks_the_model_forbids_it() -> None:
    with pytest.raises(Forbidden) as error:
        _choose()("sketch", allowed=("flux-schnell",))
    assert error.value.code == "model_not_in_plan"


def test_without_a_name_only_the_plans_models_are_taken() -> None:
    with pytest.raises(Unavailable):
        _choose()("", allowed=("flux-schnell",))
    stood_in = _choose(stand_ins=True)("", allowed=("flux-schnell",))
    assert stood_in == Choice(_SKETCH, "flux-schnell")


def test_who_can_do_a_task_is_told() -> None:
    able = [model.key for model in _choose().able(Task.UPSCALE)]
    assert able == ["sketch"]
    assert _choose().available(_CATALOG.models["flux"]) == (False, "its weights are missing")
