"""Files that a client may send, made in the test."""

from __future__ import annotations

import io
import tempfile
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.uploads.form import Upload

_open = ExitStack()


def upload_of(data: bytes, field: str = "image") -> Upload:
    """As a form hands a file on; open until `close_all`."""
    file = _open.enter_context(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - a test closes all
    file.write(data)
    file.seek(0)
    return Upload(field, file, len(data))


def close_all() -> None:
    """Close what `upload_of` has opened."""
    _open.close()


def scene(width: int = 96, height: int = 80) -> NDArray[np.uint8]:
    """Colours that differ everywhere and from edge to edge."""
    y, x = np.mgrid[0:height, 0:width]
    colours = np.dstack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)])
    return colours.astype(np.uint8)


def saved(picture: Image.Image | NDArray[np.uint8], format: str, **options: Any) -> bytes:
    """The bytes of a picture file, by Pillow."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, format=format, **options)
    return buffer.getvalue()
