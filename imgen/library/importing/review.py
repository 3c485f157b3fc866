"""No picture enters the library unjudged, unless the person who imports says so."""

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
    """None: it was not reviewed."""


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
        image=await asyncio.to_thread(_pixels, picture),
        prompt=found.prompt,
        negative=", ".join(found.negatives),
        pdq=picture.pdq,
        pdq_quality=picture.pdq_quality,
        account_id=options.account_id or "",
    )
    try:
        verdict = await review(subject, options.ruleset)
    except Unavailable as error:
        return Reviewed(Outcome(outcome.name, Fate.FAILED, error.message))
    if verdict.blocked:
        return Reviewed(Outcome(outcome.name, Fate.BLOCKED, verdict.reason), verdict)
    return Reviewed(outcome, verdict)


def _pixels(picture: Prepared) -> NDArray[np.uint8]:
    """(height, width, 3); of the file itself, also where it stays in its place."""
    entry = picture.candidate.entry
    place = entry.place.path(entry.name)
    data = picture.data or (place.read_bytes() if place else picture.thumbnail)
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"))
