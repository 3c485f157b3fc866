"""Loading and checking rulesets: the built-in ones first, then an operator's own over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgen.catalog.problems import Problem, Wrong, nearest, refuse
from imgen.catalog.readers import key, kind, many
from imgen.compliance.rulesets.files import parse_toml, toml_files
from imgen.compliance.rulesets.ruleset import Ruleset, Rulesets
from imgen.compliance.rulesets.shapes import RESERVED, is_reserved, read_ruleset

BUILTIN = Path(__file__).parent / "builtin"
"""The folder of the rulesets that ship with imgen."""
DEFAULT = "default"
"""What requests without a ruleset are judged by; it cannot be removed."""

_FLOOR = "the floor holds under every ruleset and cannot be changed."
_NAMES = many(key)


@dataclass(frozen=True, slots=True)
class _Raw:
    """A ruleset's table, with what it is based on already in it, and the file that it is from."""

    file: Path
    table: Mapping[str, object]
    origin: Mapping[str, Path]
    """Rule id → the file that it is from."""


def load_rulesets(paths: Sequence[Path] = ()) -> Rulesets:
    """The built-in rulesets with an operator's files or folders laid over them, in that order.

    Args:
        paths: TOML files, or folders whose `*.toml` files make one layer together.

    Raises:
        imgen.errors.Invalid: something is wrong; the message lists every problem, a line each.
    """
    rulesets, problems = _read([BUILTIN, *paths])
    refuse(problems, "The rulesets have", code="rulesets_invalid")
    return rulesets


def check_rulesets(paths: Sequence[Path] = ()) -> list[Problem]:
    """Everything that is wrong with the rulesets that `load_rulesets(paths)` would give."""
    return _read([BUILTIN, *paths])[1]


def _read(paths: Sequence[Path]) -> tuple[Rulesets, list[Problem]]:
    layers = _Layers()
    for path in paths:
        layers.lay(path)
    made: list[Ruleset] = []
    for name, raw in layers.raws.items():
        ruleset, wrongs = read_ruleset(name, raw.table)
        for wrong in wrongs:
            file = raw.origin.get(wrong.at.removeprefix(".rules.").partition(".")[0], raw.file)
            place = f"rulesets.{name}{wrong.at}"
            layers.problems.append(Problem(file, place, wrong.message, wrong.fix))
        made += [ruleset] if ruleset else []
    # What is inherited by several is wrong once.
    return Rulesets(made), list(dict.fromkeys(layers.problems))


