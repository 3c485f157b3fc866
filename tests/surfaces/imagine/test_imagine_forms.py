from __future__ import annotations

from typing import Any

import pytest

from imgen.catalog.load import load_catalog
from imgen.engines.protocol import Task
from imgen.engines.registry import Registry
from imgen.errors import Forbidden, Invalid
from imgen.finishing.encode import Format
from imgen.generation.choose import Choice, ChooseModel
from imgen.generation.outcome import Completed
from imgen.generation.request import GenerationRequest
from imgen.http.fields import read_fields
from imgen.surfaces.imagine import translate
from imgen.surfaces.imagine.wishes import OPERATIONS, Wish, by_path

CATALOG = load_catalog()
SKETCH = Choice(CATALOG.models["sketch"])
V1, V2 = "/v1/imagine/api", "/v2/image"


def wish_of(path: str, **fields: str) -> Wish:
    operation = by_path()[path]
    return translate.checked(operation.wish(read_fields(operation.form, fields), CATALOG), CATALOG)


def request_of(path: str, model: str = "sketch", **fields: str) -> GenerationRequest:
    wish = wish_of(path, **fields)
    format = translate.usual_format(wish)
    return translate.to_request(wish, Choice(CATALOG.models[model]), (64, 64), format=format)


def refused(path: str, **fields: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        wish_of(path, **fields)
    return caught.value


NEEDS: dict[str, dict[str, str]] = {
    operation.path: {
        name: {"prompt": "a lake", "style_id": "29"}[name]
        for name, field in operation.form.model_fields.items()
        if field.is_required()
    }
    for operation in OPERATIONS
}

RANGES = [
    (f"{V2}/generations", "aspect_ratio", ["1:1", "3:2", "4:3", "3:4", "16:9", "9:16"], ["2:3"]),
    (f"{V2}/generations", "seed", ["0", str(2**63 - 1)], ["-1", str(2**63), "x", "1.5", "nan"]),
    (f"{V2}/generations", "style",
     ["realistic", "anime", "flux-schnell", "flux-dev", "flux-dev-fast", "sdxl-1.0",
      "imagine-turbo"], ["cubism"]),
    (f"{V2}/generations/transparent", "seed", ["1"], ["0"]),
    (f"{V2}/generations/ai-background", "style", ["product-shoot"], ["anime"]),
    (f"{V2}/enhance", "scale", ["2", "3", "4"], ["1", "5"]),
    (f"{V2}/edits/ai-resize", "aspect_ratio", ["16:9"], ["5:4"]),
    (f"{V1}/generations", "aspect_ratio",
     ["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "5:4", "4:5", "8:10", "3:1"], ["1:3"]),
    (f"{V1}/generations", "style_id",
     ["1", "21", "26", "27", "28", "29", "30", "31", "32", "33", "34", "100", "105", "110", "119",
      "122"], ["2", "106", "anime"]),
    (f"{V1}/generations", "cfg", ["3", "15", "7.5"], ["2.9", "15.1", "inf", "nan", "x"]),
    (f"{V1}/generations", "steps", ["30", "50"], ["29", "51"]),
    (f"{V1}/generations", "high_res_results", ["0", "1"], ["2", "yes"]),
    (f"{V1}/generations/variations", "strength", ["0", "1", "0.5"], ["-0.1", "1.01"]),
    (f"{V1}/generations/variations", "cfg", ["3", "15"], ["2", "16"]),
    (f"{V1}/generations/guided", "generation_bias", ["0.2", "1.2"], ["0.1", "1.3"]),
    (f"{V1}/generations/guided", "artistic_noise", ["0.1", "0.2"], ["0.09", "0.21"]),
    (f"{V1}/generations/guided", "aesthetics_weight", ["0.4", "1.0"], ["0.3", "1.1"]),
    (f"{V1}/edits/remix", "control", ["openpose", "scribble", "canny", "lineart", "depth"],
     ["tile"]),
    (f"{V1}/edits/remix", "strength", ["0", "100"], ["-1", "101"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "field", "good", "bad"), RANGES)
def test_every_field_has_its_range(path: str, field: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        wish_of(path, **{**NEEDS[path], field: value})
    for value in bad:
        error = refused(path, **{**NEEDS[path], field: value})
        assert error.field == field
        assert error.message.startswith(field)


@pytest.mark.parametrize("path", sorted(path for path, needs in NEEDS.items() if needs))
def test_what_is_needed_is_asked_for(path: str) -> None:
    for field in NEEDS[path]:
        given = {name: value for name, value in NEEDS[path].items() if name != field}
        error = refused(path, **given)
        assert error.field == field
        assert "is required" in error.message


@pytest.mark.parametrize("path", sorted(path for path, needs in NEEDS.items() if "prompt" in needs))
def test_prompts_have_a_length(path: str) -> None:
    assert refused(path, **{**NEEDS[path], "prompt": "x" * 2001}).field == "prompt"
    assert refused(path, **{**NEEDS[path], "prompt": "-blue, -red"}).field == "prompt"


DEFAULTS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (f"{V2}/generations", {}, {"style": "imagine-turbo", "steps": 20, "guidance_scale": 5.0}),
    (f"{V2}/generations", {"style": "flux-dev-fast"}, {"style": "plain", "steps": 12}),
    (f"{V2}/generations/transparent", {}, {"transparent": True, "style": "plain", "format": "png"}),
    (f"{V2}/generations/ai-background", {}, {"style": "plain", "task": Task.REPLACE_BACKGROUND}),
    (f"{V2}/edits/generative-fill", {}, {"style": "plain", "task": Task.INPAINT, "format": "png"}),
    (f"{V1}/generations", {}, {"style": "imagine-v1", "steps": 30, "guidance_scale": 7.5}),
    (f"{V1}/generations", {"steps": "44", "cfg": "3"}, {"steps": 44, "guidance_scale": 3.0}),
    (f"{V1}/generations/variations", {}, {"strength": 0.85, "guidance_scale": 7.5, "steps": 20}),
    (f"{V1}/generations/variations", {"strength": "0"}, {"strength": 0.0, "lossless": True}),
    (f"{V1}/generations/guided", {}, {"steps": 20, "style": "plain", "strength": 0.6}),
    (f"{V1}/edits/remix", {"strength": "40", "control": "canny"}, {"strength": 0.4}),
    (f"{V1}/generations", {"negative_prompt": "blurry"}, {"negative": "blurry"}),
    (f"{V1}/generations/guided", {"neg_prompt": "blurry"}, {"negative": "blurry"}),
    (f"{V1}/generations", {"seed": "41"}, {"seed": 41}),
]


@pytest.mark.parametrize(("path", "fields", "expected"), DEFAULTS)
def test_fields_and_defaults_reach_the_engine(
    path: str, fields: dict[str, str], expected: dict[str, Any]
) -> None:
    request = request_of(path, "sketch", **{**NEEDS[path], **fields})
    assert {name: getattr(request, name) for name in expected} == expected


def test_a_distilled_model_keeps_its_own_figures_unless_told_otherwise() -> None:
    request = request_of(f"{V1}/generations", "flux-schnell", prompt="a lake")
    assert (request.steps, request.guidance_scale) == (4, 0.0)
    request = request_of(f"{V1}/generations", "flux-schnell", prompt="a lake", steps="30", cfg="4")
    assert (request.steps, request.guidance_scale) == (30, 4.0)


def test_a_remix_carries_what_guides_it() -> None:
    request = request_of(f"{V1}/edits/remix", prompt="a lake", style_id="1", control="depth")
    assert request.control is not None
    assert request.control.kind == "depth"


def test_chance_gives_every_picture_its_own_seed() -> None:
    seeds = {request_of(f"{V2}/generations", prompt="a lake").seed for _ in range(8)}
    assert len(seeds) == 8


PRICES = [("imagine-turbo", 1), ("anime", 5), ("realistic", 5), ("flux-schnell", 5),
          ("flux-dev-fast", 5), ("flux-dev", 15)]  # fmt: skip


@pytest.mark.parametrize(("style", "price"), PRICES)
def test_styles_have_the_prices_of_the_document(style: str, price: int) -> None:
    wish = wish_of(f"{V2}/generations", prompt="a lake", style=style)
    assert translate.price_of(CATALOG, wish, SKETCH) == price


def test_a_stand_in_costs_what_the_model_would() -> None:
    wish = wish_of(f"{V2}/generations", prompt="a lake", style="sdxl-1.0")
    choice = translate.choose(wish, ChooseModel(CATALOG, Registry({}), stand_ins=True), ())
    assert choice.model.key == "sketch"
    assert translate.price_of(CATALOG, wish, choice) == 5


def test_a_stand_in_is_named_in_replies_and_lists() -> None:
    wish = wish_of(f"{V2}/generations", prompt="a lake", style="sdxl-1.0")
    choose = ChooseModel(CATALOG, Registry({}), stand_ins=True)
    choice = translate.choose(wish, choose, ())
    request = translate.to_request(wish, choice, (64, 64), format=Format.JPEG)
    done = Completed(positive="", negative="", fingerprint="", engine="sketch")
    facts = translate.facts("run_1", request, done, wish, url="")
    assert (facts["model"], facts["stand_in"]) == ("sdxl", "sketch")
    listed = translate.look_facts(CATALOG, choose, CATALOG.looks["sdxl-1.0"])
    assert (listed["available"], listed["stand_in"]) == (True, "sketch")
    assert listed["reason"]


def test_a_plan_without_the_model_is_refused() -> None:
    wish = wish_of(f"{V2}/generations", prompt="a lake", style="sdxl-1.0")
    with pytest.raises(Forbidden, match="does not include"):
        translate.choose(wish, ChooseModel(CATALOG, Registry({})), ("sketch",))


def test_a_style_whose_model_cannot_run_here_is_refused_by_name() -> None:
    wish = wish_of(f"{V2}/generations", prompt="a lake", style="flux-dev")
    with pytest.raises(Invalid, match="not available here") as caught:
        translate.choose(wish, ChooseModel(CATALOG, Registry({})), ())
    assert caught.value.field == "style"


def test_a_version_that_means_nothing_here_is_told_to_be_ignored() -> None:
    assert wish_of(f"{V1}/upscale", model_version="2").ignored == ("model_version",)
    assert wish_of(f"{V1}/upscale").ignored == ()
