"""Where a picture file ends and what it is made of, found by walking over its parts.

Decoders stop at the end of a picture and never say what comes after it: another file, as often as
not. This walk says, and finds a file that is cut short although what is left can be decoded.

PNG: W3C PNG 3, section 5. JPEG: ITU-T T.81, annex B. WebP: RFC 9649, section 2. AVIF: ISO 14496-12.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from imgen.uploads.kinds import Kind

Data = bytes | mmap.mmap

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In coded data: neither a stuffed zero, nor fill, nor a restart marker."""
_START_OF_SCAN, _END_OF_IMAGE, _APP11 = 0xDA, 0xD9, 0xEB
_MOST_SCANS = 100
"""Of a progressive JPEG; honest ones have about ten, and each costs a pass over all pixels."""
_BOXES = {b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"wide", b"pdin", b"sidx",
          b"styp", b"emsg", b"prft", b"moof", b"mfra", b"ssix", b"udta"}  # fmt: skip
_CREDENTIALS_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


class CutShort(Exception):
    """The file ends before the picture does, or is no such file at all."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the walk found."""

    end: int
    """One past the picture's last byte. What follows is something else."""
    credentials: bool
    """Whether content credentials (C2PA) seem to be in it."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: bytes
    start: int
    """Of its content."""
    end: int
    """One past its last byte, with padding and checksum."""


def structure_of(data: Data, kind: Kind) -> Structure:
    """Walk over the parts of a file. Blocking: some milliseconds for a large JPEG.

    Raises:
        CutShort: see there.
    """
    walk, holds_credentials = _WALKS[kind]
    end, credentials = 0, False
    for part in walk(data):
        if part.end > len(data):
            raise CutShort
        end = part.end
        credentials = credentials or holds_credentials(data, part)
    return Structure(end, credentials)


def _png(data: Data) -> Iterator[_Part]:
    at, name = 8, b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise CutShort
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        yield _Part(name, at + 8, at + 12 + length)
        at += 12 + length


def _jpeg(data: Data) -> Iterator[_Part]:
    at, scans = 2, 0
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill
            at += 1
        if data[at : at + 1] != b"\xff" or at + 2 > len(data):
            raise CutShort
        code = data[at + 1]
        if code == _END_OF_IMAGE:
            yield _Part(bytes([code]), at + 2, at + 2)
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if end < at + 4:
            raise CutShort
        if code == _START_OF_SCAN:
            scans += 1
            following = _NEXT_MARKER.search(data, end)
            if following is None or scans > _MOST_SCANS:
                raise CutShort
            end = following.start()
        yield _Part(bytes([code]), at + 4, end)
        at = end


def _webp(data: Data) -> Iterator[_Part]:
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data) or whole < 20:
        raise CutShort
    at = 12
    while at + 8 <= whole:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = min(at + 8 + length + length % 2, max(whole, at + 8 + length))
        yield _Part(data[at : at + 4], at + 8, end)
        at = end
    yield _Part(b"", whole, whole)


def _avif(data: Data) -> Iterator[_Part]:
    at = 0
    while at + 8 <= len(data):
        length, name, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if name not in _BOXES:
            return
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        if length == 0:
            length = len(data) - at
        if length < head:
            raise CutShort
        yield _Part(name, at + head, at + length)
        at += length


def _in_jpeg(data: Data, part: _Part) -> bool:
    return part.name == bytes([_APP11]) and b"jumb" in data[part.start : part.start + 32]


def _in_avif(data: Data, part: _Part) -> bool:
    return part.name == b"uuid" and data[part.start : part.start + 16] == _CREDENTIALS_BOX


_WALKS: dict[Kind, tuple[Callable[[Data], Iterator[_Part]], Callable[[Data, _Part], bool]]] = {
    Kind.PNG: (_png, lambda _data, part: part.name == b"caBX"),
    Kind.JPEG: (_jpeg, _in_jpeg),
    Kind.WEBP: (_webp, lambda _data, part: part.name == b"C2PA"),
    Kind.AVIF: (_avif, _in_avif),
}
"""How each kind is walked over, and which of its parts are content credentials."""
