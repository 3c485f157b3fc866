"""Manifests: one JSON object a line, naming a picture and saying what is known about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

NAMES = ("manifest.jsonl", "metadata.jsonl")
"""Files that are manifests wherever they lie: ours, and that of image folders elsewhere."""
LONGEST = 512 * 1024 * 1024
"""Bytes."""
_FILE = ("file", "file_name", "filename", "path", "image")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a manifest."""

    number: int
    """From 1."""
    file: str
    """Relative to the manifest's folder; empty where the line is of no use."""
    record: dict[str, Any]


def lines(content: bytes) -> Iterator[Line]:
    """The lines that are not blank. One that is no object, or names no file, has no `file`."""
    for number, text in enumerate(content.splitlines(), start=1):
        if not text.strip():
            continue
        record = _object(text)
        yield Line(number, next(filter(None, map(_file, map(record.get, _FILE))), ""), record)


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _file(value: Any) -> str:
    """A name with forward slashes and no `./`; empty for what is none."""
    if not isinstance(value, str) or "\0" in value or not value.strip():
        return ""
    return PurePosixPath(value.strip().replace("\\", "/")).as_posix()
