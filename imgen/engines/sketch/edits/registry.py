"""The table of edits: which function does which task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress, Task
from imgen.engines.sketch.edits.erase import erase
from imgen.engines.sketch.edits.image_to_image import image_to_image
from imgen.engines.sketch.edits.inpaint import inpaint
from imgen.engines.sketch.edits.outpaint import outpaint
from imgen.engines.sketch.edits.remove_background import remove_background
from imgen.engines.sketch.edits.replace_background import replace_background
from imgen.engines.sketch.edits.upscale import upscale

Edit = Callable[[EngineRequest, Progress], NDArray[np.uint8]]
"""(request, progress) → (height, width, 3 or 4). Raises what `Engine.run` may raise."""

EDITS: Mapping[Task, Edit] = MappingProxyType(
    {
        Task.IMAGE_TO_IMAGE: image_to_image,
        Task.INPAINT: inpaint,
        Task.OUTPAINT: outpaint,
        Task.ERASE: erase,
        Task.UPSCALE: upscale,
        Task.REMOVE_BACKGROUND: remove_background,
        Task.REPLACE_BACKGROUND: replace_background,
    }
)
"""Every task of the protocol but text_to_image."""
