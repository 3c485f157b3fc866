"""What a safetensors file says about its tensors, read without loading any or having torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from imgen.errors import Invalid, Unavailable

_LENGTH = 8
"""Bytes before the header, which say how long it is (little-endian)."""
_LONGEST = 100 * 1024 * 1024
"""Headers beyond this are no headers; the format's own limit."""
_PICKLE = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How pickles begin, zipped ones too."""

NOT_AS_EXPECTED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,  # of infinite numbers
    RecursionError,  # of brackets without end
)
"""What reading JSON raises that is damaged, or is something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """Names and shapes of a file's tensors. Equal to itself alone, so that it can name answers."""

    shapes: Mapping[str, tuple[int, ...]]
    end: int
    """Bytes that the whole file has, by what its header says."""


def read_header(file: Path) -> Header:
    """The header of a safetensors file. Read once, until the file changes.

    Raises:
        imgen.errors.Unavailable: the file is cut off, or cannot be opened.
        imgen.errors.Invalid: it is something else, a pickle perhaps.
    """
    with reading(file):
        stat = file.stat()
        return _read(file, stat.st_size, stat.st_mtime_ns)


@contextmanager
def reading(place: Path) -> Iterator[None]:
    """Whatever keeps a place from being read is said of it.

    Raises:
        imgen.errors.Unavailable: a disk, a network or a permission is in the way.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{place} cannot be read: {error.strerror or error}") from None


@lru_cache(maxsize=512)
def _read(file: Path, size: int, changed: int) -> Header:
    del changed  # a part of the cache's key
    with file.open("rb") as stream:
        start = stream.read(_LENGTH)
        length = int.from_bytes(start, "little")
        if start.startswith(_PICKLE):
            raise Invalid(
                f"{file.name} is a pickle, whatever its name says, and runs code when it is "
                "opened; convert it to safetensors",
                code="pickle_refused",
            )
        if len(start) == _LENGTH and length > _LONGEST:
            raise Invalid(f"{file.name} is not a safetensors file")
        if size < _LENGTH + length:
            raise _cut_off(file, size, 0)
        text = stream.read(length)
    header = _parsed(file, text)
    if size < header.end:
        raise _cut_off(file, size, header.end)
    return header


def _parsed(file: Path, text: bytes) -> Header:
    try:
        said = json.loads(text)
        said.pop("__metadata__", None)
        shapes = {name: tuple(map(int, facts["shape"])) for name, facts in said.items()}
        ends = [int(facts["data_offsets"][1]) for facts in said.values()]
    except NOT_AS_EXPECTED:
        raise Invalid(f"{file.name} is not a safetensors file") from None
    return Header(shapes, _LENGTH + len(text) + max(ends, default=0))


def _cut_off(file: Path, size: int, whole: int) -> Unavailable:
    of = f" of {whole}" if whole else ""
    return Unavailable(f"{file.name} is cut off: it has {size}{of} bytes; fetch it again")
