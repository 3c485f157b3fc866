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

_PARTIAL = ".partial"
_ABANDONED_SECONDS = 24 * 3600.0


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
    # obstore hides files named `…#digits` from listings and refuses them as keys.
    partial = root / _PARTIAL / f"{secrets.token_hex(8)}#{os.getpid()}"
    try:
        _write_file(partial, data)
        _make_folders(root, (root / key).parent)
        partial.replace(root / key)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folders(root, (root / key).parent)


def delete(root: Path, key: str) -> None:
    """Remove `root/key` for good. A file that is not there is no error.

    Raises:
        OSError: it is still there.
    """
    file = root / key
    if file.is_file():
        file.unlink(missing_ok=True)
        _sync(file.parent)


def _write_file(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(descriptor)


def _make_folders(root: Path, folder: Path) -> None:
    if folder != root and not folder.is_dir():
        _make_folders(root, folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folders(root: Path, folder: Path) -> None:
    """Up to the root: another process may have made one of them without having synced it yet."""
    while True:
        _sync(folder)
        if folder == root:
            return
        folder = folder.parent


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
