"""Everything that is known about a picture: each reader asked, the surest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imgen.library.importing.found import Found
from imgen.library.importing.material import Material
from imgen.library.importing.readers import (
    automatic1111,
    comfyui,
    credentials,
    file_names,
    invokeai,
    records,
    xmp,
)

Reader = Callable[[Material], Found | None]

READERS: tuple[Reader, ...] = (
    records.read_manifest,
    records.read_beside,
    records.read_text_beside,
    automatic1111.read,
    invokeai.read,
    comfyui.read,
    records.read_embedded,
    xmp.read,
    credentials.read,
)
"""What somebody wrote down on purpose goes before what a program left in the file."""


def read(file: Material) -> Found:
    """What the readers found, each filling the gaps of those before it."""
    found = Found()
    for reader in READERS:
        found = found.or_else(reader(file))
    if not found.prompt and not found.caption:
        found = replace(found, caption=(file_names.read(file) or Found()).caption)
    return found
