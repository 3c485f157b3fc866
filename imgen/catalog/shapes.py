"""Which fields an entry has, and how a table from a file becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from imgen.catalog.entries import Character, Look, LoraReference, Model, Style, Way
from imgen.catalog.problems import Wrong, nearest
from imgen.catalog.readers import (
    Reader,
    boolean,
    dotted_key,
    integer,
    key,
    kind,
    many,
    number,
    one_of,
    size,
    table,
    term,
    text,
)
from imgen.engines.protocol import Task

Entry = Model | Style | Character | Look

_TASK_NAMES = tuple(task.value for task in Task)
_TERMS = many(term)
_PRICE = integer(0, 1_000_000)


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one kind of entry."""

    make: Callable[..., Any]
    """The record: its fields without a default are required."""
    readers: Mapping[str, Reader]
    """Field → how its value is read."""
    key: Reader = key
    """How the entry's own name is read."""

    def required(self) -> tuple[str, ...]:
        """Fields that an entry must have."""
        return tuple(
            one.name
            for one in fields(self.make)  # type: ignore[arg-type]
            if one.name in self.readers
            and one.default is MISSING
            and one.default_factory is MISSING
        )

    def read(self, raw: Mapping[str, object], **given: object) -> tuple[Any, list[Wrong]]:
        """The record made of a table and of `given`, or None and everything that is wrong."""
        values: dict[str, object] = dict(given)
        wrongs = []
        for name, value in raw.items():
            try:
                values[name] = self._reader(name)(value)
            except Wrong as wrong:
                wrongs.append(Wrong(wrong.message, wrong.fix, at=f".{name}{wrong.at}"))
        wrongs += [
            Wrong("is missing.", f"Add `{name} = …`.", at=f".{name}")
            for name in self.required()
            if name not in raw
        ]
        return (None if wrongs else self.make(**values)), wrongs

    def _reader(self, name: str) -> Reader:
        if name in self.readers:
            return self.readers[name]
        # `based_on` is taken out before an entry is read, where it is spelt right.
        meant = nearest(name, (*self.readers, "based_on"))
        fix = f"Did you mean {meant!r}?" if meant else f"Known are {', '.join(self.readers)}."
        raise Wrong("is not a field.", fix)


def _tasks(value: object) -> frozenset[Task]:
    names = many(one_of(_TASK_NAMES), least=1)(value)
    assert isinstance(names, tuple)
    return frozenset(Task(name) for name in names)


def _task_prices(value: object) -> dict[Task, int]:
    prices = {}
    for name, price in table(value).items():
        try:
            prices[Task(str(one_of(_TASK_NAMES)(name)))] = _PRICE(price)
        except Wrong as wrong:
            raise Wrong(wrong.message, wrong.fix, at=f".{name}") from None
    return prices  # type: ignore[return-value]


def _lora(value: object) -> LoraReference:
    if not isinstance(value, dict):
        raise Wrong(
            f"is {kind(value)}, not a table.", 'Write { reference = "…", weight = 0.8 } in braces.'
        )
    lora, wrongs = LORA.read(value)
    if wrongs:
        raise wrongs[0]
    assert isinstance(lora, LoraReference)
    return lora


def _ways(value: object) -> tuple[Way, ...]:
    if not isinstance(value, list):
        raise Wrong(f"is {kind(value)}, not a list.", "Put it in square brackets.")
    found = []
    for index, one in enumerate(value):
        if not isinstance(one, dict):
            fix = 'Write { engine = "…", options = { … } } in braces.'
            raise Wrong(f"is {kind(one)}, not a table.", fix, at=f"[{index}]")
        way, wrongs = WAY.read(one)
        if wrongs:
            raise Wrong(wrongs[0].message, wrongs[0].fix, at=f"[{index}]{wrongs[0].at}")
        found.append(way)
    return tuple(found)


LORA = Shape(
    LoraReference,
    {"reference": text(empty=False), "weight": number(-2, 2), "family": text()},
)

WAY = Shape(Way, {"engine": key, "options": table})

STYLE = Shape(
    Style,
    {
        "label": text(longest=100, empty=False),
        "positive": _TERMS,
        "negatives": _TERMS,
        "version": text(longest=100, empty=False),
        "lora": _lora,
        "any_model": boolean,
    },
)

CHARACTER = Shape(
    Character,
    {
        "label": text(longest=100, empty=False),
        "description": text(),
        "trigger": text(),
        "positive": _TERMS,
        "negatives": _TERMS,
        "version": text(longest=100, empty=False),
        "lora": _lora,
    },
)

MODEL = Shape(
    Model,
    {
        "label": text(longest=100, empty=False),
        "description": text(),
        "engine": key,
        "family": key,
        "version": text(longest=100, empty=False),
        "styles": many(key, least=1),
        "default_style": key,
        "base_negatives": _TERMS,
        "tasks": _tasks,
        "steps": integer(1, 200),
        "guidance_scale": number(0, 30),
        "sizes": many(size),
        "multiple_of": integer(1, 256),
        "min_side": integer(64, 8192),
        "max_side": integer(64, 8192),
        "supports_negative": boolean,
        "price_credits": _PRICE,
        "task_prices": _task_prices,
        "licence": text(longest=100),
        "commercial_use": boolean,
        "options": table,
        "fallbacks": _ways,
    },
)

LOOK = Shape(
    Look,
    {
        "label": text(longest=100, empty=False),
        "style": key,
        "style_id": integer(1, 1_000_000),
        "model": key,
        "price": _PRICE,
        "steps": integer(1, 200),
    },
    key=dotted_key,
)

SHAPES: Mapping[str, Shape] = {
    "models": MODEL,
    "styles": STYLE,
    "characters": CHARACTER,
    "looks": LOOK,
}
"""Section of a catalog file → the shape of its entries."""
