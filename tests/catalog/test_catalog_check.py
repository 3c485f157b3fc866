"""The checker: an operator's mistake is told with its file, its key and what to do."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgen import errors
from imgen.catalog import Look, LoraReference, check_catalog, load_catalog
from imgen.catalog.shapes import SHAPES
from imgen.engines.protocol import Task

MODEL = {
    "label": '"Mine"',
    "engine": '"sketch"',
    "family": '"sketch"',
    "styles": '["oil", "ink"]',
    "default_style": '"oil"',
}


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def model(**changes: str) -> str:
    """A good model as TOML, with fields changed, added or (empty) left out."""
    fields = {name: value for name, value in {**MODEL, **changes}.items() if value}
    return "[models.mine]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items())


def only_problem(file: Path) -> tuple[str, str, str]:
    """Key, message and fix of the one problem that there must be, in that file."""
    problems = check_catalog([file])
    assert [problem.file for problem in problems] == [file], problems
    return problems[0].key, problems[0].message, problems[0].fix


def test_a_good_file_adds_what_it_says(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        model(
            tasks='["text_to_image", "upscale"]', task_prices="{ upscale = 3 }", price_credits="7"
        )
        + '\n[styles.chalk]\nlabel = "Chalk"\npositive = ["chalk"]\n'
        + '[styles.chalk.lora]\nreference = "chalk.safetensors"\nweight = 0.7\nfamily = "sdxl"\n'
        + '[characters.kim]\nlabel = "Kim"\ntrigger = "kim_v2, portrait"\n',
    )
    assert check_catalog([file]) == []
    catalog = load_catalog([file])
    mine = catalog.models["mine"]
    assert list(catalog.models)[-1] == "mine"
    assert (mine.price(), mine.price(Task.UPSCALE)) == (7, 3)
    assert mine.can(Task.UPSCALE)
    assert not mine.can(Task.INPAINT)
    lora = catalog.styles["chalk"].lora
    assert lora == LoraReference("chalk.safetensors", 0.7, "sdxl")
    assert lora.fits(catalog.models["eros"])
    assert not lora.fits(mine)
    assert catalog.characters["kim"].trigger == "kim_v2, portrait"


@pytest.mark.parametrize(
    ("text", "key", "message", "fix"),
    [
        (model(stepps="3"), "models.mine.stepps", "not a field", "'steps'"),
        (model(zzzzz="3"), "models.mine.zzzzz", "not a field", "label"),
        (model(label=""), "models.mine.label", "missing", "label ="),
        (model(label="3"), "models.mine.label", "an integer, not a string", "quotes"),
        (model(label='" "'), "models.mine.label", "empty", "Say"),
        (model(label='"a\\nb"'), "models.mine.label", "line break", "one line"),
        (model(steps='"20"'), "models.mine.steps", "a string, not an integer", "without quotes"),
        (model(steps="true"), "models.mine.steps", "a boolean, not an integer", "without quotes"),
        (model(steps="0"), "models.mine.steps", "is 0", "1 to 200"),
        (model(guidance_scale="nan"), "models.mine.guidance_scale", "nan", "0 to 30"),
        (model(price_credits="-1"), "models.mine.price_credits", "is -1", "0 to 1000000"),
        (model(supports_negative='"no"'), "models.mine.supports_negative", "a string", "true or"),
        (model(styles="[]"), "models.mine.styles", "has 0 entries", "1 to"),
        (model(styles='"oil"'), "models.mine.styles", "not a list", "brackets"),
        (model(styles='["oil", "oil"]'), "models.mine.styles[1]", "twice", "Remove"),
        (model(styles='["oil", "inc"]'), "models.mine.styles[1]", "no 'inc'", "'ink'"),
        (model(default_style='"3d"'), "models.mine.default_style", "not one of", "oil, ink"),
        (model(base_negatives='["-x"]'), "models.mine.base_negatives[0]", "minus", "without"),
        (model(base_negatives='["a, b"]'), "models.mine.base_negatives[0]", "comma", "two terms"),
        (model(tasks='["inpain"]'), "models.mine.tasks[0]", "not known", "'inpaint'"),
        (
            model(task_prices="{ upscale = 1 }"),
            "models.mine.task_prices.upscale",
            "not do",
            "tasks",
        ),
        (
            model(task_prices="{ upscale = 1.5 }"),
            "models.mine.task_prices.upscale",
            "number",
            "poi",
        ),
        (model(sizes="[[512]]"), "models.mine.sizes[0]", "not a size", "[width, height]"),
        (model(sizes="[[512, 1]]"), "models.mine.sizes[0][1]", "is 1", "64 to"),
        (model(sizes="[[500, 512]]"), "models.mine.sizes[0]", "multiple of 8", "multiple_of"),
        (model(max_side="128"), "models.mine.max_side", "no multiple of 8", "min_side"),
        (model(options="3"), "models.mine.options", "not a table", "braces"),
        (
            model(engine='"diffusers"', options="{ weights = 3 }"),
            "models.mine.options.weights",
            "an integer, not a string",
            "quotes",
        ),
        (
            model(engine='"diffusers"', options='{ weigths = "a/b" }'),
            "models.mine.options.weigths",
            "not an option",
            "'weights'",
        ),
        (model(options="{ since = 2026-01-01 }"), "models.mine.options.since", "date", "strings"),
        (model(basd_on='"eros"'), "models.mine.basd_on", "not a field", "'based_on'"),
        (model(based_on='"erso"'), "models.mine.based_on", "not an entry", "'eros'"),
        ("[models.Mine]\n", "models.Mine", "not a key", "'mine'"),
        ('[characters."a b"]\nlabel = "A"', "characters.a b", "not a key", "'a-b'"),
        ("[model.mine]\n", "model", "not a section", "'models'"),
        ("models = 3", "models", "an integer, not a table", "[models.name]"),
        ("models.mine = 3", "models.mine", "not a table", "[models.mine]"),
        (
            '[characters.kim]\nlabel = "Kim"\nlora = "x"',
            "characters.kim.lora",
            "not a table",
            "reference",
        ),
        (
            '[characters.kim]\nlabel = "Kim"\nlora = { wait = 1 }',
            "characters.kim.lora.wait",
            "not a field",
            "'weight'",
        ),
        (
            '[characters.kim]\nlabel = "Kim"\nlora = { reference = "x", weight = 9 }',
            "characters.kim.lora.weight",
            "is 9",
            "-2 to 2",
        ),
        ('[remove]\nmodels = ["erso"]', "remove.models", "no 'erso'", "'eros'"),
        ('[remove]\nmodel = ["eros"]', "remove.model", "not a section", "'models'"),
        ('[order]\nstyles = ["oli"]', "order.styles", "no 'oli'", "'oil'"),
        ("remove = 3", "remove", "not a table", "[remove]"),
        ('[remove]\nmodels = "eros"', "remove.models", "not a list", "brackets"),
        ('quality_words = "blurry"', "quality_words", "not a list", "brackets"),
        (model() + '\n[remove]\nmodels = ["mine"]', "remove.models", "beside it", "one of"),
        ("[models.mine\n", "", "is not TOML", "that place"),
        ("[styles.a]\n[styles.a]\n", "", "is not TOML", "that place"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_its_fix(
    tmp_path: Path, text: str, key: str, message: str, fix: str
) -> None:
    found = only_problem(write(tmp_path, text))
    assert found[0] == key
    assert message in found[1]
    assert fix in found[2]


def look(**changes: str) -> str:
    """A good look as TOML, with fields changed, added or (empty) left out."""
    good = {"label": '"Mine"', "style": '"plain"'}
    fields = {name: value for name, value in {**good, **changes}.items() if value}
    return '[looks."mine-1.5"]\n' + "\n".join(f"{key} = {value}" for key, value in fields.items())


@pytest.mark.parametrize(
    ("text", "key", "message", "fix"),
    [
        (look(style=""), "looks.mine-1.5.style", "missing", "style ="),
        (look(style='"plian"'), "looks.mine-1.5.style", "no 'plian'", "'plain'"),
        (look(style='"oil"'), "looks.mine-1.5.style", "may not offer 'oil'", "any_model"),
        (look(style='"oil"', model='"eros"'), "looks.mine-1.5.style", "eros may not", "any_model"),
        (look(model='"erso"'), "looks.mine-1.5.model", "no 'erso'", "'eros'"),
        (look(style_id="21"), "looks.mine-1.5.style_id", "number of 'anime'", "another"),
        (look(style_id="0"), "looks.mine-1.5.style_id", "is 0", "1 to"),
        (look(price="-1"), "looks.mine-1.5.price", "is -1", "0 to"),
        (look(steps="0"), "looks.mine-1.5.steps", "is 0", "1 to 200"),
        ('[looks."Mine 1.5"]\n', "looks.Mine 1.5", "not a key", "'mine-1-5'"),
        ('[styles."mine.1"]\n', "styles.mine.1", "not a key", "'mine-1'"),
        ('[remove]\nlooks = ["sdxl-1.5"]', "remove.looks", "no 'sdxl-1.5'", "'sdxl-1.0'"),
    ],
)
def test_a_mistake_in_a_look_is_told_with_its_key_and_its_fix(
    tmp_path: Path, text: str, key: str, message: str, fix: str
) -> None:
    found = only_problem(write(tmp_path, text))
    assert found[0] == key
    assert message in found[1]
    assert fix in found[2]


def test_a_look_may_mean_any_style_that_its_model_offers(tmp_path: Path) -> None:
    file = write(tmp_path, look(style='"oil"', model='"sdxl"', style_id="900", steps="9"))
    mine = load_catalog([file]).look_numbered(900)
    assert mine == Look("mine-1.5", "Mine", "oil", 900, "sdxl", steps=9)


def test_looks_go_with_the_model_whose_weights_they_mean(tmp_path: Path) -> None:
    looks = load_catalog([write(tmp_path, '[remove]\nmodels = ["flux"]')]).looks
    assert not {"flux-dev", "flux-dev-fast"} & set(looks)
    assert "flux-schnell" in looks


def test_a_look_beside_the_removal_of_its_model_is_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path, look(model='"flux"') + '\n[remove]\nmodels = ["flux"]')
    assert only_problem(file)[0] == "looks.mine-1.5.model"


def test_a_style_that_models_use_cannot_just_be_removed(tmp_path: Path) -> None:
    write(tmp_path, '[remove]\nstyles = ["boudoir"]')
    keys = {problem.key for problem in check_catalog([tmp_path])}
    assert keys == {"models.eros.styles[1]", "models.sketch.styles[1]"}


def test_no_model_at_all_is_a_problem(tmp_path: Path) -> None:
    names = ", ".join(f'"{key}"' for key in load_catalog().models)
    file = write(tmp_path, f"[remove]\nmodels = [{names}]")
    assert [problem.message for problem in check_catalog([file])] == ["no model is left."]


def test_files_that_are_no_catalog_are_told_apart(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    empty = tmp_path / "empty"
    empty.mkdir()
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[styles.a]\nlabel = "Caf\xe9"')
    large = write(tmp_path, "# " + "x" * (1 << 20), "large.toml")
    problems = check_catalog([missing, empty, latin, large])
    assert [(problem.file, problem.key) for problem in problems] == [
        (missing, ""),
        (empty, ""),
        (latin, ""),
        (large, ""),
    ]


def test_one_key_twice_in_a_folder_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, '[styles.chalk]\nlabel = "One"', "a.toml")
    second = write(tmp_path, '[styles.chalk]\nlabel = "Two"', "b.toml")
    (problem,) = check_catalog([tmp_path])
    assert (problem.file, problem.key) == (second, "styles.chalk")
    assert "a.toml" in problem.message


def test_a_later_layer_replaces_an_earlier_one_and_keeps_its_place(tmp_path: Path) -> None:
    first = write(tmp_path, model(label='"One"') + '\n[styles.oil]\nlabel = "Oils"', "a.toml")
    second = write(tmp_path, model(label='"Two"'), "b.toml")
    catalog = load_catalog([first, second])
    assert catalog.models["mine"].label == "Two"
    assert catalog.styles["oil"].label == "Oils"
    assert catalog.styles["oil"].positive == ()
    assert list(catalog.styles) == list(load_catalog().styles)


def test_an_entry_can_change_only_some_of_what_it_is_based_on(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[models.eros]\nbased_on = "eros"\nversion = "own-2"\n'
        + 'options = { weights = "/models/own" }',
    )
    before, after = load_catalog().models["eros"], load_catalog([file]).models["eros"]
    assert (after.options, after.version) == ({"weights": "/models/own"}, "own-2")
    assert (after.sizes, after.styles, after.label) == (before.sizes, before.styles, before.label)


def test_entries_can_be_removed_and_brought_to_the_front(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        'quality_words = ["Smudged"]\n[remove]\nmodels = ["flux-2-dev"]\nquality_words = ["ugly"]\n'
        '[order]\nmodels = ["sketch", "flux"]',
    )
    catalog = load_catalog([file])
    assert list(catalog.models)[:3] == ["sketch", "flux", "eros"]
    assert "flux-2-dev" not in catalog.models
    assert "smudged" in catalog.quality_words
    assert "ugly" not in catalog.quality_words


def test_loading_names_every_problem_at_once(tmp_path: Path) -> None:
    first = write(tmp_path, model(steps="0", stepps="1"), "a.toml")
    second = write(tmp_path, "models = 3", "b.toml")
    with pytest.raises(errors.Invalid) as caught:
        load_catalog([first, second])
    assert caught.value.code == "catalog_invalid"
    assert caught.value.message.startswith("The catalog has 3 problems:\n- ")
    for part in (f"{first}: models.mine.steps:", f"{first}: models.mine.stepps:", f"{second}: mod"):
        assert part in caught.value.message


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text("ab, -\n", max_size=4)).map(repr),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=4,
)
NAMES = st.sampled_from(
    ["models", "styles", "characters", "looks", "remove", "order", "quality_words", "nonsense"]
)
FIELDS = st.sampled_from(
    [*MODEL, "lora", "based_on", "sizes", "tasks", "task_prices", "options", "mine", "nonsense"]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(NAMES, FIELDS, FIELDS, VALUES), max_size=4))
def test_no_file_crashes_the_checker(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    text = "\n".join(
        f"{section}.{name}.{field} = {value}".replace("True", "true").replace("False", "false")
        for section, name, field, value in rows
    )
    file = write(tmp_path, text)
    problems = check_catalog([file])
    for problem in problems:
        assert problem.message.endswith(".")
        assert problem.fix.endswith((".", "?"))
    if problems:
        with pytest.raises(errors.Invalid):
            load_catalog([file])
    else:
        assert load_catalog([file]).models


DOCUMENT = Path(__file__).parents[2] / "docs" / "catalog.md"


@pytest.mark.parametrize("section", list(SHAPES))
def test_the_guide_describes_every_field_and_no_other(section: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    part = text.split(f"### `[{section}.KEY]`")[1].split("\n#")[0]
    rows = {line.split("`")[1] for line in part.splitlines() if line.startswith("| `")}
    assert rows == set(SHAPES[section].readers)
    required = {line.split("`")[1] for line in part.splitlines() if "| yes |" in line}
    assert required == set(SHAPES[section].required())


def test_the_examples_of_the_guide_are_good(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    examples = re.findall(r"^ *```toml\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    files = [write(tmp_path, one, f"{number}.toml") for number, one in enumerate(examples)]
    assert len(files) == 3
    assert check_catalog(files) == []
    assert load_catalog(files).models["eros"].version == "our-finetune-3"
