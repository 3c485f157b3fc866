"""Where files are read from: folders and zip archives, neither of which is trusted."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from imgen.errors import Invalid, TooLarge

_MOST_MEMBERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a place."""

    place: Place
    name: str
    """Relative to the place, with `/`."""
    size: int
    """Bytes, as the place says."""
    modified: int
    """Changes when the content does: nanoseconds since 1970, in an archive the CRC-32."""

    @property
    def shown(self) -> str:
        """What a person is told, without control characters."""
        text = f"{self.place.shown}/{self.name}"
        return "".join(each if each.isprintable() else "�" for each in text)


class Place(Protocol):
    """A folder or an archive."""

    @property
    def shown(self) -> str:
        """What a person calls it."""
        ...

    def entries(self) -> list[Entry]:
        """Every file in it and below, sorted by name.

        Raises:
            imgen.errors.Invalid: it cannot be listed.
        """
        ...

    def read(self, name: str, limit: int) -> bytes:
        """A file's content.

        Raises:
            imgen.errors.Invalid: it is not there, not readable, damaged, or outside the place.
            imgen.errors.TooLarge: it is over `limit` bytes; no more than that is read.
        """
        ...

    def path(self, name: str) -> Path | None:
        """Where the file is on disk; None in an archive."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Folder:
    """A folder with everything below it. Links to other folders are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.shown = str(root).rstrip("/")

    def entries(self) -> list[Entry]:
        """See `Place`."""
        try:
            return sorted(self._below(self._root), key=lambda entry: entry.name)
        except OSError as error:
            raise Invalid(f"cannot be listed: {error.strerror}") from None

    def entry(self, name: str) -> Entry:
        """One file in it.

        Raises:
            imgen.errors.Invalid: it is not there or outside the folder.
        """
        try:
            path = self._inside(name)
            status = path.stat()
        except OSError as error:
            raise Invalid(error.strerror or "not readable") from None
        except ValueError:
            raise Invalid("not a file's name") from None
        if not path.is_file():
            raise Invalid("not a file")
        return Entry(self, name, status.st_size, status.st_mtime_ns)

    def read(self, name: str, limit: int) -> bytes:
        """See `Place`."""
        try:
            with self._inside(name).open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Invalid(error.strerror or "not readable") from None
        return _checked(data, limit)

    def path(self, name: str) -> Path | None:
        """See `Place`."""
        return self._inside(name)

    def close(self) -> None:
        """Nothing is held."""

    def _inside(self, name: str) -> Path:
        path = self._root / name
        if ".." in Path(name).parts or not path.is_relative_to(self._root):
            raise Invalid("outside the folder")
        return path

    def _below(self, folder: Path) -> list[Entry]:
        found: list[Entry] = []
        for path in folder.iterdir():
            if path.name.startswith("."):
                continue
            if path.is_dir():
                found += [] if path.is_symlink() else self._below(path)
            elif path.is_file():
                status = path.stat()
                name = path.relative_to(self._root).as_posix()
                found.append(Entry(self, name, status.st_size, status.st_mtime_ns))
        return found


class Archive:
    """A zip file. Nothing is extracted to disk, so no name in it can lead anywhere."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            imgen.errors.Invalid: it is no zip file.
        """
        self.shown = str(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
            raise Invalid(f"not a zip file: {error}") from None

    def entries(self) -> list[Entry]:
        """See `Place`."""
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        if len(members) > _MOST_MEMBERS:
            raise Invalid(f"over {_MOST_MEMBERS} files")
        entries = [
            Entry(self, member.filename, member.file_size, member.CRC)
            for member in members
            if not any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/"))
        ]
        return sorted(entries, key=lambda entry: entry.name)

    def read(self, name: str, limit: int) -> bytes:
        """See `Place`. What the archive says about the size is not believed."""
        try:
            with self._zip.open(name) as member:
                data = member.read(limit + 1)
        except KeyError:
            raise Invalid("not in the archive") from None
        except RuntimeError:
            raise Invalid("encrypted") from None
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
            raise Invalid(f"damaged: {error}") from None
        return _checked(data, limit)

    def path(self, name: str) -> Path | None:
        """See `Place`."""
        del name
        return None

    def close(self) -> None:
        """Close the file."""
        self._zip.close()


def _checked(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLarge(f"over {limit / 2**20:g} MiB")
    return data
