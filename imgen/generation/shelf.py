"""Where finished files lie in the object store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from imgen.finishing.finish import File, Finished
from imgen.generation.job import Job
from imgen.generation.outcome import StoredFile
from imgen.storage.objects import ObjectStore

PICTURES = "images"
QUARANTINE = "quarantine"
"""Of blocked pictures; kept apart, and for a set time only."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Puts files into the object store and moves them there."""

    objects: ObjectStore

    async def put(
        self, job: Job, finished: Finished, folder: str = PICTURES
    ) -> tuple[StoredFile, StoredFile]:
        """Store a picture and its thumbnail.

        Every try writes to the same place, so that a repeated one leaves nothing behind.

        Returns:
            The picture and the thumbnail.
        """
        stem = f"{job.gen_id}_{finished.fingerprint}_00001"
        place = f"{folder}/{job.gen_id[:2]}/{job.id if job.request.repeat_of else job.gen_id}"
        image, thumbnail = await asyncio.gather(  # both wait for the disk
            self._put(place, stem, finished.image),
            self._put(place, f"{stem}_thumb", finished.thumbnail),
        )
        return image, thumbnail

    async def release(self, file: StoredFile) -> StoredFile:
        """Copy a file out of quarantine; the purge removes what is left there.

        Raises:
            imgen.errors.NotFound: it is gone.
        """
        key = f"{PICTURES}/{file.key.removeprefix(QUARANTINE + '/')}"
        await self.objects.put(key, await self.objects.get(file.key), file.format.media_type)
        return replace(file, key=key)

    async def _put(self, place: str, stem: str, file: File) -> StoredFile:
        filename = f"{stem}.{file.format.extension}"
        key = f"{place}/{filename}"
        await self.objects.put(key, file.data, file.format.media_type)
        return StoredFile(key, filename, file.format, file.width, file.height, len(file.data))
