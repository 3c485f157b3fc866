"""Reads hash lists in the forms in which they are passed around.

Plain text with one hash a line; CSV or TSV, with or without a header; JSON, a list of hashes or of
objects, or one object a line. ThreatExchange's exports are CSV or JSON with `indicator` and `type`;
PDQ's own tools print `hash,quality,file`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imgen.errors import Invalid

GOOD_QUALITY = 50
"""PDQ's own advice: below it, pictures with little in them match each other."""
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_COLUMNS = ("hash", "pdq", "pdq_hash", "indicator", "raw_indicator", "signal", "value")
_QUALITY_COLUMNS = ("quality", "pdq_quality")
_TYPE_COLUMNS = ("type", "signal_type", "indicator_type", "hash_type", "algorithm")
_FEWEST_BITS, _MOST_BITS = 64, 192
"""A PDQ hash cuts at the median: half of its bits are set, or nearly, unless there is nothing to
see in the picture."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is no usable hash."""

    place: int
    """Line, or position in a JSON list, from 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class HashFile:
    """What was found in a file."""

    hashes: tuple[str, ...]
    """64 lower-case hexadecimal characters each; no two are equal."""
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class _Collected:
    hashes: dict[str, None] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


class _Unfit(Exception):
    """Why a row is left out."""


def read_hashes(text: str) -> HashFile:
    """The hashes of a file, whichever of the known forms it has.

    Raises:
        imgen.errors.Invalid: there is no usable hash in it.
    """
    collected = _Collected()
    for place, row in _rows(text.removeprefix("\ufeff")):
        try:
            collected.hashes[_hash(row)] = None
        except _Unfit as unfit:
            collected.left_out.append(LeftOut(place, str(unfit)))
    if not collected.hashes:
        first = collected.left_out[0] if collected.left_out else None
        why = f"; row {first.place}: {first.reason}" if first else ": the file is empty"
        raise Invalid(f"There is no usable PDQ hash in the file{why}", field="file")
    return HashFile(tuple(collected.hashes), tuple(collected.left_out))


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    start = text.lstrip()[:1]
    if start == "[":
        return _objects(enumerate(_json(text), 1))
    if start == "{":
        return _objects(_json_lines(text))
    return _table(text)


def _json(text: str) -> Iterable[object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The file is not valid JSON: {error}", field="file") from None
    if isinstance(value, dict):  # the list, wrapped: {"hashes": […]}, {"data": […]}
        lists = [item for item in value.values() if isinstance(item, list)]
        return lists[0] if lists else [value]
    return value if isinstance(value, list) else [value]


def _json_lines(text: str) -> Iterable[tuple[int, object]]:
    """One object a line, else one object altogether."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        values = [(number, json.loads(line)) for number, line in lines]
    except (ValueError, RecursionError):
        values = []
    return values if len(values) > 1 else enumerate(_json(text), 1)


def _objects(values: Iterable[tuple[int, object]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place, value in values:
        if isinstance(value, dict):
            yield place, {str(name).lower(): item for name, item in value.items()}
        else:
            yield place, {"hash": value}


def _table(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    first = next((line for line in text.splitlines() if line.strip(" \t,#")), "")
    delimiter = "\t" if "\t" in first else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    names: list[str] | None = None
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values) or values[0].startswith("#"):
                continue
            lowered = [value.lower() for value in values]
            if names is None and any(name in lowered for name in _HASH_COLUMNS):
                names = lowered
                continue
            yield reader.line_num, dict(zip(names or ("hash", "quality"), values, strict=False))
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} is no CSV: {error}", field="file") from None


def _hash(row: Mapping[str, Any]) -> str:
    kind = _first(row, _TYPE_COLUMNS)
    if kind is not None and "pdq" not in str(kind).lower():
        raise _Unfit(f"it is of type {str(kind)[:40]}, not PDQ")
    text = str(_first(row, _HASH_COLUMNS) or "").strip().lower().removeprefix("0x")
    if not _HASH.fullmatch(text):
        raise _Unfit(f"{text[:40]!r} is not 64 hexadecimal characters")
    quality = _number(_first(row, _QUALITY_COLUMNS))
    if quality is not None and quality < GOOD_QUALITY:
        raise _Unfit(f"its quality is {quality:g}, below {GOOD_QUALITY}: it would match too much")
    if not _FEWEST_BITS <= int(text, 16).bit_count() <= _MOST_BITS:
        raise _Unfit("it is the hash of a picture with nothing in it, and would match too much")
    return text


def _first(row: Mapping[str, Any], names: Iterable[str]) -> object:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _number(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return None  # a file name beside the hash, say
