"""Which fields rulesets and rules have, and how a table from a file becomes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imgen.catalog.problems import Wrong, nearest
from imgen.catalog.readers import Reader, integer, key, kind, many, number, one_of, table, text
from imgen.compliance.rulesets.ruleset import DETECTORS, SEVERITIES, Rule, Ruleset, Trigger
from imgen.compliance.signal import SIGNALS
from imgen.compliance.verdict import Action

RESERVED = "floor"
"""Rulesets and rules of this name, or that begin with it and a dash, are ours alone."""

_THRESHOLD = number(0.01, 1)
_SPREAD = ("prompt", "text", "vision")
"""What `*.sexual` is short for."""


def read_ruleset(name: str, raw: Mapping[str, object]) -> tuple[Ruleset | None, list[Wrong]]:
    """A ruleset, or None and everything that is wrong with it."""
    fields: Mapping[str, Reader] = {
        "label": text(longest=100, empty=False),
        "version": integer(1, 2**31 - 1),
        "requires": many(one_of(DETECTORS)),
        "rules": table,
    }
    values, wrongs = _read(raw, fields, required=("label", "version"))
    rules: list[Rule] = []
    for id_, one in dict(values.pop("rules", {})).items():
        rule, ill = _read_rule(id_, one)
        wrongs += [Wrong(w.message, w.fix, at=f".rules.{id_}{w.at}") for w in ill]
        rules += [rule] if rule else []
    if wrongs:
        return None, wrongs
    requires = frozenset(values.pop("requires", ()))
    return Ruleset(key=name, rules=tuple(rules), requires=requires, **values), []


def _read_rule(id_: str, raw: object) -> tuple[Rule | None, list[Wrong]]:
    try:
        key(id_)
    except Wrong as wrong:
        return None, [wrong]
    if not isinstance(raw, dict):
        return None, [Wrong(f"is {kind(raw)}, not a table.", f"Write [rulesets.….rules.{id_}].")]
    fields: Mapping[str, Reader] = {
        "name": text(longest=100, empty=False),
        "category": text(longest=50, empty=False),
        "severity": one_of(SEVERITIES),
        "action": one_of(tuple(Action)),
        "triggers": _triggers,
        "only_with": _triggers,
    }
    required = ("name", "category", "severity", "action", "triggers")
    values, wrongs = _read(raw, fields, required=required)
    if wrongs:
        return None, wrongs
    return Rule(id=id_, action=Action(values.pop("action")), **values), []


def is_reserved(name: str) -> bool:
    """Whether a name belongs to the floor."""
    return name == RESERVED or name.startswith(f"{RESERVED}-")


def _read(
    raw: Mapping[str, object], fields: Mapping[str, Reader], *, required: tuple[str, ...]
) -> tuple[dict[str, Any], list[Wrong]]:
    values: dict[str, Any] = {}
    wrongs = []
    for name, value in raw.items():
        try:
            values[name] = _reader(name, fields)(value)
        except Wrong as wrong:
            wrongs.append(Wrong(wrong.message, wrong.fix, at=f".{name}{wrong.at}"))
    wrongs += [
        Wrong("is missing.", f"Add `{name} = …`.", at=f".{name}")
        for name in required
        if name not in raw
    ]
    return values, wrongs


def _reader(name: str, fields: Mapping[str, Reader]) -> Callable[[object], object]:
    if name in fields:
        return fields[name]
    # `based_on` and `remove_rules` are taken out before, where they are spelt right.
    meant = nearest(name, (*fields, *(("based_on", "remove_rules") if "rules" in fields else ())))
    fix = f"Did you mean {meant!r}?" if meant else f"Known are {', '.join(fields)}."
    raise Wrong("is not a field.", fix)


def _triggers(value: object) -> tuple[Trigger, ...]:
    """`{ "image.exposed_anus" = 0.5, "*.sexual" = 0.8 }`."""
    read = table(value)
    if not read:
        raise Wrong("is empty.", 'Name a signal: { "prompt.nudity" = 0.8 }.')
    thresholds: dict[str, float] = {}
    # A signal by its own name goes before one by a `*`, whatever their order.
    for name, threshold in sorted(read.items(), key=lambda one: not one[0].startswith("*")):
        try:
            score = _THRESHOLD(threshold)
            assert isinstance(score, float)
            thresholds |= dict.fromkeys(_signals(name), score)
        except Wrong as wrong:
            raise Wrong(wrong.message, wrong.fix, at=f'."{name}"{wrong.at}') from None
    return tuple(Trigger(*pair) for pair in thresholds.items())


def _signals(name: str) -> tuple[str, ...]:
    if name.startswith("*."):
        spread = tuple(f"{source}{name[1:]}" for source in _SPREAD)
        if spread[0] in SIGNALS:
            return spread
    elif name in SIGNALS:
        return (name,)
    names = [*SIGNALS, *(f"*{one[6:]}" for one in SIGNALS if one.startswith("prompt."))]
    meant = nearest(name, names)
    fix = f"Did you mean {meant!r}?" if meant else "`docs/rulesets.md` lists them."
    raise Wrong(f"there is no signal {name!r}.", fix)
