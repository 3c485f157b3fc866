"""Opens a mask that a client sent: white is where to paint."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.errors import Invalid
from imgen.pixels.colour import to_grey
from imgen.pixels.opening import upright
from imgen.uploads.form import Upload
from imgen.uploads.picture import PictureLimits, opened

_BLACK, _WHITE = 16, 239
"""Where a file is lossy, darker and lighter than these are meant to be black and white."""
_HALF = 128
_A_PICTURE = 0.1
"""Share of pixels that are neither black nor white, from which on a file is no drawn mask."""
_ONE_COLOUR = 8.0
"""Levels of standard deviation up to which a brush's colour may vary."""

Mask = NDArray[np.uint8]


def open_mask(upload: Upload, limits: PictureLimits, *, width: int, height: int) -> Mask:
    """(height, width): 255 where to paint, 0 where to keep, between them a feather. Blocking.

    Read, in this order:
    - without transparency: white is painted, black kept, grey between;
    - a picture with holes in it (other services have it so): the holes are painted;
    - strokes on transparency: white strokes are painted; where no white is seen, the strokes are,
      whatever their colour.

    A mask of another size is stretched to `width` × `height`.

    Raises:
        imgen.errors.Invalid: nothing would be painted; or as `open_picture` raises.
        imgen.errors.TooLarge: it has too many pixels.
    """
    with opened(upload, replace(limits, shortest_side=1)) as (picture, found):
        grey, alpha = to_grey(upright(picture))
    mask = grey if found.kind.lossless else _snapped(grey)
    if alpha is not None:
        mask = _by_alpha(mask, alpha)
    mask = _stretched(mask, width, height)
    if mask.max() < _HALF:
        raise Invalid(
            f"{upload.field} is empty: paint white where the picture is to change",
            code="empty_mask",
            field=upload.field,
        )
    return mask


def _by_alpha(grey: Mask, alpha: Mask) -> Mask:
    if _is_picture(grey[alpha >= _HALF]):
        return np.asarray(255 - alpha, np.uint8)
    white = np.rint(grey.astype(np.float32) * alpha / 255).astype(np.uint8)
    return white if white.max() >= _HALF else alpha


def _is_picture(seen: Mask) -> bool:
    """Whether pixels show something, rather than being black, white, or one brush's colour."""
    if not seen.size:
        return False
    between = (seen > 2 * _BLACK) & (seen < 255 - 2 * _BLACK)
    return float(between.mean()) > _A_PICTURE and float(seen.std()) > _ONE_COLOUR


def _snapped(grey: Mask) -> Mask:
    """Without the ripples that lossy files have round edges, which would paint everywhere."""
    spread = (grey.astype(np.float32) - _BLACK) * (255 / (_WHITE - _BLACK))
    return np.asarray(np.rint(np.clip(spread, 0, 255)), np.uint8)


def _stretched(mask: Mask, width: int, height: int) -> Mask:
    if mask.shape == (height, width):
        return np.ascontiguousarray(mask)
    shrinks = width * height < mask.size
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, (width, height), interpolation=way), np.uint8)
