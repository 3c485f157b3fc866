"""Everything in and beside a picture file that may tell how it was made, as texts by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import ExifTags, Image

from imgen.pixels.opening import DAMAGE

_LONGEST = 8_000_000
"""Characters of one text: large graphs of ComfyUI have some hundred thousand."""
_COMMENT = 0x9286
_MARKERS = (b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", b"\0\0\0\0\0\0\0\0")


@dataclass(frozen=True, slots=True)
class Material:
    """What the readers read."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """PNG text chunks by keyword; of EXIF, `UserComment`, `ImageDescription`, `Make`, `Model`, and
    what ComfyUI writes there as `name:JSON`, by that name."""
    xmp: str = ""
    data: bytes = b""
    """The whole file."""
    media_type: str = ""
    beside_text: str = ""
    """The `.txt` file of the same name."""
    beside_json: str = ""
    """The `.json` file of the same name."""
    record: Mapping[str, Any] | None = None
    """The picture's line in a manifest."""
    name: str = ""
    """Of the file, with its folders."""


def texts_of(picture: Image.Image) -> dict[str, str]:
    """The texts in a picture's metadata. Load the pixels first: PNG allows texts after them."""
    found = {
        name: value[:_LONGEST]
        for name, value in picture.info.items()
        if isinstance(name, str) and isinstance(value, str)
    }
    for name, value in _exif(picture).items():
        found.setdefault(name, value)
    comment = picture.info.get("comment")
    if isinstance(comment, bytes):  # of JPEG; of GIF in principle
        found.setdefault("Comment", comment[:_LONGEST].decode("utf-8", "replace"))
    return found


def xmp_of(picture: Image.Image) -> str:
    """The XMP packet, wherever the format keeps it."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        packet = picture.info.get(name)
        if isinstance(packet, bytes):
            return packet[:_LONGEST].decode("utf-8", "replace")
        if isinstance(packet, str):
            return packet[:_LONGEST]
    return ""


def as_object(text: str) -> dict[str, Any] | None:
    """A text as a JSON object; None for anything else. `NaN`, which ComfyUI writes, is let pass."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def user_comment(value: object) -> str:
    """The text of an EXIF UserComment (EXIF 2.32, 4.6.5): 8 bytes name its encoding."""
    if isinstance(value, str):
        text = value
    elif not isinstance(value, bytes):
        text = ""
    elif value[:8] == b"UNICODE\0":
        text = _unicode(value[8 : 8 + 2 * _LONGEST])
    else:
        start = 8 if value[:8] in _MARKERS else 0
        text = value[start : start + _LONGEST].decode("utf-8", "replace")
    return text.strip("\0 ")


def _unicode(data: bytes) -> str:
    """UTF-16 in either byte order, since writers differ: Latin text has its zeros in one half."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    high, low = data[0:2000:2].count(0), data[1:2000:2].count(0)
    if not high and not low:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return data.decode("utf-16-be" if high >= low else "utf-16-le", "replace")


def _exif(picture: Image.Image) -> dict[str, str]:
    """EXIF's texts. Pillow raises many things on damaged ones: then there are none."""
    try:
        exif = picture.getexif()
        tags: dict[int, Any] = dict(exif) | dict(exif.get_ifd(ExifTags.IFD.Exif))
    except DAMAGE:
        return {}
    found = {"UserComment": user_comment(tags.get(_COMMENT))}
    for number in (ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model):
        text = tags.get(number)
        if isinstance(text, str):
            found[ExifTags.Base(number).name] = text[:_LONGEST].strip("\0 ")
    # ComfyUI's WebP: Model is `prompt:{…}`, Make is `workflow:{…}`, further ones go downwards.
    for place in range(ExifTags.Base.Model, ExifTags.Base.Model - 8, -1):
        name, colon, rest = str(tags.get(place, "")).partition(":")
        if colon and name.isidentifier() and rest.startswith("{"):
            found[name] = rest[:_LONGEST].strip("\0 ")
    return {name: text for name, text in found.items() if text}
