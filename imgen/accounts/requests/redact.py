"""Parameters as the request log may keep them: short, and without secrets or pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_LONGEST_TEXT = 500
_MOST_ENTRIES = 50
_DEEPEST = 5
_SECRET = re.compile(
    r"(?:^|[_-])(?:api[_-]?)?(?:key|token|secret|password|passwd|credentials?)$|^authorization$",
    re.IGNORECASE,
)
_DATA_URI = re.compile(r"data:[\w.+/-]*[;,]", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{200,}={0,2}\s*")
_NOT_STORED = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL does not take, in jsonb or in text."""


def redact(parameters: Mapping[str, object]) -> dict[str, object]:
    """A copy to keep: secrets are named only, pictures are told by their size, text is cut."""
    return _mapping(parameters, 0)


def storable(text: str) -> str:
    """A text without the characters that PostgreSQL does not take."""
    return _NOT_STORED.sub("", text)


def _mapping(values: Mapping[str, object], depth: int) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name in list(values)[:_MOST_ENTRIES]:
        secret = values[name] and _SECRET.search(str(name))
        kept[_text(str(name))[:100]] = "[redacted]" if secret else _value(values[name], depth + 1)
    return kept


def _value(value: object, depth: int) -> object:
    match value:
        case None | bool():
            kept: object = value
        case int():
            kept = value if abs(value) < 10**20 else "[a large number]"
        case float():
            kept = value if math.isfinite(value) else None
        case bytes() | bytearray() | memoryview():
            kept = f"[{len(value)} bytes]"
        case str():
            kept = _text(value)
        case Mapping() if depth < _DEEPEST:
            kept = _mapping(value, depth)
        case Sequence() if depth < _DEEPEST:
            kept = [_value(item, depth + 1) for item in value[:_MOST_ENTRIES]]
        case _:
            kept = "[…]"
    return kept


def _text(value: str) -> str:
    if _DATA_URI.match(value):
        kind = value[5:].split(",", 1)[0].split(";", 1)[0][:50]
        return storable(f"[data URI {kind}, {len(value)} characters]")
    if _is_encoded(value):
        return f"[{len(value)} characters of base64]"
    kept = value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 1] + "…"
    return storable(kept)


def _is_encoded(value: str) -> bool:
    """Long, of the alphabet of base64, and without the spaces that prose has."""
    if len(value) < 200 or not _BASE64.fullmatch(value):
        return False
    return " " not in value.strip()
