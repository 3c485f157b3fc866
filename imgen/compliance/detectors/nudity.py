"""Bare and covered parts of the body, by region: NudeNet's network.

The weights are those of the package `nudenet` (extra `safety`); its code is not imported. Reading
its answer with array operations takes a hundredth of the time of the package's loop, and finds
the same: https://github.com/notAI-tech/NudeNet, a YOLOv8n of 18 classes at 320x320 pixels.
"""

from __future__ import annotations

import asyncio
import threading
from importlib import metadata, util
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from imgen.compliance.detectors.picture import opaque
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.errors import Unavailable

PACKAGE = "nudenet"
SIDE = 320
"""Pixels: what the network was trained on."""
WEAKEST = 0.25
"""The least confidence that counts as having seen something; the package's own choice."""
_OVERLAP = 0.45
"""Boxes that share more than this (intersection over union) are one; the strongest stays."""
_WEIGHTS = "320n.onnx"
_CLASSES = (
    "image.covered_female_genitalia",
    "image.face_female",
    "image.exposed_buttocks",
    "image.exposed_female_breast",
    "image.exposed_female_genitalia",
    "image.exposed_male_breast",
    "image.exposed_anus",
    "image.exposed_feet",
    "image.covered_belly",
    "image.covered_feet",
    "image.covered_armpits",
    "image.exposed_armpits",
    "image.face_male",
    "image.exposed_belly",
    "image.exposed_male_genitalia",
    "image.covered_anus",
    "image.covered_female_breast",
    "image.covered_buttocks",
)
"""In the order of the network's outputs."""


class NudityDetector:
    """Signals `image.…`, scored with the network's confidence.

    Args:
        weights: the ONNX file; the installed package's when left out.
        threads: processor threads for one picture. Several pictures at once do better than
            several threads for one.

    Raises:
        imgen.errors.Unavailable: the package is not installed.
    """

    name = "nudity"

    def __init__(self, weights: Path | None = None, *, threads: int = 1) -> None:
        self._weights = weights or installed_weights()
        self._threads = threads
        self._session: ort.InferenceSession | None = None
        self._loading = threading.Lock()
        self.version = metadata.version(PACKAGE) if weights is None else weights.stem

    async def aclose(self) -> None:
        """Holds nothing that has to be closed."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """What can be seen; the strongest of each class.

        Raises:
            imgen.errors.Unavailable: the network cannot be loaded or run.
        """
        if subject.image is None:
            return ()
        return await asyncio.to_thread(self._look, subject.image)

    def _look(self, image: NDArray[np.uint8]) -> tuple[Signal, ...]:
        session = self._loaded()
        try:
            answer = session.run(None, {session.get_inputs()[0].name: _input(image)})[0]
        except Exception as error:  # onnxruntime raises classes of its C++ side
            raise Unavailable("The nudity detector's network failed") from error
        return _read(np.asarray(answer, np.float32))

    def _loaded(self) -> ort.InferenceSession:
        """Once in a process, whichever thread needs it first."""
        with self._loading:
            if self._session is None:
                options = ort.SessionOptions()
                options.intra_op_num_threads = self._threads
                try:
                    self._session = ort.InferenceSession(
                        str(self._weights), options, providers=["CPUExecutionProvider"]
                    )
                except Exception as error:
                    raise Unavailable("The nudity detector's weights cannot be loaded") from error
            return self._session


def installed_weights() -> Path:
    """The file of the installed package.

    Raises:
        imgen.errors.Unavailable: it is not installed.
    """
    spec = util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (file := Path(folder) / _WEIGHTS).is_file():
            return file
    raise Unavailable("The nudity detector is not installed: pip install 'imgen[safety]'")


def _input(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(1, 3, 320, 320), RGB, 0 to 1: the picture at the top left of a black square."""
    height, width = image.shape[:2]
    side = max(height, width)
    square = cv2.copyMakeBorder(
        opaque(image), 0, side - height, 0, side - width, cv2.BORDER_CONSTANT
    )
    small = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    scaled = small.astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _read(answer: NDArray[np.float32]) -> tuple[Signal, ...]:
    """From (1, 4 + 18, boxes): centre, size and the confidence of each class."""
    boxes, confidences = answer[0, :4].T, answer[0, 4:]
    classes, strengths = confidences.argmax(axis=0), confidences.max(axis=0)
    seen = np.flatnonzero(strengths >= WEAKEST)
    if not seen.size:
        return ()
    corners = np.column_stack([boxes[seen, :2] - boxes[seen, 2:] / 2, boxes[seen, 2:]])
    kept = seen[
        np.asarray(
            cv2.dnn.NMSBoxes(corners.tolist(), strengths[seen].tolist(), WEAKEST, _OVERLAP), int
        )
    ]
    found: dict[str, float] = {}
    for index in kept:
        name = _CLASSES[classes[index]]
        found[name] = max(found.get(name, 0.0), min(1.0, float(strengths[index])))
    return tuple(Signal(name, round(score, 4), "nudity") for name, score in found.items())
