"""Judge pictures of the library again when the ruleset that cleared them has changed.

Until they are judged again they are not served. Where the review is on record, and was made with
the detectors and hash lists of today, the record is judged; else the picture is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from imgen.compliance.audit import store as audit
from imgen.compliance.audit.entry import Entry
from imgen.compliance.hash_lists import store as hash_lists
from imgen.compliance.review import Review
from imgen.compliance.rulesets import judge
from imgen.compliance.verdict import Verdict
from imgen.database.pool import Database
from imgen.errors import ImgenError, Invalid, NotFound
from imgen.generation import store as jobs
from imgen.generation.stored import stored_pixels, subject_of
from imgen.library import rulings
from imgen.library.rulings import Stored
from imgen.storage.objects import ObjectStore

_AT_ONCE = 200
_MOST_FAILURES = 5
"""In a row."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClearAgain:
    """Withdraws what an older version of a ruleset cleared, and lets it back in or drops it."""

    database: Database
    objects: ObjectStore
    review: Review

    async def withdraw(self) -> int:
        """Stop serving what is to be judged again; returns how many pictures.

        Where a change of rulesets was taken back, what it withdrew is served again as it was.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        async with self.database.transaction() as connection:
            back = await rulings.let_back(connection, self._current())
            withdrawn = await rulings.withdraw(connection, self._current())
        if withdrawn or back:
            _log.info("library.ruleset_changed", images=withdrawn, let_back=back)
        return withdrawn

    async def __call__(self) -> int:
        """Judge some of them; returns how many. Any number of workers may do it at once.

        One that cannot be reviewed stays withdrawn, and is tried again when the others have had
        their turn. Several such in a row end the round: then it is not the pictures.

        Raises:
            imgen.errors.ImgenError: the database is down, or what kept those from being reviewed.
        """
        async with self.database.connection() as connection:
            waiting = await rulings.waiting(connection, self._current(), _AT_ONCE)
        judged = failures = 0
        for image in waiting:
            try:
                await self._judge(image)
            except ImgenError as error:
                failures += 1
                if failures == _MOST_FAILURES:
                    raise
                _log.warning("library.not_judged", image=image.id, error=error.message)
            else:
                judged, failures = judged + 1, 0
        return judged

    def _current(self) -> dict[str, str]:
        rulesets = self.review.examine.rulesets
        return {key: str(ruleset.version) for key, ruleset in rulesets.items()}

    async def _judge(self, image: Stored) -> None:
        if image.ruleset not in self.review.examine.rulesets:
            await self._settle(image, f"the ruleset {image.ruleset} is gone", "")
            return
        try:
            verdict = await self._verdict(image)
        except NotFound:
            await self._settle(image, "its file is gone", "")
            return
        except Invalid as error:
            await self._settle(image, error.message, "")
            return
        reason = verdict.reason if verdict.blocked else None
        await self._settle(image, reason, str(verdict.ruleset_version))

    async def _verdict(self, image: Stored) -> Verdict:
        entry = await self._on_record(image)
        if entry is not None and entry.detectors == self.review.detectors:
            ruleset = self.review.check(image.ruleset)
            return judge(ruleset, entry.signals, entry.detectors)
        pixels = await stored_pixels(self.objects, image.image_key)
        return await self.review(subject_of(image, pixels), image.ruleset)

    async def _on_record(self, image: Stored) -> Entry | None:
        async with self.database.connection() as connection:
            found = await jobs.find_by_gen_id(connection, image.id)
            if found is None:
                return None
            entry = await audit.latest_verdict(connection, found[1])
            listed = await hash_lists.newest(connection)
        if entry is None or entry.kind == "upload" or (listed and listed >= entry.at):
            return None
        return entry

    async def _settle(self, image: Stored, reason: str | None, version: str) -> None:
        async with self.database.transaction() as connection:
            await rulings.settle(connection, image.id, withdrawn=reason, version=version)
