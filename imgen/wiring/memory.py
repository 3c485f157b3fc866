"""What the library is told of jobs, and what verification asks of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgen.database.pool import Database
from imgen.finishing.pdq import MATCH_DISTANCE
from imgen.generation import store as jobs
from imgen.generation.look_back import LookBack
from imgen.generation.memory import Memory
from imgen.generation.release import Release
from imgen.library import store as images
from imgen.library.image import Filters
from imgen.verification.report import Generation, Match
from imgen.wiring.core import Core

_MATCHES = 10


@dataclass(frozen=True, slots=True)
class GenerationsInDatabase:
    """See `imgen.verification.verify.Generations`."""

    database: Database

    async def by_payload(self, payload: int) -> Generation | None:
        """The generation whose mark has this payload."""
        async with self.database.connection() as connection:
            found = await jobs.find_by_payload(connection, payload)
        return None if found is None else Generation(*found)

    async def by_gen_id(self, gen_id: str) -> Generation | None:
        """The generation of this name."""
        async with self.database.connection() as connection:
            found = await jobs.find_by_gen_id(connection, gen_id)
        return None if found is None else Generation(*found)


@dataclass(frozen=True, slots=True)
class LookalikesInLibrary:
    """See `imgen.verification.verify.Lookalikes`. Only shared pictures are told to strangers."""

    database: Database

    async def near(self, pdq: str) -> Sequence[Match]:
        """Pictures that look like this hash."""
        async with self.database.connection() as connection:
            found = await images.copies(
                connection, pdq, Filters(account_id=""), limit=_MATCHES, within=MATCH_DISTANCE
            )
        return [Match(image.id, distance) for image, distance in found]


def make_memory(core: Core) -> Memory:
    """What carries finished pictures into the library."""
    library = core.settings.library
    return Memory(
        catalog=core.catalog,
        database=core.database,
        objects=core.objects,
        captioner=core.captioner,
        remember=core.remember,
        shared=library.shared,
        unreviewed=library.remember_unreviewed,
    )


def make_look_back(core: Core) -> LookBack:
    """What compares the library with hashes that came in after its pictures."""
    distance = core.settings.compliance.hash_distance
    return LookBack(core.database, core.objects, core.review, distance)


def make_release(core: Core) -> Release:
    """What lets a blocked picture out after all."""
    return Release(core.database, core.objects, make_memory(core))
