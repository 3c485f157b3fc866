"""What the library asks of anything that turns text into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Places texts in a space where cosine similarity stands for likeness of meaning."""

    @property
    def model_id(self) -> str:
        """Which vectors these are. Those of two different ids are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of each vector."""
        ...

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `texts` in their order, (n, dimensions), each of length 1.

        A text's vector depends on that text alone, not on what else is asked at the same time.

        Raises:
            imgen.errors.Invalid: a text is not valid Unicode.
            imgen.errors.Unavailable: the encoder is closed or cannot run.
        """
        ...
