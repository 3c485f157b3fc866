"""One picture on its way through the engine: the request, and how it is to be worked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.protocol import EngineRequest

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Order:
    """What is painted, at the size at which the model works."""

    request: EngineRequest
    options: ModelOptions
    way: str
    """`text_to_image`, `image_to_image`, `inpaint` or `controlled`."""
    width: int
    """Of the painting, in pixels: a multiple that the model takes."""
    height: int
    steps: int
    """As the pipeline is told; it walks `steps` times `strength` of them."""
    strength: float
    prompt: str
    finish: Callable[[Pixels], Pixels]
    """(height, width, 3) as painted → the result."""
    image: Any = None
    """PIL picture to start from, at `width` × `height`."""
    mask: Any = None
    """PIL picture in L: 255 where to paint."""
    hint: Any = None
    """PIL picture for the ControlNet."""
    ignored: tuple[str, ...] = ()
    """Fields that preparing could not honour."""
