"""What is reviewed: a picture, and what is known about how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["generated", "edited", "upload", "imported"]

LONGEST_PRECOMPLIANCE = 2000
"""Characters; what is longer is cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One picture, or a prompt alone."""

    kind: Kind
    image: NDArray[np.uint8] | None
    """(height, width, 3 or 4) in sRGB; None: there is only a prompt."""
    prompt: str = ""
    negative: str = ""
    precompliance: str = ""
    """What a screening upstream of us said: context for reviewers that read, decisive for none."""
    pdq: str = ""
    """PDQ hash, 64 hex characters; empty: it is computed where it is needed."""
    pdq_quality: int = 100
    """0 to 100, of `pdq`."""
    account_id: str = ""
    job_id: str = ""
    ruleset: str = ""
    """The name that was asked for, told to an external reviewer. The review fills it in."""
