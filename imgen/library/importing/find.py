"""From paths on the command line to the pictures that they mean."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from imgen.errors import ImgenError, Invalid
from imgen.library.importing import manifests
from imgen.library.importing.pictures import SUFFIXES
from imgen.library.importing.places import Archive, Entry, Folder, Place


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may become a picture of the library."""

    entry: Entry
    beside: tuple[str, ...] = ()
    """Sidecars: files of the same name that end in `.txt` or `.json`."""
    record: dict[str, Any] | None = None
    """Its line in a manifest."""


@dataclass(slots=True)
class Listing:
    """What was found."""

    candidates: list[Candidate] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """What cannot be imported and why: (what, reason)."""
    places: list[Place] = field(default_factory=list)

    def close(self) -> None:
        """Let go of the archives."""
        for place in self.places:
            place.close()


def find(paths: Iterable[Path]) -> Listing:
    """Look at folders, archives, manifests and single files. Blocking. Close the result.

    Nothing is raised: what cannot be read is among the failures.
    """
    listing = Listing()
    for path in paths:
        try:
            _look_at(path, listing)
        except ImgenError as error:
            listing.failures.append((str(path), error.message))
    _keep_first(listing)
    return listing


def _look_at(path: Path, listing: Listing) -> None:
    if path.is_dir():
        _look_into(Folder(path), listing)
    elif not path.is_file():
        raise Invalid("there is no such file or folder")
    elif path.suffix.lower() in {".jsonl", ".ndjson"}:
        _follow(Folder(path.parent), path.name, listing)
    elif _is_archive(path):
        _look_into(Archive(path), listing)
    else:
        folder = Folder(path.parent)
        beside = [name for name in _sidecars(path.name) if (path.parent / name).is_file()]
        listing.candidates.append(Candidate(folder.entry(path.name), tuple(beside)))


def _is_archive(path: Path) -> bool:
    """By its name, else by its content; a picture with an archive behind it is a picture."""
    suffix = path.suffix.lower()
    return suffix == ".zip" or (suffix not in SUFFIXES and zipfile.is_zipfile(path))


def _look_into(place: Place, listing: Listing) -> None:
    """Every picture in a folder or archive, with what lies beside it."""
    listing.places.append(place)
    entries = {entry.name: entry for entry in place.entries()}
    records: dict[str, dict[str, Any]] = {}
    for name in entries:
        if PurePosixPath(name).name in manifests.NAMES:
            records |= _records(place, name, set(entries), listing)
    for name, entry in entries.items():
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            beside = tuple(each for each in _sidecars(name) if each in entries)
            listing.candidates.append(Candidate(entry, beside, records.get(name)))


def _records(
    place: Place, manifest: str, names: set[str], listing: Listing
) -> dict[str, dict[str, Any]]:
    """A manifest's lines by the name of their file, in the place."""
    folder = PurePosixPath(manifest).parent
    found: dict[str, dict[str, Any]] = {}
    for line in manifests.lines(place.read(manifest, manifests.LONGEST)):
        name = (folder / line.file).as_posix() if line.file else ""
        if name in names:
            found[name] = line.record
        else:
            reason = f"{line.file} is not there" if line.file else "names no file"
            listing.failures.append((f"{place.shown}/{manifest}, line {line.number}", reason))
    return found


def _follow(folder: Folder, manifest: str, listing: Listing) -> None:
    """The pictures that a manifest names, and no others."""
    for line in manifests.lines(folder.read(manifest, manifests.LONGEST)):
        try:
            if not line.file:
                raise Invalid("names no file")
            listing.candidates.append(Candidate(folder.entry(line.file), record=line.record))
        except ImgenError as error:
            where = f"{folder.shown}/{manifest}, line {line.number}"
            reason = f"{line.file}: {error.message}" if line.file else error.message
            listing.failures.append((where, reason))


def _sidecars(name: str) -> list[str]:
    """`a.png` may have `a.txt`, `a.png.txt`, `a.json`, `a.png.json`."""
    stem = name[: len(name) - len(PurePosixPath(name).suffix)]
    return [f"{start}{suffix}" for suffix in (".txt", ".json") for start in (stem, name)]


def _keep_first(listing: Listing) -> None:
    """A file that several paths lead to is imported once, with a record if one has it."""
    chosen: dict[tuple[str, str], Candidate] = {}
    for candidate in listing.candidates:
        path = candidate.entry.place.path(candidate.entry.name)
        key = (str(path), "") if path else (candidate.entry.place.shown, candidate.entry.name)
        if key not in chosen or (candidate.record and not chosen[key].record):
            chosen[key] = candidate
    listing.candidates = list(chosen.values())
