"""The words in a file's name, where nothing better is known: `red-fox-in-snow_0012.png`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from imgen.library.importing.found import Found, as_line
from imgen.library.importing.material import Material

_CAMERA = re.compile(
    r"(?:img|dsc[fn]?|pxl|image|photo|picture|screenshot|screen shot|comfyui|output|untitled|"
    r"download|file|scan|temp?|flux|sdxl)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{6,}", re.IGNORECASE)
_FEWEST_WORDS = 2


def read(file: Material) -> Found | None:
    """A caption of the name's words; None where it has none, as with a camera's `IMG_0001`."""
    stem = PurePosixPath(file.name).stem
    words = [
        word
        for word in re.split(r"[\W_]+", stem)
        if not _CODE.fullmatch(word) and not any(character.isdigit() for character in word)
    ]
    longer = [word for word in words if len(word) >= 3]
    if len(longer) < _FEWEST_WORDS or _CAMERA.match(" ".join(words)):
        return None
    text = as_line(" ".join(words))
    return Found(caption=text[:1].upper() + text[1:] + ".") if text else None
