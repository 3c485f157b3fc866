"""An operator's rulesets lie over the built-in ones; a mistake is told with file, key and fix."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from imgen.cli.rulesets import app
from imgen.compliance.rulesets import Trigger, check_rulesets, load_rulesets
from imgen.compliance.verdict import Action
from imgen.errors import Invalid

HOUSE = """
[rulesets.house]
label = "House"
version = 3
requires = ["vision"]

[rulesets.house.rules.no-gore]
name = "Gore"
category = "violence"
severity = "medium"
action = "flag"
triggers = { "*.violence" = 0.7, "text.violence" = 0.9 }
only_with = { "prompt.hate" = 0.5 }
"""
BASED = '[rulesets.house]\nbased_on = "default"\nlabel = "House"\nversion = 1\n'


def write(folder: Path, text: str, name: str = "own.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def only_problem(file: Path) -> tuple[str, str]:
    """Key and text of the one problem that there must be, in that file."""
    problems = check_rulesets([file])
    assert [problem.file for problem in problems] == [file], problems
    return problems[0].key, f"{problems[0].message} {problems[0].fix}"


def test_a_ruleset_of_ones_own_is_added(tmp_path: Path) -> None:
    file = write(tmp_path, HOUSE)
    assert check_rulesets([file]) == []
    house = load_rulesets([file]).named("house")
    assert (house.label, house.version, house.requires) == ("House", 3, frozenset({"vision"}))
    (rule,) = house.rules
    assert (rule.id, rule.action) == ("no-gore", Action.FLAG)
    assert rule.only_with == (Trigger("prompt.hate", 0.5),)


def test_a_star_stands_for_three_sources_and_a_full_name_goes_before_it(tmp_path: Path) -> None:
    (rule,) = load_rulesets([write(tmp_path, HOUSE)])["house"].rules
    assert {one.signal: one.threshold for one in rule.triggers} == {
        "prompt.violence": 0.7,
        "text.violence": 0.9,
        "vision.violence": 0.7,
    }


def test_a_ruleset_may_build_on_another(tmp_path: Path) -> None:
    text = (
        BASED
        + 'requires = ["text"]\nremove_rules = ["hate"]\n'
        + (
            '[rulesets.house.rules.drugs]\nname = "Drugs"\ncategory = "drugs"\nseverity = "low"\n'
            'action = "block"\ntriggers = { "prompt.drugs" = 0.3 }\n'
        )
    )
    rulesets = load_rulesets([write(tmp_path, text)])
    ours = {rule.id: rule for rule in rulesets["house"].rules}
    theirs = {rule.id: rule for rule in rulesets["default"].rules}
    assert ours.keys() == theirs.keys() - {"hate"}
    assert ours["drugs"].action is Action.BLOCK
    assert ours["weapons"] == theirs["weapons"]
    assert theirs["drugs"].action is Action.FLAG


def test_a_built_in_ruleset_may_be_replaced_and_removed(tmp_path: Path) -> None:
    text = 'remove = ["permissive"]\n' + (
        '[rulesets.default]\nbased_on = "default"\nlabel = "Ours"\nversion = 2\n'
    )
    rulesets = load_rulesets([write(tmp_path, text)])
    assert list(rulesets) == ["default", "strict"]
    assert (rulesets["default"].label, rulesets["default"].version) == ("Ours", 2)


def test_files_of_a_folder_are_one_layer_and_may_build_on_each_other(tmp_path: Path) -> None:
    write(tmp_path, '[rulesets.a]\nbased_on = "b"\nlabel = "A"\nversion = 1\n', "a.toml")
    write(tmp_path, '[rulesets.b]\nbased_on = "strict"\nlabel = "B"\nversion = 1\n', "b.toml")
    rulesets = load_rulesets([tmp_path])
    assert rulesets["a"].rules == rulesets["strict"].rules
    assert rulesets["a"].requires == {"nudity"}


RULE = "[rulesets.house.rules.r]\n"
GOOD = 'name = "R"\ncategory = "x"\nseverity = "low"\naction = "log"\n'


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("[floor]\nlabel = 'F'", "floor", "cannot be changed"),
        ("[rulesets.floor]\nlabel = 'F'\nversion = 1", "rulesets.floor", "cannot be changed"),
        (
            BASED + '[rulesets.house.rules.floor-minors]\naction = "log"\ntriggers = {}',
            "rulesets.house.rules.floor-minors",
            "cannot be changed",
        ),
        ("[ruleset.x]", "ruleset", "Did you mean 'rulesets'?"),
        ("rulesets = 3", "rulesets", "is an integer, not a table"),
        ("[rulesets.'Big One']\nlabel = 'x'\nversion = 1", "rulesets.Big One", "is not a key"),
        ("[rulesets]\nhouse = 3", "rulesets.house", "is an integer, not a table"),
        ('[rulesets.house]\nlabel = "H"', "rulesets.house.version", "is missing"),
        (BASED.replace("1", "0"), "rulesets.house.version", "Use 1 to"),
        (BASED.replace("default", "defualt"), "rulesets.house.based_on", "mean 'default'?"),
        (BASED.replace("default", "house"), "rulesets.house.based_on", "no ruleset 'house'"),
        (BASED + "requires = ['nudty']", "rulesets.house.requires[0]", "mean 'nudity'?"),
        (BASED + "remove_rules = ['x']", "rulesets.house.remove_rules", "no rule 'x'"),
        (BASED + "lable = 'x'", "rulesets.house.lable", "Did you mean 'label'?"),
        (
            BASED + RULE + GOOD + 'triggers = { "prompt.nudty" = 1 }',
            'rulesets.house.rules.r.triggers."prompt.nudty"',
            "Did you mean 'prompt.nudity'?",
        ),
        (
            BASED + RULE + GOOD + 'triggers = { "*.exposed_anus" = 1 }',
            'rulesets.house.rules.r.triggers."*.exposed_anus"',
            "there is no signal",
        ),
        (
            BASED + RULE + GOOD + 'triggers = { "prompt.hate" = 2 }',
            'rulesets.house.rules.r.triggers."prompt.hate"',
            "Use 0.01 to 1",
        ),
        (BASED + RULE + GOOD + "triggers = {}", "rulesets.house.rules.r.triggers", "is empty"),
        (BASED + RULE + GOOD, "rulesets.house.rules.r.triggers", "is missing"),
        (
            BASED + RULE + GOOD.replace("log", "ban") + 'triggers = { "prompt.hate" = 1 }',
            "rulesets.house.rules.r.action",
            "Use one of block, flag, log",
        ),
        (
            '[rulesets.default]\nbased_on = "default"\nlabel = "D"\nversion = 1',
            "rulesets.default.version",
            "Use 2 or more",
        ),
        ("remove = ['default']", "remove", "Replace it instead"),
        ("remove = ['lax']", "remove", "no ruleset 'lax'"),
        ("remove = ['house']\n" + BASED, "remove", "defined beside it"),
        ("rulesets = [", "", "is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_fix(
    tmp_path: Path, text: str, key: str, says: str
) -> None:
    problems = check_rulesets([write(tmp_path, text)])
    assert [(one.file.name, one.key) for one in problems][:1] == [("own.toml", key)], problems
    assert says in f"{problems[0].message} {problems[0].fix}"


def test_rulesets_in_a_circle_are_told(tmp_path: Path) -> None:
    text = "".join(
        f'[rulesets.{one}]\nbased_on = "{other}"\nlabel = "x"\nversion = 1\n'
        for one, other in (("a", "b"), ("b", "a"))
    )
    assert "no ruleset" in str(check_rulesets([write(tmp_path, text)])[0])


def test_a_ruleset_in_two_files_of_a_folder_is_told(tmp_path: Path) -> None:
    write(tmp_path, BASED, "a.toml")
    write(tmp_path, BASED, "b.toml")
    (problem,) = check_rulesets([tmp_path])
    assert (problem.file.name, problem.key) == ("b.toml", "rulesets.house")


def test_a_missing_path_an_empty_folder_and_bytes_are_told(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    (tmp_path / "empty").mkdir()
    assert "is not there" in only_problem(tmp_path / "none.toml")[1]
    assert "has no .toml file" in only_problem(tmp_path / "empty")[1]
    assert "is not UTF-8" in only_problem(tmp_path / "bytes.toml")[1]


def test_loading_tells_every_problem(tmp_path: Path) -> None:
    file = write(tmp_path, "[floor]\nx = 1\n[rulesets.house]\nlabel = 'x'\n")
    with pytest.raises(Invalid, match="have 2 problems") as caught:
        load_rulesets([file])
    assert caught.value.code == "rulesets_invalid"
    assert "rulesets.house.version" in caught.value.message


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_the_command_lists_and_shows(tmp_path: Path) -> None:
    code, shown = run("list", "--data-dir", str(tmp_path))
    assert code == 0
    assert all(name in shown for name in ("default", "permissive", "strict", "nudity"))
    code, shown = run("show", "strict", "--data-dir", str(tmp_path))
    assert code == 0
    assert "Requires: nudity" in shown
    assert "image.exposed_buttocks ≥ 0.5" in shown
    code, shown = run("show", "floor")
    assert code == 0
    assert "and with any of" in shown


def test_the_command_refuses_an_unknown_name(tmp_path: Path) -> None:
    code, shown = run("show", "lax", "--data-dir", str(tmp_path))
    assert code == 2
    assert "Unknown compliance ruleset" in shown


def test_the_command_checks_files(tmp_path: Path) -> None:
    assert run("check", str(write(tmp_path, HOUSE))) == (0, "The rulesets are good\n")
    code, shown = run("check", str(write(tmp_path, "[floor]", "bad.toml")))
    assert code == 1
    assert "bad.toml: floor: the floor holds" in shown
