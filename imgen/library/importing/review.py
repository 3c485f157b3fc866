"""No picture enters the library unjudged; where the person who imports trusts it, by the floor."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Verdict
from imgen.errors import Unavailable
from imgen.library.importing.options import Fate, Options, Outcome
from imgen.library.importing.prepare import Prepared


class Reviewer(Protocol):
    """Judges pictures."""

    async def floor(self, subject: Subject) -> Verdict | None:
        """What nobody may switch off; None where it lets the picture pass.

        Raises:
            imgen.errors.Unavailable: it could not be judged.
        """
        ...

    async def __call__(self, subject: Subject, ruleset: str) -> Verdict:
        """The verdict under a ruleset.

        Raises:
            imgen.errors.Unavailable: it could not be judged.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What becomes of a picture, and what the review said."""

    outcome: Outcome
    verdict: Verdict | None = None
    """None: it was not reviewed, but for the floor."""


async def reviewed(
    review: Reviewer, picture: Prepared, outcome: Outcome, options: Options
) -> Reviewed:
    """Have a new picture judged.

    Args:
        outcome: what becomes of it if it is cleared.
    """
    found = picture.found
    subject = Subject(
        kind="imported",
        image=await asyncio.to_thread(_pixels, picture) if options.ruleset else None,
        prompt=found.prompt,
        negative=", ".join(found.negatives),
        pdq=picture.pdq,
        pdq_quality=picture.pdq_quality,
        account_id=options.account_id or "",
    )
    try:
        if options.ruleset:
            verdict: Verdict | None = await review(subject, options.ruleset)
        else:
            verdict = await review.floor(subject)
    except Unavailable as error:
        return Reviewed(Outcome(outcome.name, Fate.FAILED, error.message))
    if verdict is not None and verdict.blocked:
        return Reviewed(Outcome(outcome.name, Fate.BLOCKED, verdict.reason), verdict)
    return Reviewed(outcome, verdict)


def _pixels(picture: Prepared) -> NDArray[np.uint8]:
    """(height, width, 3); of the file itself, also where it stays in its place."""
    entry = picture.candidate.entry
    place = entry.place.path(entry.name)
    data = picture.data or (place.read_bytes() if place else picture.thumbnail)
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"))
