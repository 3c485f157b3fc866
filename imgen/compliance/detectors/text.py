"""Words in the picture: what a prompt may not ask for, a painted sign may not say either.

Reads with RapidOCR (https://rapidai.github.io/RapidOCRDocs), which brings its networks along, where
that package is installed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module, metadata, util

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.compliance.detectors.picture import opaque
from imgen.compliance.screening import screen
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.errors import Unavailable

PACKAGE = "rapidocr"
_LONGEST_TEXT = 4000
_LEAST_SURE = 0.5
_LONGER_SIDE = 736
"""Pixels in which lines of text are looked for; they are then read at full size."""

Read = Callable[[NDArray[np.uint8]], Sequence[str]]
"""(height, width, 3) in RGB → the lines of text in it, from top to bottom. Blocking."""


class TextDetector:
    """Signals `text.…`, which say of text in the picture what `prompt.…` says of the prompt.

    Args:
        read: what reads text; RapidOCR when left out.
        version: of `read`.

    Raises:
        imgen.errors.Unavailable: RapidOCR is not installed.
    """

    name = "text"

    def __init__(self, read: Read | None = None, *, version: str = "") -> None:
        self.version = version if read else installed_version()
        self._read: Read = read or RapidReader()

    async def aclose(self) -> None:
        """Holds nothing that has to be closed."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """What the words in it speak of.

        Raises:
            imgen.errors.Unavailable: the reader cannot be loaded or fails.
        """
        if subject.image is None:
            return ()
        lines = await asyncio.to_thread(self._read, opaque(subject.image))
        text = "\n".join(lines)[:_LONGEST_TEXT]
        if not text.strip():
            return ()
        return tuple(
            replace(signal, name="text." + signal.name.removeprefix("prompt."), detector=self.name)
            for signal in screen(text)
        )


class RapidReader:
    """RapidOCR, loaded when it is first needed, once in a process."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._engine: Callable[..., object] | None = None

    def __call__(self, pixels: NDArray[np.uint8]) -> Sequence[str]:
        """See `Read`.

        Raises:
            imgen.errors.Unavailable: it cannot be loaded, or fails.
        """
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        try:
            found = self._loaded()(bgr, text_score=_LEAST_SURE)
        except Exception as error:  # its dependencies raise what they like
            raise Unavailable("The reader of text in pictures failed") from error
        return tuple(getattr(found, "txts", None) or ())

    def _loaded(self) -> Callable[..., object]:
        with self._loading:
            if self._engine is None:
                self._engine = import_module(PACKAGE).RapidOCR(
                    params={
                        "Global.log_level": "critical",
                        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                        "Det.limit_type": "max",  # by default it makes pictures larger first
                        "Det.limit_side_len": _LONGER_SIDE,
                    }
                )
            return self._engine


def installed_version() -> str:
    """Of RapidOCR.

    Raises:
        imgen.errors.Unavailable: it is not installed.
    """
    if util.find_spec(PACKAGE) is None:
        raise Unavailable("No reader of text in pictures is installed: pip install rapidocr")
    return metadata.version(PACKAGE)
