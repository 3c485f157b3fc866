"""The title and description in a C2PA manifest, if the file carries one.

Whether the manifest can be trusted does not matter here: a description is only a description.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import c2pa

from imgen.library.importing.found import LONGEST_TEXT, Found, as_line, as_model
from imgen.library.importing.material import Material

_MARKS = (b"c2pa", b"jumb")
_DESCRIPTIONS = ("dc:description", "description", "dc:title", "headline", "name")
_MODELS = ("Iptc4xmpExt:AISystemUsed",)
_NO_DESCRIPTION = ("ai image", "image", "untitled", "picture")


def read(file: Material) -> Found | None:
    """What the active manifest says; None where there is none."""
    if not all(mark in file.data for mark in _MARKS) or not file.media_type:
        return None
    manifest = _active(file)
    words = list(_words(manifest))
    caption = next((text for text in words if _is_description(text)), "")
    model = next((as_model(text) for text in _named(manifest, _MODELS)), "")
    found = Found(caption=caption, model=model)
    return None if found.is_empty else found


def _active(file: Material) -> dict[str, Any]:
    try:
        with c2pa.Reader(file.media_type, io.BytesIO(file.data)) as reader:
            store = json.loads(str(reader.json()))
        manifest = store["manifests"][store["active_manifest"]]
    except (c2pa.C2paError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _words(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from _named(manifest, _DESCRIPTIONS)
    yield as_line(manifest.get("title"), LONGEST_TEXT)


def _named(manifest: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """The texts of these names in the manifest's assertions."""
    assertions = manifest.get("assertions")
    for assertion in assertions if isinstance(assertions, list) else ():
        data = assertion.get("data") if isinstance(assertion, dict) else None
        if isinstance(data, dict):
            for name in names:
                yield from _texts(data.get(name))


def _texts(value: Any) -> Iterator[str]:
    """JSON-LD allows a text, a list, and a text for each language."""
    if isinstance(value, dict):
        value = list(value.values())
    for one in value if isinstance(value, list) else [value]:
        if text := as_line(one, LONGEST_TEXT):
            yield text


def _is_description(text: str) -> bool:
    """Titles are often file names, which describe nothing."""
    return " " in text and text.casefold() not in _NO_DESCRIPTION
