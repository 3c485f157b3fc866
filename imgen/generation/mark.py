"""Keep a client's visible mark where the worker finds it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from imgen.finishing.encode import Format, encode
from imgen.finishing.mark_image import read_mark_image
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class KeepMark:
    """Stores marks, each once: the key is made of the pixels."""

    objects: ObjectStore

    async def __call__(self, data_uri: str) -> str:
        """Check and store a mark.

        Returns:
            Its key in the object store.

        Raises:
            imgen.errors.Invalid: it is not a picture that can be a mark; `wm_image`.
        """
        data = await asyncio.to_thread(lambda: encode(read_mark_image(data_uri), Format.PNG))
        key = f"marks/{sha256(data).hexdigest()}.png"
        if not await self.objects.exists(key):
            await self.objects.put(key, data, Format.PNG.media_type)
        return key
