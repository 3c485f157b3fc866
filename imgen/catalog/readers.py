"""Readers of single TOML values: each returns what tomllib gave, typed, or says why it cannot."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from imgen.catalog.problems import Wrong, nearest

Reader = Callable[[object], object]
"""TOML value → Python value; raises `Wrong`."""

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Keys of entries: safe in a prompt after `@`, in a URL and in a file name."""


def kind(value: object) -> str:
    """What TOML calls a value of this type, with its article."""
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a string"}
    for python, name in {**names, list: "a list", dict: "a table"}.items():
        if type(value) is python:
            return name
    return "a date or time"


def text(*, longest: int = 300, empty: bool = True) -> Reader:
    """One line of at most `longest` characters, without control characters."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Wrong(f"is {kind(value)}, not a string.", "Put it in quotes.")
        clean = value.strip()
        if not clean and not empty:
            raise Wrong("is empty.", "Say something here.")
        if len(clean) > longest:
            raise Wrong(f"has {len(clean)} characters.", f"Use {longest} at most.")
        if not clean.isprintable():
            raise Wrong("has a control character or line break in it.", "Keep it to one line.")
        return clean

    return read


def key(value: object) -> str:
    """A name as requests use it."""
    if not isinstance(value, str):
        raise Wrong(f"is {kind(value)}, not a string.", "Put it in quotes.")
    if not KEY.fullmatch(value):
        better = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")[:64]
        rule = "Use lower-case letters, digits, - and _, starting with a letter or digit"
        raise Wrong(f"{value!r} is not a key.", f"{rule}{f': {better!r}.' if better else '.'}")
    return value


def dotted_key(value: object) -> str:
    """A name as requests use it, where it may hold points, as `sdxl-1.0` does."""
    if not isinstance(value, str) or not value.replace(".", "-").strip("-"):
        return key(value)
    key(value.replace(".", "-"))
    return value


def integer(lowest: int, highest: int) -> Reader:
    """A whole number from `lowest` to `highest`."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(f"is {kind(value)}, not an integer.", "Write it without quotes or point.")
        if not lowest <= value <= highest:
            raise Wrong(f"is {value}.", f"Use {lowest} to {highest}.")
        return value

    return read


def number(lowest: float, highest: float) -> Reader:
    """A number from `lowest` to `highest`."""

    def read(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Wrong(f"is {kind(value)}, not a number.", "Write it without quotes.")
        if not math.isfinite(value) or not lowest <= value <= highest:
            raise Wrong(f"is {value}.", f"Use {lowest:g} to {highest:g}.")
        return float(value)

    return read


def boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(f"is {kind(value)}, not a boolean.", "Write true or false, without quotes.")
    return value


def term(value: object) -> str:
    """One prompt term: no comma, no leading minus."""
    clean = str(text(longest=200, empty=False)(value))
    if clean.startswith("-"):
        raise Wrong(f"{clean!r} starts with a minus.", "Put it in `negatives`, without the minus.")
    if "," in clean:
        raise Wrong(f"{clean!r} has a comma in it.", "Write two terms.")
    return clean


def many(read_one: Reader, *, longest: int = 200, least: int = 0) -> Reader:
    """A list whose values are read by `read_one`; no value twice."""

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Wrong(f"is {kind(value)}, not a list.", "Put it in square brackets.")
        if not least <= len(value) <= longest:
            raise Wrong(f"has {len(value)} entries.", f"Use {least} to {longest}.")
        found: dict[object, None] = {}
        for index, one in enumerate(value):
            item = _at(f"[{index}]", read_one, one)
            if item in found:
                raise Wrong(f"{item!r} is there twice.", "Remove one.", at=f"[{index}]")
            found[item] = None
        return tuple(found)

    return read


def one_of(names: tuple[str, ...]) -> Reader:
    """One of a closed list of names."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        meant = nearest(value, names) if isinstance(value, str) else ""
        fix = f"Did you mean {meant!r}?" if meant else f"Use one of {', '.join(names)}."
        raise Wrong(f"{value!r} is not known.", fix)

    return read


def size(value: object) -> tuple[int, int]:
    """`[width, height]` in pixels."""
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong("is not a size.", "Write [width, height] in pixels, such as [1024, 768].")
    side = integer(64, 8192)
    width, height = (_at(f"[{index}]", side, one) for index, one in enumerate(value))
    assert isinstance(width, int)
    assert isinstance(height, int)
    return width, height


def table(value: object) -> Mapping[str, object]:
    """A table of anything."""
    if not isinstance(value, dict):
        raise Wrong(f"is {kind(value)}, not a table.", "Write it as name = value, in braces.")
    return value


def _at(place: str, read: Reader, value: object) -> object:
    """Read a part of a value; what is wrong with it is told with its place."""
    try:
        return read(value)
    except Wrong as wrong:
        raise Wrong(wrong.message, wrong.fix, at=place + wrong.at) from None
