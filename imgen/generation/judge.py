"""What the reviewer is shown of a job, before and after its picture is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.rulesets.load import DEFAULT
from imgen.compliance.subject import Kind, Subject
from imgen.compliance.verdict import Verdict
from imgen.generation.inputs import Inputs
from imgen.generation.job import Job
from imgen.generation.outcome import Blocked


class Reviewer(Protocol):
    """Judges pictures; None where review is switched off."""

    async def __call__(self, subject: Subject, ruleset: str) -> Verdict | None:
        """The verdict under a ruleset.

        Raises:
            imgen.errors.ImgenError: it could not be judged; nothing may be shown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Judge:
    """Has the pictures of a job reviewed."""

    review: Reviewer

    async def uploads(self, job: Job, inputs: Inputs) -> Blocked | None:
        """Judge what the client sent, before any work is done with it.

        Returns:
            None where it may be used.
        """
        for image in inputs.uploads:
            verdict = await self.review(_subject(job, "upload", image), _ruleset(job))
            if verdict is not None and verdict.blocked:
                return blocked(verdict)
        return None

    async def picture(self, job: Job, image: NDArray[np.uint8]) -> Verdict | None:
        """Judge what was made; None where review is switched off.

        Args:
            image: (height, width, 3 or 4), before marks.
        """
        kind: Kind = "edited" if job.request.image_key else "generated"
        return await self.review(_subject(job, kind, image), _ruleset(job))


def blocked(verdict: Verdict) -> Blocked:
    """A verdict as the end of a job, without a picture."""
    return Blocked(
        reason=verdict.reason,
        categories=verdict.categories,
        ruleset_version=verdict.ruleset_version,
    )


def _ruleset(job: Job) -> str:
    """Pictures of the library were cleared before: what is asked for with them does not count."""
    return DEFAULT if job.request.repeat_of else job.request.compliance_ruleset


def _subject(job: Job, kind: Kind, image: NDArray[np.uint8]) -> Subject:
    request = job.request
    return Subject(
        kind=kind,
        image=image,
        prompt=request.prompt,
        negative=request.negative,
        precompliance=request.precompliance,
        account_id=job.account_id,
        job_id=job.id,
    )
