"""Writes to a local folder that survive a power cut: on disk and in place, or not there at all.

obstore's local store renames a finished file into place but never calls fsync, so a write that it
acknowledged can be lost. Here a write is: temporary file, fsync, rename, fsync of the folders.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

# No key has a `#`, and obstore neither lists nor opens files named `…#digits`.
_PARTIAL = ".partial#"
_ABANDONED_SECONDS = 24 * 3600.0
_TRIES = 20


def prepare(root: Path) -> None:
    """Make the folder if it is missing (0700) and drop the writes that a crash left unfinished.

    Raises:
        OSError: the folder cannot be made or written.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = root / _PARTIAL
    partial.mkdir(mode=0o700, exist_ok=True)
    for file in partial.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _ABANDONED_SECONDS:
                file.unlink()


def write(root: Path, key: str, data: bytes) -> None:
    """Put `data` at `root/key`, whole and durable, in place of what was there.

    Raises:
        OSError: do not count on it; whole is what stands there, the old object or the new one.
    """
    partial = root / _PARTIAL / f"{secrets.token_hex(8)}#{os.getpid()}"
    try:
        _write_file(partial, data)
        _move(root, partial, root / key)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folders(root, (root / key).parent)


def delete(root: Path, key: str) -> None:
    """Remove `root/key` for good, and folders that this leaves empty.

    A file that is not there is no error.

    Raises:
        OSError: it is still there.
    """
    file = root / key
    if file.is_file():
        file.unlink(missing_ok=True)
        _sync(file.parent)
        _drop_empty_folders(root, file.parent)


def _write_file(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(descriptor)


def _move(root: Path, source: Path, target: Path) -> None:
    """Make the folders and rename; again when a `delete` took a folder away in between."""
    for last_try in [False] * (_TRIES - 1) + [True]:
        try:
            _make_folders(root, target.parent)
            source.replace(target)
        except FileNotFoundError:
            if last_try:
                raise
        else:
            return


def _make_folders(root: Path, folder: Path) -> None:
    if folder != root and not folder.is_dir():
        _make_folders(root, folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _drop_empty_folders(root: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):  # not empty, or another process was first
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _sync_folders(root: Path, folder: Path) -> None:
    """Up to the root: another process may have made one of them without having synced it yet."""
    while True:
        _sync(folder)
        if folder == root:
            return
        folder = folder.parent


def _sync(folder: Path) -> None:
    """What was renamed or removed in a folder stays so. A folder since removed held nothing."""
    with contextlib.suppress(FileNotFoundError):
        _sync_present(folder)


def _sync_present(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
