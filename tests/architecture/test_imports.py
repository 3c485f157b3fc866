"""What the structure promises, checked on the running program."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SOURCES = sorted((_ROOT / "imgen").rglob("*.py"))
_BUCKETS = {"utils", "helpers", "common", "manager", "service", "handler", "base", "misc"}


def test_the_api_process_loads_neither_torch_nor_an_engine() -> None:
    code = (
        "import sys; from imgen.wiring.http import open_http\n"
        "heavy = [name for name in ('torch', 'diffusers', 'transformers',"
        " 'imgen.engines.sketch.engine') if name in sys.modules]\n"
        "print(heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_imports_point_down_the_rings() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_module_is_a_bucket() -> None:
    assert [source for source in _SOURCES if source.stem in _BUCKETS] == []


def test_every_module_says_why_it_exists() -> None:
    silent = [
        str(source.relative_to(_ROOT))
        for source in _SOURCES
        if not ast.get_docstring(ast.parse(source.read_text()))
    ]
    assert silent == []


def test_nothing_in_the_product_is_unfinished_by_its_own_words() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error")
    unfinished = [
        (str(source.relative_to(_ROOT)), mark)
        for source in _SOURCES
        for mark in marks
        if mark in source.read_text()
    ]
    assert unfinished == []
