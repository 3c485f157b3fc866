"""Pictures of the library, as a reviewer is shown them once more."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.subject import Subject
from imgen.errors import Invalid
from imgen.finishing.encode import decode
from imgen.library.rulings import Stored
from imgen.pixels.opening import DAMAGE
from imgen.storage.objects import ObjectStore


def subject_of(picture: Stored, pixels: NDArray[np.uint8] | None) -> Subject:
    """What is to be judged.

    Args:
        pixels: (height, width, 3 or 4); None where the words, or a hash, will do.
    """
    return Subject(
        kind="generated" if picture.source == "generated" else "imported",
        image=pixels,
        prompt=picture.prompt,
        negative=", ".join(picture.negatives),
        account_id=picture.account_id or "",
    )


async def stored_pixels(objects: ObjectStore, key: str) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of a picture that was kept.

    Raises:
        imgen.errors.NotFound: its file is gone.
        imgen.errors.Invalid: its file is broken.
    """
    data = await objects.get(key)
    try:
        return await asyncio.to_thread(decode, data)
    except DAMAGE:
        raise Invalid("its file cannot be read any more") from None
