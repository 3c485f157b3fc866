"""Judge pictures of the library again when the ruleset that cleared them has changed.

Until they are judged again they are not served. Where the review is on record, and was made with
the detectors of today, the record is judged; else the picture is looked at once more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from imgen.compliance.audit import store as audit
from imgen.compliance.audit.entry import Entry
from imgen.compliance.review import Review
from imgen.compliance.rulesets import judge
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Verdict
from imgen.database.pool import Database
from imgen.errors import NotFound
from imgen.finishing.encode import decode
from imgen.generation import store as jobs
from imgen.library import rulings
from imgen.library.rulings import Outdated
from imgen.storage.objects import ObjectStore

_AT_ONCE = 200
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClearAgain:
    """Withdraws what an older version of a ruleset cleared, and lets it back in or drops it."""

    database: Database
    objects: ObjectStore
    review: Review

    async def withdraw(self) -> int:
        """Stop serving what is to be judged again; returns how many pictures.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        rulesets = self.review.examine.rulesets
        current = {key: str(ruleset.version) for key, ruleset in rulesets.items()}
        async with self.database.transaction() as connection:
            withdrawn = await rulings.withdraw(connection, current)
        if withdrawn:
            _log.info("library.ruleset_changed", images=withdrawn)
        return withdrawn

    async def __call__(self) -> int:
        """Judge some of them; returns how many. Any number of workers may do it at once.

        Raises:
            imgen.errors.Unavailable: the database is down, or a picture could not be reviewed:
                it stays withdrawn, and is tried again.
        """
        async with self.database.connection() as connection:
            waiting = await rulings.waiting(connection, _AT_ONCE)
        for image in waiting:
            await self._judge(image)
        return len(waiting)

    async def _judge(self, image: Outdated) -> None:
        if image.ruleset not in self.review.examine.rulesets:
            await self._settle(image, f"the ruleset {image.ruleset} is gone", "")
            return
        try:
            verdict = await self._verdict(image)
        except NotFound:
            await self._settle(image, "its file is gone", "")
            return
        reason = verdict.reason if verdict.blocked else None
        await self._settle(image, reason, str(verdict.ruleset_version))

    async def _verdict(self, image: Outdated) -> Verdict:
        entry = await self._on_record(image)
        if entry is not None and entry.detectors == self.review.detectors:
            ruleset = self.review.check(image.ruleset)
            return judge(ruleset, entry.signals, entry.detectors)
        data = await self.objects.get(image.image_key)
        subject = Subject(
            kind="generated" if image.source == "generated" else "imported",
            image=await asyncio.to_thread(decode, data),
            prompt=image.prompt,
            negative=", ".join(image.negatives),
            account_id=image.account_id or "",
        )
        return await self.review(subject, image.ruleset)

    async def _on_record(self, image: Outdated) -> Entry | None:
        async with self.database.connection() as connection:
            found = await jobs.find_by_gen_id(connection, image.id)
            if found is None:
                return None
            entries = await audit.entries(connection, job_id=found[1], limit=1)
        return entries[0] if entries else None

    async def _settle(self, image: Outdated, reason: str | None, version: str) -> None:
        async with self.database.transaction() as connection:
            await rulings.settle(connection, image.id, withdrawn=reason, version=version)
