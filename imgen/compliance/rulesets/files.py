"""Finding and parsing ruleset files; what is wrong with them is told, not raised."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from imgen.catalog.problems import Problem

_LARGEST = 1 << 20


def toml_files(path: Path, problems: list[Problem]) -> list[Path]:
    """A file itself, or the `*.toml` files of a folder."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        problems.append(Problem(path, "", "is not there.", "Correct the path."))
        return []
    files = sorted(path.glob("*.toml"))
    if not files:
        fix = "Add one, or leave the folder out."
        problems.append(Problem(path, "", "has no .toml file in it.", fix))
    return files


def parse_toml(file: Path, problems: list[Problem]) -> Mapping[str, object]:
    """The file's document; empty when there is something wrong with it."""
    try:
        if file.stat().st_size > _LARGEST:
            problem = Problem(file, "", "is over 1 MiB.", "Split it, or check what it is.")
        else:
            return tomllib.loads(file.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start})."
        problem = Problem(file, "", message, "Save it as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        problem = Problem(file, "", f"is not TOML: {error}.", "Correct that place.")
    except (OSError, RecursionError) as error:
        message = f"cannot be read: {error}."
        problem = Problem(file, "", message, "Check the file and its permissions.")
    problems.append(problem)
    return {}
