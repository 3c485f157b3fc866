"""What may be the name of an object, so that one rule holds for folders, S3, GCS and Azure."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from imgen.errors import Invalid

MAX_KEY_BYTES = 512
"""S3 takes 1024 bytes with the prefix, a folder 4096 with its path."""
MAX_SEGMENT_BYTES = 255
"""The longest file name that Linux file systems take."""

# `#` marks unfinished writes in a folder; obstore's local store takes `x:` for a drive of Windows.
_RESERVED = frozenset("\\#:")

_CONTENT_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
}
# HTML and SVG are left out on purpose: served from our own origin they could run scripts.
_UNKNOWN_TYPE = "application/octet-stream"


def check_key(key: str) -> str:
    """The key itself, if it may name an object.

    A key is `segment/segment/…`: relative, at most `MAX_KEY_BYTES` of UTF-8, each segment 1 to
    `MAX_SEGMENT_BYTES` long, never `.` or `..`, without control characters, `\\`, `#` or `:`.

    Raises:
        imgen.errors.Invalid: it may not.
    """
    if not _is_text(key) or len(key.encode()) > MAX_KEY_BYTES:
        raise Invalid(
            f"A key is at most {MAX_KEY_BYTES} bytes of text without control characters.",
            code="bad_key",
            field="key",
        )
    if not _RESERVED.isdisjoint(key):
        raise Invalid("A key has no backslash, # or colon.", code="bad_key", field="key")
    if not all(_is_segment(segment) for segment in key.split("/")):
        raise Invalid(
            "A key is a relative path without empty, `.` or `..` segments, each of at most "
            f"{MAX_SEGMENT_BYTES} bytes.",
            code="bad_key",
            field="key",
        )
    return key


def check_filename(filename: str) -> str:
    """The file name itself, if a browser may be told to save under it. Empty means none.

    Raises:
        imgen.errors.Invalid: it holds a slash, a backslash or a control character, is `.` or `..`,
            or is over `MAX_SEGMENT_BYTES` of UTF-8.
    """
    if filename and not (
        _is_text(filename) and _is_segment(filename) and not set(filename) & {"/", "\\"}
    ):
        raise Invalid("That cannot be a file name.", code="bad_filename", field="filename")
    return filename


def content_type_of(key: str) -> str:
    """The media type that a key's suffix stands for; `application/octet-stream` when unknown."""
    return _CONTENT_TYPES.get(PurePosixPath(key).suffix.lower(), _UNKNOWN_TYPE)


def _is_segment(segment: str) -> bool:
    return segment not in {"", ".", ".."} and len(segment.encode()) <= MAX_SEGMENT_BYTES


def _is_text(text: str) -> bool:
    """No control characters and no lone surrogates (which UTF-8 cannot carry)."""
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