@dataclass(slots=True)
class _Layers:
    """What has been laid down so far; later files add, replace and remove."""

    raws: dict[str, _Raw] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def lay(self, path: Path) -> None:
        """Lay a file, or all `*.toml` files of a folder, over what is there."""
        files = toml_files(path, self.problems)
        parsed = [(file, parse_toml(file, self.problems)) for file in files]
        own: dict[str, tuple[Path, Mapping[str, object]]] = {}
        for file, document in parsed:
            self._collect(file, document, own)
        below = dict(self.raws)
        for name in own:
            self._build(name, own, below, ())
        for file, document in parsed:
            self._remove(file, document.get("remove", []), own)

    def _collect(
        self,
        file: Path,
        document: Mapping[str, object],
        own: dict[str, tuple[Path, Mapping[str, object]]],
    ) -> None:
        """Take a file's rulesets as they are written."""
        for section, value in document.items():
            if section == RESERVED and file.parent != BUILTIN:
                self._problem(file, section, _FLOOR, "Leave it out.")
            elif section not in ("rulesets", "remove", RESERVED):
                meant = nearest(section, ("rulesets", "remove"))
                fix = f"Did you mean {meant!r}?" if meant else "Known are rulesets, remove."
                self._problem(file, section, "is not a section.", fix)
            elif section == "rulesets" and not isinstance(value, dict):
                self._problem(
                    file, section, f"is {kind(value)}, not a table.", "Write [rulesets.…]."
                )
        tables = document.get("rulesets", {})
        for name, raw in tables.items() if isinstance(tables, dict) else ():
            place = f"rulesets.{name}"
            try:
                key(name)
            except Wrong as wrong:
                self._problem(file, place, wrong.message, wrong.fix)
                continue
            if is_reserved(name):
                self._problem(file, place, _FLOOR, "Give the ruleset another name.")
            elif not isinstance(raw, dict):
                self._problem(file, place, f"is {kind(raw)}, not a table.", f"Write [{place}].")
            elif name in own:
                self._problem(file, place, f"is in {own[name][0].name} too.", "Keep one.")
            else:
                own[name] = (file, raw)

    def _build(
        self,
        name: str,
        own: Mapping[str, tuple[Path, Mapping[str, object]]],
        below: Mapping[str, _Raw],
        waiting: tuple[str, ...],
    ) -> None:
        """Lay one ruleset, after the one of the same layer that it is based on."""
        file, written = own[name]
        place = f"rulesets.{name}"
        fields = {one: value for one, value in written.items() if one != "based_on"}
        based_on = written.get("based_on")
        base: _Raw | None = None
        if based_on is not None:
            if based_on in own and based_on not in (name, *waiting):
                self._build(str(based_on), own, below, (*waiting, name))
            in_layer = based_on in own and based_on not in (name, *waiting)
            base = (self.raws if in_layer else below).get(str(based_on))
            if base is None:
                meant = nearest(str(based_on), below)
                fix = f"Did you mean {meant!r}?" if meant else f"Use one of {', '.join(below)}."
                message = f"there is no ruleset {based_on!r} to build on."
                self._problem(file, f"{place}.based_on", message, fix)
        self._check_version(name, file, fields, below)
        self.raws[name] = self._over(base, file, place, fields)

    def _over(self, base: _Raw | None, file: Path, place: str, fields: dict[str, object]) -> _Raw:
        """A ruleset's own fields and rules over those that it builds on."""
        rules = dict(base.table.get("rules", {})) if base else {}  # type: ignore[call-overload]
        origin = dict(base.origin) if base else {}
        for id_ in self._names(file, f"{place}.remove_rules", fields.pop("remove_rules", [])):
            if rules.pop(id_, None) is None:
                message = f"there is no rule {id_!r} in what it builds on."
                self._problem(file, f"{place}.remove_rules", message, "Correct or remove it.")
        written = fields.get("rules", {})
        if not isinstance(written, dict):
            return _Raw(file, fields, {})
        for id_, rule in written.items():
            if is_reserved(id_):
                self._problem(file, f"{place}.rules.{id_}", _FLOOR, "Give the rule another id.")
            rules[id_] = rule
            origin[id_] = file
        inherited = {
            one: value
            for one, value in (base.table if base else {}).items()
            if one not in ("version", "label")  # its own
        }
        return _Raw(file, {**inherited, **fields, "rules": rules}, origin)

    def _check_version(
        self, name: str, file: Path, fields: Mapping[str, object], below: Mapping[str, _Raw]
    ) -> None:
        """A ruleset that replaces another needs a version of its own, or verdicts would lie."""
        if name not in below:
            return
        old, new = below[name].table.get("version"), fields.get("version")
        if isinstance(old, int) and isinstance(new, int) and new <= old:
            message = f"is {new}, and the ruleset that it replaces is version {old}."
            self._problem(file, f"rulesets.{name}.version", message, f"Use {old + 1} or more.")

    def _remove(self, file: Path, value: object, own: Mapping[str, object]) -> None:
        for name in self._names(file, "remove", value):
            if name == DEFAULT:
                message = "requests that name no ruleset are judged by 'default'."
                self._problem(file, "remove", message, "Replace it instead.")
            elif name in own:
                self._problem(file, "remove", f"{name!r} is defined beside it.", "Keep one.")
            elif self.raws.pop(name, None) is None:
                message = f"there is no ruleset {name!r}."
                self._problem(file, "remove", message, f"Known are {', '.join(self.raws)}.")

    def _names(self, file: Path, place: str, value: object) -> tuple[str, ...]:
        try:
            return tuple(map(str, _NAMES(value)))  # type: ignore[call-overload]
        except Wrong as wrong:
            self._problem(file, place + wrong.at, wrong.message, wrong.fix)
            return ()

    def _problem(self, file: Path, place: str, message: str, fix: str) -> None:
        self.problems.append(Problem(file, place, message, fix))
