"""The peers' task: the work that imgen does on an instant engine's picture, and no more.

The same small grey picture, encoded as imgen encodes it, a thumbnail, both files written. With
`DURABLE=1` the files are on the disk before the job is done, as imgen's are; without it they are
where the kernel pleases, as they are in most such code.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import numpy as np
from PIL import Image

DURABLE = os.environ.get("DURABLE") == "1"
FOLDER = Path(os.environ.get("PICTURES", "."))
WIDTH, HEIGHT = 1344 // 8, 768 // 8


def make_picture(seed: int) -> str:
    """Make one picture and return its file name. Blocking."""
    pixels = np.full((HEIGHT, WIDTH, 3), seed % 200, np.uint8)
    picture = Image.fromarray(pixels)
    name = secrets.token_hex(10)
    _save(picture, f"{name}.jpg", quality=95, subsampling=0)
    picture.thumbnail((384, 384))
    _save(picture, f"{name}_thumb.jpg", quality=80, subsampling=2)
    return f"{name}.jpg"


def _save(picture: Image.Image, name: str, *, quality: int, subsampling: int) -> None:
    with (FOLDER / name).open("wb") as file:
        picture.save(file, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
        if DURABLE:
            file.flush()
            os.fsync(file.fileno())
    if DURABLE:
        folder = os.open(FOLDER, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
