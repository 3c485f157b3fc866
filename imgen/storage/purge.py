"""Remove what has been kept long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from imgen import clock
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Purge:
    """Deletes the old objects of one folder. Any number of processes may do it at once."""

    objects: ObjectStore
    folder: str
    keep: timedelta

    async def __call__(self) -> int:
        """Returns how many were deleted.

        Raises:
            imgen.errors.Unavailable: the store is down.
        """
        oldest = clock.now() - self.keep
        old = [
            info.key async for info in self.objects.list(self.folder) if info.last_modified < oldest
        ]
        for key in old:
            await self.objects.delete(key)
        return len(old)
