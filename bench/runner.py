"""Finds the benchmarks of this folder and runs them, each in a process of its own.

A benchmark is a module here, or a folder with `__init__.py` or `__main__.py`, that defines
`main()`; the first line of its docstring says what it measures. It reads `--quick` from
`sys.argv`: little enough work to see that it runs, figures not worth keeping.
"""

from __future__ import annotations

import argparse
import ast
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parent
SKIPPED = 77
"""Exit status of a benchmark that cannot run here and has said why."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One thing that is measured."""

    name: str
    module: str
    about: str


def find(folder: Path = FOLDER) -> dict[str, Benchmark]:
    """Every benchmark of a folder by name, read from the source without importing it."""
    return {one.name: one for one in sorted(_find(folder), key=lambda one: one.name)}


def _find(folder: Path) -> Iterator[Benchmark]:
    for path in folder.iterdir():
        for file in (path, path / "__init__.py", path / "__main__.py"):
            if file.suffix == ".py" and file.is_file() and path.name != "__main__.py":
                about = _about(file)
                if about is not None:
                    module = ".".join(file.relative_to(folder).with_suffix("").parts)
                    full = f"{folder.name}.{module.removesuffix('.__init__')}"
                    yield Benchmark(path.stem, full, about)
                    break


def _about(file: Path) -> str | None:
    """The first line of the docstring; None when the file defines no `main`."""
    tree = ast.parse(file.read_text())
    if not any(isinstance(part, ast.FunctionDef) and part.name == "main" for part in tree.body):
        return None
    return (ast.get_docstring(tree) or "").split("\n", 1)[0]


def run(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    benchmarks = find()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; none is all of them")
    parser.add_argument("--quick", action="store_true", help="see that they run, no more")
    parser.add_argument("--list", action="store_true", help="say which there are")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in benchmarks:
            near = get_close_matches(name, benchmarks, n=1, cutoff=0.0)
            parser.error(f"there is no {name}; did you mean {near[0]}?")
    if given.list:
        width = max(map(len, benchmarks))
        print("\n".join(f"{one.name:{width}}  {one.about}" for one in benchmarks.values()))
        return 0
    chosen = [benchmarks[name] for name in given.names or benchmarks]
    if len(chosen) == 1:
        return _call(chosen[0], quick=given.quick)
    return max([_spawn(one, quick=given.quick) for one in chosen])


def _call(benchmark: Benchmark, *, quick: bool) -> int:
    # A benchmark that is told to stop still ends the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.argv = [benchmark.name, *(["--quick"] if quick else [])]
    status = import_module(benchmark.module).main()
    return status if isinstance(status, int) else 0


def _spawn(benchmark: Benchmark, *, quick: bool) -> int:
    """One that crashes, or leaves threads behind, does not touch the next."""
    print(f"\n== {benchmark.name}: {benchmark.about}", flush=True)
    options = ["--quick"] if quick else []
    command = [sys.executable, "-m", "bench", benchmark.name, *options]
    status = subprocess.run(command, cwd=FOLDER.parent, check=False).returncode
    if status == SKIPPED:
        return 0
    if status:
        print(f"{benchmark.name} ended with status {status}", file=sys.stderr)
    return int(status != 0)
