"""The pipeline: what happens to a job between being started and being done, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.verdict import Verdict
from imgen.database.pool import Database
from imgen.engines.protocol import Progress
from imgen.errors import Invalid
from imgen.finishing.encode import decode
from imgen.finishing.finish import Finished, Finisher, FinishOrder
from imgen.generation.inputs import Inputs, ReadInputs
from imgen.generation.job import Job
from imgen.generation.judge import Judge, blocked
from imgen.generation.make import Made, Make
from imgen.generation.order import order_for_made, order_for_stored
from imgen.generation.outcome import Blocked, Completed
from imgen.generation.repeat import as_served
from imgen.generation.shelf import QUARANTINE, Shelf
from imgen.library import store as library
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Run:
    """Makes the picture of one job."""

    database: Database
    objects: ObjectStore
    make: Make
    judge: Judge
    finisher: Finisher

    async def __call__(self, job: Job, progress: Progress) -> Completed | Blocked:
        """Make, finish, review and store the picture.

        Raises:
            imgen.errors.Invalid: it can never be made.
            imgen.errors.ImgenError: it could not be made, or not be reviewed, this time.
            imgen.engines.protocol.Abandoned: `progress` said to stop.
        """
        inputs = await ReadInputs(self.objects)(job.request)
        if refused := await self.judge.uploads(job, inputs):
            return refused
        if job.request.repeat_of:
            return await self._finish_again(job, inputs)
        made = await self.make(job.request, inputs, progress, job=job.id)
        order = order_for_made(job, made, inputs)
        finished, verdict = await asyncio.gather(
            self._finish(made.image, order), self.judge.picture(job, made.image)
        )
        if verdict is not None and verdict.blocked:
            return await self._withhold(job, made, finished, verdict)
        image, thumbnail = await Shelf(self.objects).put(job, finished)
        return replace(_completed(made, finished, verdict), image=image, thumbnail=thumbnail)

    async def _withhold(
        self, job: Job, made: Made, finished: Finished, verdict: Verdict
    ) -> Blocked:
        """Into quarantine, with what an appeal needs; of what the floor blocks, nothing is kept."""
        outcome = blocked(verdict)
        if verdict.floor:
            return outcome
        image, thumbnail = await Shelf(self.objects).put(job, finished, QUARANTINE)
        withheld = replace(
            _completed(made, finished, verdict),
            image=image,
            thumbnail=thumbnail,
            ruleset_version=0,  # no ruleset clears it, if an operator does
        )
        return replace(outcome, image_key=image.key, withheld=withheld)

    async def _finish_again(self, job: Job, inputs: Inputs) -> Completed:
        """A picture of the library, in another format, with another mark or other credentials."""
        async with self.database.connection() as connection:
            found = await library.find(connection, job.request.repeat_of, job.account_id)
        if found is None:
            raise Invalid("The stored picture is no longer there")
        served = as_served(found)
        stored = await self.objects.get(found.image_key)
        order = order_for_stored(job, inputs, stored, served)
        finished = await self._finish(await asyncio.to_thread(decode, stored), order)
        image, thumbnail = await Shelf(self.objects).put(job, finished)
        return replace(served, image=image, thumbnail=thumbnail)

    async def _finish(self, pixels: NDArray[np.uint8], order: FinishOrder) -> Finished:
        return await asyncio.to_thread(self.finisher.finish, pixels, order)


def _completed(made: Made, finished: Finished, verdict: Verdict | None) -> Completed:
    """What is known of a picture but where its files are."""
    return Completed(
        positive=made.prompt.positive,
        negative=made.prompt.negative,
        fingerprint=finished.fingerprint,
        engine=made.engine,
        ignored=made.ignored,
        compliance=verdict.compliance if verdict else "unreviewed",
        compliance_codes=verdict.codes if verdict else (),
        compliance_detectors=verdict.detectors if verdict else (),
        ruleset_version=verdict.ruleset_version if verdict else 0,
        invisible_mark=finished.invisible_mark,
        content_credentials=finished.content_credentials,
        pdq=finished.pdq.hash if finished.pdq else "",
        pdq_quality=finished.pdq.quality if finished.pdq else None,
    )
