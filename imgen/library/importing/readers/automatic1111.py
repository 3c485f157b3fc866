"""AUTOMATIC1111's and Forge's generation parameters, which many other programs write too.

A text of up to three parts: the prompt, from `Negative prompt:` on the negative one, and a last
line of `Name: value` pairs, of which values with commas are quoted as JSON. PNG has it as the text
`parameters`; JPEG, WebP and AVIF as the EXIF UserComment.
"""

from __future__ import annotations

import json
import re

from imgen.library.importing.found import (
    Found,
    as_line,
    as_model,
    as_negatives,
    as_number,
    as_prompt,
)
from imgen.library.importing.material import Material

_PAIR = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"]){0,4000}"|[^,]*)(?:,|$)')
_NEGATIVE = "Negative prompt:"
_SIZE = re.compile(r"(\d{1,6})\s*x\s*(\d{1,6})")
_LONGEST = 100_000


def read(file: Material) -> Found | None:
    """What the parameters say; None where there are none."""
    for name in ("parameters", "UserComment", "Comment", "ImageDescription"):
        found = read_text(file.texts.get(name, ""))
        if found:
            return found
    return None


def read_text(text: str) -> Found | None:
    """What a text says, if it has the form of generation parameters."""
    if len(text) > _LONGEST or text.lstrip().startswith("{"):
        return None
    lines = text.strip().splitlines() or [""]
    values = _values(lines[-1])
    if "Steps" not in values and _NEGATIVE not in text:
        return None
    if values:
        lines.pop()
    prompt, negative = _parted(lines)
    size = _SIZE.fullmatch(values.get("Size", ""))
    found = Found(
        prompt=as_prompt(prompt),
        negatives=as_negatives(negative),
        model=as_model(values.get("Model", "")),
        style=as_line(values.get("Style Selector Style", "")),
        seed=as_number(values.get("Seed", "")),
        steps=as_number(values.get("Steps", "")),
        width=as_number(size[1]) if size else None,
        height=as_number(size[2]) if size else None,
    )
    return None if found.is_empty else found


def _values(line: str) -> dict[str, str]:
    """The pairs of the last line; none if it is another kind of line."""
    pairs = [(name.strip(), value.strip()) for name, value in _PAIR.findall(line)]
    values = {name: _unquoted(value) for name, value in pairs}
    return values if "Steps" in values or len(values) >= 3 else {}


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        text = json.loads(value)
    except ValueError:
        return value
    return text if isinstance(text, str) else value


def _parted(lines: list[str]) -> tuple[str, str]:
    """The prompt and the negative prompt."""
    for number, line in enumerate(lines):
        if line.strip().startswith(_NEGATIVE):
            rest = [line.strip().removeprefix(_NEGATIVE), *lines[number + 1 :]]
            return "\n".join(lines[:number]), "\n".join(rest)
    return "\n".join(lines), ""
