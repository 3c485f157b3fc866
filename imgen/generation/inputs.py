"""The pictures that a client sends along: kept where the worker finds them, for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgen import ids
from imgen.engines.protocol import Task
from imgen.finishing.credentials.manifest import Ingredient
from imgen.finishing.encode import Format, decode, encode
from imgen.generation.request import GenerationRequest
from imgen.storage.keys import content_type_of
from imgen.storage.objects import ObjectStore

FOLDER = "uploads"
"""Where they are in the object store; deleted after a set time."""


@dataclass(frozen=True, slots=True)
class StoredInput:
    """An input picture in the object store."""

    key: str
    """Its pixels, as PNG."""
    original_key: str
    """The file as it was sent; empty where it was not kept."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class KeepInput:
    """Stores input pictures and masks."""

    objects: ObjectStore

    async def __call__(
        self, pixels: NDArray[np.uint8], *, original: bytes = b"", format: Format | None = None
    ) -> StoredInput:
        """Store a picture that was checked already.

        Args:
            pixels: (height, width), (height, width, 3 or 4) uint8, upright sRGB.
            original: the file as it was sent, kept as an ingredient of what is made from it.
            format: of the original.

        Raises:
            imgen.errors.Unavailable: the store is down.
        """
        stem = f"{FOLDER}/{ids.upload_id()}"
        data = await asyncio.to_thread(encode, _coloured(pixels), Format.PNG)
        key, original_key = f"{stem}.png", ""
        await self.objects.put(key, data, Format.PNG.media_type)
        if original and format is not None:
            original_key = f"{stem}_original.{format.extension}"
            await self.objects.put(original_key, original, format.media_type)
        height, width = pixels.shape[:2]
        return StoredInput(key, original_key, width, height)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The pictures of one request, read back."""

    image: NDArray[np.uint8] | None = None
    """(height, width, 3 or 4)."""
    mask: NDArray[np.uint8] | None = None
    """(height, width): 255 where to paint, 0 where to keep."""
    watermark: NDArray[np.uint8] | None = None
    """The client's visible mark, (height, width, 4)."""
    ingredients: tuple[Ingredient, ...] = ()
    """The input file as it was sent, for the credentials."""

    @property
    def uploads(self) -> tuple[NDArray[np.uint8], ...]:
        """Every picture of the client's that can be seen in the result."""
        return tuple(one for one in (self.image, self.watermark) if one is not None)


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """Reads the pictures of a request."""

    objects: ObjectStore

    async def __call__(self, request: GenerationRequest) -> Inputs:
        """The input picture, the mask and the watermark; none for a request that has none.

        Raises:
            imgen.errors.NotFound: one is no longer there.
            imgen.errors.Unavailable: the store is down.
        """
        mask = await self._pixels(request.mask_key)
        return Inputs(
            image=await self._pixels(request.image_key),
            mask=None if mask is None else np.ascontiguousarray(mask[..., 0]),
            watermark=await self._pixels(request.mark_key),
            ingredients=await self._ingredients(request),
        )

    async def _pixels(self, key: str) -> NDArray[np.uint8] | None:
        return await asyncio.to_thread(decode, await self.objects.get(key)) if key else None

    async def _ingredients(self, request: GenerationRequest) -> tuple[Ingredient, ...]:
        key = request.original_key or request.image_key
        if not key:
            return ()
        data = await self.objects.get(key)
        return (Ingredient(data, content_type_of(key)),)


def keeps_the_picture(task: Task) -> bool:
    """Whether a task only enlarges, sharpens or cuts out: nothing is painted into the picture."""
    return task in (Task.UPSCALE, Task.REMOVE_BACKGROUND)


def _coloured(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
