"""Upscale: a larger picture with edges that stay edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.kernels import doubled, learnt_kernels
from imgen.engines.sketch.edits.picture import Picture, picture_of, resized


def enlarged(
    image: NDArray[np.uint8], width: int, height: int, progress: Progress, of: int
) -> NDArray[np.uint8]:
    """Double as often as needed (once for 2x, twice for 4x), then fit to the size asked for.

    Args:
        image: (height, width, channels).
        width: of the result, in pixels.
        height: of the result, in pixels.
        progress: called after every doubling, below `of`.
        of: the number of steps.

    Returns:
        (height, width, channels).
    """
    for count, kernels in enumerate((*learnt_kernels(), learnt_kernels()[1])):
        if image.shape[1] >= width and image.shape[0] >= height:
            break
        image = doubled(image, kernels)
        progress(min(count + 2, of - 1), of)
    return resized(image, width, height)


def upscale(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3, or 4 with alpha) of the request.

    Raises:
        imgen.errors.Invalid: the image is missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    steps = 5
    picture = picture_of(request)
    size = (request.width, request.height)
    progress(1, steps)
    colour = enlarged(picture.colour, *size, progress, steps)
    alpha = None if picture.alpha is None else resized(picture.alpha, *size)
    progress(steps, steps)
    return Picture(colour, alpha).joined()
