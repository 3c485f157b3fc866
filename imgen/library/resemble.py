"""Find pictures like a given one: copies by their perceptual hash, then others by meaning."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from imgen.database.pool import Database
from imgen.finishing.mark_image import read_mark_image
from imgen.finishing.pdq import GOOD_QUALITY, MATCH_DISTANCE, Pdq, pdq
from imgen.library import store
from imgen.library.image import Filters, Match
from imgen.library.search import Search

_BITS = 256


@dataclass(frozen=True, slots=True)
class Resemble:
    """Search by a picture."""

    database: Database
    search: Search

    async def __call__(self, data_uri: str, filters: Filters, *, limit: int) -> list[Match]:
        """Copies first, scored by the share of equal PDQ bits; then pictures of the same meaning
        as the nearest copy's caption.

        Raises:
            imgen.errors.Invalid: the data URI is not a picture; field `image`.
        """
        seen = await asyncio.to_thread(_look, data_uri)
        copies = await self._copies(seen, filters, limit)
        if not copies or len(copies) >= limit:
            return copies
        known = {match.image.id for match in copies}
        alike = await self.search(
            copies[0].image.caption, filters, within="caption", limit=limit + len(known)
        )
        others = [match for match in alike if match.image.id not in known]
        return [*copies, *others][:limit]

    async def _copies(self, seen: Pdq, filters: Filters, limit: int) -> list[Match]:
        if seen.quality < GOOD_QUALITY:  # the hash of something flat matches anything flat
            return []
        async with self.database.connection() as connection:
            found = await store.copies(
                connection, seen.hash, filters, limit=limit, within=MATCH_DISTANCE
            )
        return [Match(image, 1 - distance / _BITS) for image, distance in found]


def _look(data_uri: str) -> Pdq:
    return pdq(read_mark_image(data_uri))
