"""The benchmarks are found by what their files define."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.runner import find, run

_MAIN = '"""Measures {}.\n\nAt length."""\n\n\ndef main() -> None:\n    pass\n'


def test_modules_and_folders_with_a_main_are_benchmarks(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    (folder / "pairs").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "speed.py").write_text(_MAIN.format("speed"))
    (folder / "pairs" / "__main__.py").write_text(_MAIN.format("pairs"))
    (folder / "rounds.py").write_text('"""No benchmark."""\n\n\ndef mean() -> None: ...\n')
    (folder / "__main__.py").write_text(_MAIN.format("nothing: it is the runner"))
    found = find(folder)
    assert [(one.name, one.module, one.about) for one in found.values()] == [
        ("pairs", "bench.pairs.__main__", "Measures pairs."),
        ("speed", "bench.speed", "Measures speed."),
    ]


def test_a_file_that_would_fail_on_import_is_listed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "needy.py").write_text("import not_installed_here\n\n\ndef main() -> None: ...\n")
    assert list(find(tmp_path)) == ["needy"]


def test_the_list_names_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--list"]) == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"generate_path", "status_polls"} <= listed
    assert not listed & {"runner", "rounds", "http", "load", "deployment", "peers"}


def test_a_misspelt_name_is_answered_with_the_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(["generate_pat"])
    assert "did you mean generate_path?" in capsys.readouterr().err
