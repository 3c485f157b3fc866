"""Catalog files as they lie on disk: read, and laid over one another."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imgen.catalog.problems import Problem, Wrong, nearest
from imgen.catalog.readers import kind, many, term
from imgen.catalog.shapes import SHAPES

SECTIONS = tuple(SHAPES)
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry's table, and the file that it came from."""

    file: Path
    table: Mapping[str, object]


@dataclass(slots=True)
class Layers:
    """What has been laid down so far; later files replace, add, remove and reorder."""

    entries: dict[str, dict[str, RawEntry]] = field(
        default_factory=lambda: {section: {} for section in SECTIONS}
    )
    """Section → key → entry."""
    quality_words: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def lay(self, path: Path) -> None:
        """Lay a file, or all `*.toml` files of a folder, over what is there."""
        below = {section: dict(entries) for section, entries in self.entries.items()}
        own: dict[tuple[str, str], Path] = {}
        parsed = [(file, self._parse(file)) for file in self._files(path)]
        for file, document in parsed:
            _FileReader(self, file, below, own).read(document)
        for file, document in parsed:
            _FileReader(self, file, below, own).arrange(document)

    def _files(self, path: Path) -> list[Path]:
        if path.is_file():
            return [path]
        if not path.is_dir():
            self.problems.append(Problem(path, "", "is not there.", "Correct the path."))
            return []
        files = sorted(path.glob("*.toml"))
        if not files:
            self.problems.append(
                Problem(path, "", "has no .toml file in it.", "Add one, or leave the folder out.")
            )
        return files

    def _parse(self, file: Path) -> Mapping[str, object]:
        try:
            if file.stat().st_size > _LARGEST:
                self.problems.append(
                    Problem(file, "", "is over 1 MiB.", "Split it, or check what it is.")
                )
                return {}
            return tomllib.loads(file.read_bytes().decode("utf-8"))
        except UnicodeDecodeError as error:
            message = f"is not UTF-8 (byte {error.start})."
            self.problems.append(Problem(file, "", message, "Save it as UTF-8."))
        except tomllib.TOMLDecodeError as error:
            message = f"is not TOML: {error}."
            self.problems.append(Problem(file, "", message, "Correct that place."))
        except (OSError, RecursionError) as error:
            message = f"cannot be read: {error}."
            self.problems.append(Problem(file, "", message, "Check the file and its permissions."))
        return {}


