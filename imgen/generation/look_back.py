"""Judge the pictures of the library that a hash list knows which came in after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from imgen.compliance.hash_lists.among import near_any
from imgen.compliance.hash_lists.read import GOOD_QUALITY
from imgen.compliance.review import Review
from imgen.compliance.verdict import Verdict
from imgen.database.pool import Database
from imgen.errors import ImgenError
from imgen.generation import store as jobs
from imgen.generation.judge import blocked
from imgen.generation.stored import stored_pixels, subject_of
from imgen.library import looks
from imgen.library.looks import Look
from imgen.storage.objects import ObjectStore

_AT_ONCE = 1000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Met:
    """A picture of the library that is near a hash of the list."""

    id: str
    dropped: str = ""
    """Why it is not served any more; empty: its rules let it stay."""
    unjudged: str = ""
    """Why its rules could not be asked; it stays."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """Withdraws what the floor, or the ruleset that cleared a picture, forbids by now.

    Args:
        distance: bits in which a picture may differ from one on a list.
    """

    database: Database
    objects: ObjectStore
    review: Review
    distance: int

    async def __call__(
        self,
        hashes: Sequence[str],
        *,
        expect: Callable[[int], None],
        step: Callable[[int], None],
    ) -> list[Met]:
        """Compare every picture with these hashes, which are on a list already.

        Interrupted, the same call does it again; what was dropped stays so.

        Args:
            hashes: 64 lower-case hexadecimal characters each.
            expect: is told once how many pictures there are.
            step: is told how many more were compared.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.connection() as connection:
            expect(await looks.count(connection, quality=GOOD_QUALITY))
        met: list[Met] = []
        after = ""
        while True:
            async with self.database.connection() as connection:
                found = await looks.some(
                    connection, quality=GOOD_QUALITY, after=after, limit=_AT_ONCE
                )
            if not found:
                return met
            ours = [one.pdq for one in found]
            near = await asyncio.to_thread(near_any, ours, hashes, within=self.distance)
            met += [await self._settled(found[place]) for place in near]
            after = found[-1].id
            step(len(found))

    async def _settled(self, look: Look) -> Met:
        try:
            verdict = await self._verdict(look)
        except ImgenError as error:
            _log.warning("library.not_judged", image=look.id, error=error.message)
            return Met(look.id, unjudged=error.message)
        if verdict is None or not verdict.blocked:
            return Met(look.id)
        async with self.database.transaction() as connection:
            await looks.drop(connection, look.id, verdict.reason)
            if verdict.floor:  # then nobody is given another link
                await jobs.block_made(connection, look.id, blocked(verdict))
        _log.info("library.dropped", image=look.id, rules=verdict.categories)
        return Met(look.id, dropped=verdict.reason)

    async def _verdict(self, look: Look) -> Verdict | None:
        """The floor's, which needs no file; else that of the ruleset that once cleared it."""
        subject = replace(subject_of(look, None), pdq=look.pdq, pdq_quality=look.pdq_quality)
        verdict = await self.review.floor(subject)
        if verdict is not None or look.ruleset not in self.review.examine.rulesets:
            return verdict
        image = await stored_pixels(self.objects, look.image_key)
        return await self.review(replace(subject, image=image), look.ruleset)
