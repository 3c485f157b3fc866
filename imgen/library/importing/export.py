"""Writing the library out, to a folder or a zip file that can be imported again elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from imgen import clock
from imgen.database.pool import Database
from imgen.errors import Conflict, Invalid, NotFound
from imgen.library.importing import manifests, store
from imgen.library.importing.store import Kept
from imgen.storage.objects import ObjectStore

_PAGE = 200
_EXTENSIONS = {"jpeg": "jpg"}
_MANIFEST = manifests.NAMES[0]


class Target(Protocol):
    """Where an export goes. Every method blocks."""

    def has(self, name: str, size: int) -> bool:
        """Whether an earlier, interrupted export has written this file already."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Keep a file."""
        ...

    def finish(self, manifest: bytes) -> None:
        """Write the manifest, last: an export that has one is whole."""
        ...

    def abandon(self) -> None:
        """Close what is open. What was written stays in a folder; a zip file vanishes."""
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Which pictures are exported. Empty texts restrict nothing."""

    account_id: str = ""
    """The shared ones and this account's; empty: the shared ones alone."""
    model: str = ""
    style: str = ""
    character: str = ""

    def takes(self, picture: Kept) -> bool:
        """Whether this picture is among them. Withdrawn ones never are."""
        wanted = (self.model, self.style, self.character)
        present = (picture.model, picture.style, picture.character)
        return picture.withdrawn is None and all(
            not want or want == has for want, has in zip(wanted, present, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Export:
    """Writes pictures and a manifest of what is known about them."""

    database: Database
    objects: ObjectStore

    async def __call__(
        self, target: Target, selection: Selection, *, tell: Callable[[str], None]
    ) -> int:
        """Export; returns how many pictures there were.

        Args:
            target: where to.
            selection: which.
            tell: is told a reason for each picture that could not be written.

        Raises:
            imgen.errors.Unavailable: the database or the object store is down.
            imgen.errors.Invalid: the target cannot be written.
        """
        lines: list[str] = []
        try:
            async for picture in self._pictures(selection):
                name = _name(picture)
                try:
                    await self._write(target, name, picture.image_key)
                except NotFound:
                    tell(f"{picture.id}: its file is missing")
                    continue
                lines.append(json.dumps(_record(picture, name), ensure_ascii=False))
            await asyncio.to_thread(target.finish, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise Invalid(f"The export cannot be written: {error.strerror or error}.") from None
        finally:
            await asyncio.to_thread(target.abandon)
        return len(lines)

    async def _pictures(self, selection: Selection) -> AsyncIterator[Kept]:
        after = ""
        while True:
            async with self.database.connection() as connection:
                page = await store.kept(
                    connection,
                    after=after,
                    account_id=selection.account_id or "-",
                    limit=_PAGE,
                )
            for picture in page:
                if selection.takes(picture):
                    yield picture
            if len(page) < _PAGE:
                return
            after = page[-1].id

    async def _write(self, target: Target, name: str, key: str) -> None:
        info = await self.objects.head(key)
        if info is None:
            raise NotFound("There is no such object.")
        if not await asyncio.to_thread(target.has, name, info.size):
            await asyncio.to_thread(target.write, name, await self.objects.get(key))


class FolderTarget:
    """A folder, made if missing. A second export goes on where the first was stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str, size: int) -> bool:
        """See `Target`."""
        path = self._folder / name
        return path.is_file() and path.stat().st_size == size

    def write(self, name: str, data: bytes) -> None:
        """See `Target`. Whole or not at all."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(path)

    def finish(self, manifest: bytes) -> None:
        """See `Target`."""
        self.write(_MANIFEST, manifest)

    def abandon(self) -> None:
        """See `Target`."""


class ZipTarget:
    """A zip file, which appears when it is whole. Pictures are compressed already, so they are
    only stored."""

    def __init__(self, path: Path) -> None:
        """Begin it.

        Raises:
            imgen.errors.Conflict: there is such a file.
            imgen.errors.Invalid: it cannot be written there.
        """
        if path.exists():
            raise Conflict(f"{path} exists; choose another name or delete it.")
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._file: IO[bytes] = self._partial.open("wb")
        except OSError as error:
            raise Invalid(f"{path} cannot be written: {error.strerror}.") from None
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)

    def has(self, name: str, size: int) -> bool:
        """See `Target`."""
        del name, size
        return False

    def write(self, name: str, data: bytes) -> None:
        """See `Target`."""
        self._zip.writestr(name, data)

    def finish(self, manifest: bytes) -> None:
        """See `Target`."""
        self._zip.writestr(_MANIFEST, manifest, compress_type=zipfile.ZIP_DEFLATED)
        self._zip.close()
        self._file.close()
        self._partial.replace(self._path)

    def abandon(self) -> None:
        """See `Target`."""
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
        self._partial.unlink(missing_ok=True)


def _name(picture: Kept) -> str:
    extension = _EXTENSIONS.get(picture.format, picture.format)
    return f"pictures/{picture.id[:2]}/{picture.id}.{extension}"


def _record(picture: Kept, name: str) -> dict[str, Any]:
    """What the readers of an import take, and a few facts for people."""
    return {
        "file": name,
        "prompt": picture.prompt,
        "negative": picture.negatives,
        "caption": picture.caption,
        "model": picture.model,
        "style": picture.style,
        "character": picture.character,
        "seed": picture.seed,
        "width": picture.width,
        "height": picture.height,
        "id": picture.id,
        "source": picture.source,
        "created_at": clock.rfc3339(picture.created_at),
    }