@dataclass(frozen=True, slots=True)
class _FileReader:
    """Takes one parsed file into the layers."""

    layers: Layers
    file: Path
    below: Mapping[str, Mapping[str, RawEntry]]
    """The entries of the layers below this one."""
    own: dict[tuple[str, str], Path]
    """What files of this layer have defined so far, by section and key."""

    def read(self, document: Mapping[str, object]) -> None:
        """Take in the entries and quality words."""
        for section, value in document.items():
            if section in SECTIONS:
                self._read_section(section, value)
            elif section == "quality_words":
                words = self._list(section, value, many(term, longest=10_000))
                self.layers.quality_words.update(dict.fromkeys(word.lower() for word in words))
            elif section not in {"remove", "order"}:
                known = (*SECTIONS, "quality_words", "remove", "order")
                meant = nearest(section, known)
                fix = f"Did you mean {meant!r}?" if meant else f"Known are {', '.join(known)}."
                self._problem(section, Wrong("is not a section.", fix))

    def arrange(self, document: Mapping[str, object]) -> None:
        """Remove and reorder, once every file of the layer is read."""
        for section, names in self._named(document, "remove"):
            if section == "quality_words":
                for name in names:
                    self.layers.quality_words.pop(name.lower(), None)
                continue
            for name in names:
                if (section, name) in self.own:
                    wrong = Wrong(f"{name!r} is defined beside it.", "Keep one of the two.")
                    self._problem(f"remove.{section}", wrong)
                else:
                    self.layers.entries[section].pop(name)
                    if section == "models":
                        self._remove_looks_of(name)
        for section, names in self._named(document, "order"):
            entries = self.layers.entries[section]
            first = {name: entries[name] for name in names}
            self.layers.entries[section] = first | entries

    def _remove_looks_of(self, model: str) -> None:
        """Looks of lower layers go with the model whose weights they mean."""
        looks = self.layers.entries["looks"]
        for name in [name for name, raw in looks.items() if raw.table.get("model") == model]:
            if ("looks", name) not in self.own:
                looks.pop(name)

    def _read_section(self, section: str, value: object) -> None:
        if not isinstance(value, dict):
            wrong = Wrong(f"is {kind(value)}, not a table.", f"Write [{section}.name].")
            self._problem(section, wrong)
            return
        for name, raw in value.items():
            try:
                SHAPES[section].key(name)
                self._read_entry(section, name, raw)
            except Wrong as wrong:
                self._problem(f"{section}.{name}", wrong)

    def _read_entry(self, section: str, name: str, raw: object) -> None:
        if not isinstance(raw, dict):
            raise Wrong(f"is {kind(raw)}, not a table.", f"Write [{section}.{name}].")
        if (section, name) in self.own:
            other = self.own[section, name].name
            raise Wrong(f"is in {other} too.", "Keep one of the two.")
        self.own[section, name] = self.file
        self.layers.entries[section][name] = RawEntry(self.file, self._inherit(section, raw))

    def _inherit(self, section: str, raw: Mapping[str, object]) -> Mapping[str, object]:
        """The table with what it does not say taken from the entry that it is based on."""
        if "based_on" not in raw:
            return raw
        wanted = raw["based_on"]
        found = self.below[section].get(wanted) if isinstance(wanted, str) else None
        if found is None:
            names = self.below[section]
            meant = nearest(wanted, names) if isinstance(wanted, str) else ""
            fix = f"Did you mean {meant!r}?" if meant else f"Use one of {', '.join(names)}."
            raise Wrong(f"{wanted!r} is not an entry of a layer below.", fix, at=".based_on")
        own = {name: value for name, value in raw.items() if name != "based_on"}
        return {**found.table, **own}

    def _named(
        self, document: Mapping[str, object], verb: str
    ) -> Iterable[tuple[str, tuple[str, ...]]]:
        """The lists of keys in `[remove]` or `[order]`, by section; only keys that exist."""
        value = document.get(verb, {})
        if not isinstance(value, dict):
            fix = f'Write [{verb}] and models = ["…"].'
            self._problem(verb, Wrong(f"is {kind(value)}, not a table.", fix))
            return
        for section, names in value.items():
            place = f"{verb}.{section}"
            if section in SECTIONS:
                wanted = self._list(place, names, many(SHAPES[section].key))
                yield section, tuple(self._existing(place, section, wanted))
            elif verb == "remove" and section == "quality_words":
                yield section, self._list(place, names, many(term))
            else:
                meant = nearest(section, SECTIONS) or SECTIONS[0]
                self._problem(place, Wrong("is not a section.", f"Did you mean {meant!r}?"))

    def _existing(self, place: str, section: str, names: tuple[str, ...]) -> Iterable[str]:
        entries = self.layers.entries[section]
        for name in names:
            if name in entries:
                yield name
            else:
                meant = nearest(name, entries)
                fix = f"Did you mean {meant!r}?" if meant else "Leave it out."
                self._problem(place, Wrong(f"there is no {name!r}.", fix))

    def _list(self, place: str, value: object, read: object) -> tuple[str, ...]:
        try:
            names = read(value)  # type: ignore[operator]
        except Wrong as wrong:
            self._problem(place, wrong)
            return ()
        assert isinstance(names, tuple)
        return names

    def _problem(self, place: str, wrong: Wrong) -> None:
        problem = Problem(self.file, place + wrong.at, wrong.message, wrong.fix)
        self.layers.problems.append(problem)
