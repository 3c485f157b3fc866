"""What the library asks of anything that says what a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Captioner(Protocol):
    """Writes the sentence that stands beside a picture and is searched like its prompt."""

    @property
    def looks(self) -> bool:
        """Whether it looks at pixels. One that does not is given none."""
        ...

    async def caption(
        self, pixels: NDArray[np.uint8] | None, prompt: str, negatives: Sequence[str]
    ) -> str:
        """A sentence or two: never empty, one line, at most `LONGEST` characters.

        Args:
            pixels: (height, width, 3 or 4), or None where there are none to look at.
            prompt: what the picture was made from; may be empty.
            negatives: what it was meant not to show.

        Raises:
            imgen.errors.Upstream: the service behind it failed (`captioning_failed`).
        """
        ...

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...


LONGEST = 300
"""Characters of a caption."""
