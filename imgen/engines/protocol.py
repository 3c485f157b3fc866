"""What an engine is asked, what it answers, and how it reports progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Task(StrEnum):
    """The kinds of work that an engine may be asked to do."""

    TEXT_TO_IMAGE = "text_to_image"
    IMAGE_TO_IMAGE = "image_to_image"
    INPAINT = "inpaint"
    OUTPAINT = "outpaint"
    ERASE = "erase"
    UPSCALE = "upscale"
    REMOVE_BACKGROUND = "remove_background"
    REPLACE_BACKGROUND = "replace_background"


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA to apply: which one, and how strongly."""

    name: str
    """The catalog's key of the character or style that it belongs to."""
    weight: float = 1.0
    """0 has no effect, 1 is the LoRA as trained; useful from -2 to 2."""
    reference: str = ""
    """Where its weights are: a safetensors file, a folder, or `owner/name[:file]` on the hub."""


@dataclass(frozen=True, slots=True)
class Control:
    """What of the input picture guides the new one, beside its colours."""

    kind: str
    """`openpose`, `scribble`, `canny`, `lineart` or `depth`."""
    strength: float = 1.0
    """0 has no effect, 1 follows the hint closely."""


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One picture to make, with every choice already taken.

    Pixel arrays are `uint8`, row-major, top-left origin, sRGB, straight (unassociated) alpha.
    """

    task: Task
    model: str
    """The catalog's key of the model."""
    prompt: str
    """The composed positive prompt."""
    negative_prompt: str
    """The composed negative prompt, comma-separated; may be empty."""
    width: int
    """Width of the result, in pixels."""
    height: int
    """Height of the result, in pixels."""
    seed: int
    """0 to 2**63 - 1. The same request and seed give the same bytes on the same engine."""
    steps: int = 20
    guidance_scale: float = 5.0
    style: str = ""
    """The catalog's key of the style, or empty."""
    loras: tuple[Lora, ...] = ()
    image: NDArray[np.uint8] | None = None
    """The input picture, (height, width, 3 or 4), for every task but text_to_image."""
    mask: NDArray[np.uint8] | None = None
    """(height, width): 255 where to paint, 0 where to keep, between them a feather."""
    strength: float = 0.85
    """image_to_image: 0 gives the input back, 1 ignores it."""
    control: Control | None = None
    """image_to_image: what else of the input picture is to be kept."""
    transparent: bool = False
    """Ask for an RGBA result with the subject on transparency."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The catalog's engine options of the model (weights, scheduler, …)."""
    job: str = ""
    """Names the work across its tries, so that an engine can take up what an earlier one began;
    empty: there is no other try."""


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What came out."""

    image: NDArray[np.uint8]
    """(height, width, 3), or (height, width, 4) where transparency was asked for."""
    ignored: tuple[str, ...] = ()
    """Names of request fields that this model could not honour."""
    info: Mapping[str, object] = field(default_factory=dict)
    """Facts worth keeping with the picture: scheduler, versions, timings."""


class Progress(Protocol):
    """Tells the outside how far the work is. May be called from any thread, as often as liked."""

    def __call__(self, step: int, of: int, /) -> None:
        """`step` of `of` is done.

        Raises:
            imgen.engines.protocol.Abandoned: nobody wants the result any more; stop at once.
        """
        ...


MODEL_CANNOT = "model_cannot"
"""Code of an `Invalid` by which an engine says that it cannot do this request, whoever asks and
however often, although another engine may: the model's next one is asked."""


DEVICE_BROKEN = "device_broken"
"""Code of an `Unavailable` by which an engine says that its device computes nothing more in this
process: the worker ends, so that another process may revive it."""


class Abandoned(Exception):
    """Raised by `Progress` inside an engine when its job was cancelled or timed out."""


class Engine(Protocol):
    """Turns a request into pixels. Made once in a worker, then called many times."""

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """Do the work.

        Raises:
            imgen.errors.Invalid: the request cannot be honoured, however often it is tried; with
                the code `MODEL_CANNOT`: by this engine.
            imgen.errors.Upstream: a remote service failed; another try may succeed.
            imgen.errors.Unavailable: this cannot be done here now. Where it passes by itself, it
                has `retry_after`: the job then waits for it. Codes `not_finite` and
                `out_of_memory`: another try would end the same way; `DEVICE_BROKEN`: see there.
            Abandoned: passed on from `progress`.
        """
        ...
