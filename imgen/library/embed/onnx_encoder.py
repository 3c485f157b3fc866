"""The encoder that runs an ONNX file on the processor: by default the one that ships with imgen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.library.embed.batches import Batches
from imgen.library.embed.folder import BUILT_IN, ModelFolder, read_folder
from imgen.library.embed.network import Network


class OnnxEncoder:
    """An `Encoder` over a local folder. Open it with `await OnnxEncoder.open(…)`.

    Computes in a thread, never on the event loop; joins what is asked at the same time into
    batches; answers repeated queries from memory. Belongs to the event loop that it is used in.
    """

    def __init__(
        self, folder: ModelFolder, network: Network, *, batch: int = 32, remember: int = 4096
    ) -> None:
        self.model_id = folder.model_id
        self.dimensions = network.dimensions
        self._batches = Batches(network.vectors, batch=batch, remember=remember)

    @classmethod
    async def open(
        cls, path: Path = BUILT_IN, *, threads: int = 1, batch: int = 32, remember: int = 4096
    ) -> Self:
        """Load an encoder from a folder, without blocking the event loop.

        Args:
            path: see `read_folder` for what it must hold.
            threads: processor threads for one batch.
            batch: the most texts in one batch.
            remember: how many recent queries to answer from memory; 0 for none.

        Raises:
            imgen.errors.Unavailable: there is no usable encoder in that folder.
        """
        folder = await asyncio.to_thread(read_folder, path)
        network = await asyncio.to_thread(Network, folder, threads=threads)
        return cls(folder, network, batch=batch, remember=remember)

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode`. Texts over the model's limit (256 tokens for ours) are cut."""
        for text in texts:
            _check(text)
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.stack(await self._batches.vectors(texts))

    async def close(self) -> None:
        """Finish the batch that runs; whoever waits for a later one gets `Unavailable`."""
        await self._batches.close()


def _check(text: str) -> None:
    """Python strings may hold half a surrogate pair, which no UTF-8 library takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            f"The text has an invalid character at position {error.start + 1}: "
            "half of a surrogate pair.",
            code="invalid_unicode",
        ) from error
