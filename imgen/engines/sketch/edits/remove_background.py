"""Remove background: the subject alone, on transparency, with soft edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.ground import find_subject
from imgen.engines.sketch.edits.matting import matte
from imgen.engines.sketch.edits.picture import Picture, picture_of

_STEPS = 4


def cut_out(picture: Picture) -> Picture:
    """The subject of a picture; one that is cut out already is left as it is."""
    if picture.alpha is not None and int(picture.alpha.min()) < 250:
        return picture
    colour, alpha = matte(picture.colour, find_subject(picture.colour))
    return Picture(colour, alpha)


def remove_background(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 4) of the request.

    Raises:
        imgen.errors.Invalid: the image is missing or malformed.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    progress(1, _STEPS)
    alone = cut_out(picture)
    progress(3, _STEPS)
    result = alone.resized(request.width, request.height).joined()
    progress(_STEPS, _STEPS)
    return result
