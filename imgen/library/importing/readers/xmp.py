"""The description in an XMP packet: `dc:description` (XMP specification part 1, ISO 16684-1).

Midjourney, Lightroom and most asset managers put their words there. An entity declared in a packet
could grow without bounds, so a packet with a document type is not read.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from imgen.library.importing.found import LONGEST_TEXT, Found, as_line
from imgen.library.importing.material import Material
from imgen.library.importing.readers import automatic1111

_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LONGEST = 1_000_000
_ROOT = re.compile(
    r"<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b.*</(?:\w+:)?(?:xmpmeta|xapmeta|RDF)>", re.DOTALL
)


def read(file: Material) -> Found | None:
    """The description as caption, or as generation parameters where it is those."""
    description = _described(file.xmp)
    if not description:
        return None
    caption = as_line(description, LONGEST_TEXT)
    return automatic1111.read_text(description) or (Found(caption=caption) if caption else None)


def _described(packet: str) -> str:
    if len(packet) > _LONGEST or "<!DOCTYPE" in packet or "<!ENTITY" in packet:
        return ""
    found = _ROOT.search(packet)
    if not found:
        return ""
    try:
        root = ElementTree.fromstring(found[0])  # noqa: S314 - no entities, see above
    except (ElementTree.ParseError, ValueError, RecursionError):
        return ""
    texts = [item for part in root.iter(f"{_DC}description") for item in part.iter(f"{_RDF}li")]
    texts.sort(key=lambda item: item.get(_LANGUAGE, "x-default") != "x-default")
    plain = [part.text for part in (*texts, *root.iter(f"{_DC}description"))]
    attributes = [part.get(f"{_DC}description") for part in root.iter(f"{_RDF}Description")]
    return next((text.strip() for text in (*plain, *attributes) if text and text.strip()), "")
