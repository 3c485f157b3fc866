"""Asks the painter for what an edit needs: a scene, or things alone, at any size."""

from __future__ import annotations

import numpy as np

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.picture import Colour, Picture, resized
from imgen.engines.sketch.look import Light
from imgen.engines.sketch.paint import paint, paint_cutout
from imgen.engines.sketch.scene.read import read
from imgen.engines.sketch.scene.scene import Scene

_LEAST, _MOST = 256, 2048
"""What the painter takes, in pixels."""


class Share:
    """A part of the whole progress: steps of the work inside become steps `first` to `last`."""

    def __init__(self, progress: Progress, first: int, last: int, of: int) -> None:
        self._progress = progress
        self._first, self._last, self._of = first, last, of

    def __call__(self, step: int, of: int) -> None:
        """See `imgen.engines.protocol.Progress`."""
        done = min(step, of) * (self._last - self._first) // max(of, 1)
        self._progress(self._first + done, self._of)


def scene_of(request: EngineRequest) -> Scene:
    """What the request's prompt describes."""
    return read(request.prompt, request.negative_prompt, request.style, request.seed)


def _frame(width: int, height: int) -> tuple[int, int]:
    """The nearest size of about the same shape that the painter takes."""
    grow = max(1.0, _LEAST / min(width, height))
    grow = min(grow, _MOST / max(width, height)) if max(width, height) > _MOST else grow
    return (
        int(np.clip(round(width * grow), _LEAST, _MOST)),
        int(np.clip(round(height * grow), _LEAST, _MOST)),
    )


def scene_painted(request: EngineRequest, width: int, height: int, progress: Progress) -> Colour:
    """The whole scene of the prompt, (height, width, 3)."""
    frame = _frame(width, height)
    image = paint(
        request.prompt,
        negative_prompt=request.negative_prompt,
        style=request.style,
        width=frame[0],
        height=frame[1],
        seed=request.seed,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        loras=request.loras,
        progress=progress,
    )
    return resized(image, width, height)


def things_painted(
    request: EngineRequest, width: int, height: int, light: Light, progress: Progress
) -> Picture:
    """Only the things that the prompt names, on transparency, filling the frame."""
    frame = _frame(width, height)
    image = paint_cutout(
        request.prompt,
        negative_prompt=request.negative_prompt,
        style=request.style,
        width=frame[0],
        height=frame[1],
        seed=request.seed,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        loras=request.loras,
        progress=progress,
        light=light,
    )
    colour, alpha = np.ascontiguousarray(image[..., :3]), np.ascontiguousarray(image[..., 3])
    return Picture(colour, alpha).resized(width, height)
