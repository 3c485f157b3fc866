"""Outpaint: a larger frame round a picture, its edges carried on and the prompt painted beyond."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, Progress
from imgen.engines.sketch.edits.light import matched
from imgen.engines.sketch.edits.membrane import membrane
from imgen.engines.sketch.edits.painted import Share, scene_painted
from imgen.engines.sketch.edits.patches import offsets
from imgen.engines.sketch.edits.picture import Colour, Picture, picture_of
from imgen.engines.sketch.styles.noise import clouds
from imgen.errors import Invalid

_STEPS = 20
_WORK = 70_000
"""The new edges are searched for on a copy of about this many pixels."""


def _place(request: EngineRequest, picture: Picture) -> tuple[int, int]:
    """(left, top) of the picture in the new frame.

    Raises:
        imgen.errors.Invalid: it does not fit there.
    """
    spare = (request.width - picture.width, request.height - picture.height)
    if min(spare) < 0:
        raise Invalid("The new size must not be smaller than the image.", field="width")
    place = []
    for name, room in (("left", spare[0]), ("top", spare[1])):
        asked = request.options.get(name, room // 2)
        if not isinstance(asked, int) or isinstance(asked, bool) or not 0 <= asked <= room:
            raise Invalid(f"`{name}` must be a whole number from 0 to {room}.", field=name)
        place.append(asked)
    return place[0], place[1]


def _mirrored(colour: Colour, left: int, top: int, width: int, height: int) -> Colour:
    """The frame filled by folding the picture over its edges, as often as needed."""
    rows = _folded(np.arange(height) - top, colour.shape[0])
    columns = _folded(np.arange(width) - left, colour.shape[1])
    return np.ascontiguousarray(colour[rows[:, None], columns[None, :]])


def _folded(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    turn = np.mod(index, 2 * length)
    return np.asarray(np.where(turn < length, turn, 2 * length - 1 - turn))


def _carried_on(frame: Colour, hole: NDArray[np.bool_], seed: int, progress: Progress) -> Colour:
    """The hole filled with overlapping pieces of the picture, found on a small copy."""
    height, width = hole.shape
    shrink = max(1.0, float(np.sqrt(height * width / _WORK)))
    size = (max(16, round(width / shrink)), max(16, round(height / shrink)))
    known = cv2.resize((~hole).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    shift = offsets(small, known < 0.999, seed, progress, (1, 12))
    if shift is None:
        return frame
    return _copied(frame, hole, shift)


def _copied(frame: Colour, hole: NDArray[np.bool_], shift: NDArray[np.float32]) -> Colour:
    """Every pixel of the hole from the four nearest pieces, weighted by how near they are.

    Overlapped block motion compensation (Orchard and Sullivan, 1994).
    """
    height, width = hole.shape
    rows, columns = np.nonzero(hole)
    scale = (height / shift.shape[0], width / shift.shape[1])
    at_row = (rows + 0.5) / scale[0] - 0.5
    at_column = (columns + 0.5) / scale[1] - 0.5
    edge_rows, edge_columns = np.nonzero(~hole)
    low = (int(edge_rows.min()), int(edge_columns.min()))
    high = (int(edge_rows.max()), int(edge_columns.max()))
    total = np.zeros((len(rows), 3), np.float64)
    for down in (0, 1):
        for right in (0, 1):
            base_row, base_column = np.floor(at_row) + down, np.floor(at_column) + right
            share = (1 - np.abs(at_row - base_row)) * (1 - np.abs(at_column - base_column))
            cell_row = np.clip(base_row, 0, shift.shape[0] - 1).astype(int)
            cell_column = np.clip(base_column, 0, shift.shape[1] - 1).astype(int)
            move = shift[cell_row, cell_column]
            from_row = rows + np.rint(move[:, 0] * scale[0]).astype(int)
            from_column = columns + np.rint(move[:, 1] * scale[1]).astype(int)
            from_row = np.clip(from_row, low[0], high[0])
            from_column = np.clip(from_column, low[1], high[1])
            total += frame[from_row, from_column] * share[:, None]
    result = frame.copy()
    result[rows, columns] = np.rint(total).astype(np.uint8)
    return result


def _dissolved(extended: Colour, scene: Colour, hole: NDArray[np.bool_], seed: int) -> Colour:
    """The painted scene, fading in away from the picture along a ragged line."""
    height, width = hole.shape
    away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    reach = max(24.0, 0.55 * float(away.max()))
    ragged = clouds((height, width), max(24.0, reach * 0.6), seed + 51, 4)
    share = np.clip((away / reach + 0.22 * ragged - 0.28) / 0.62, 0, 1)
    share = (share * share * (3 - 2 * share) * np.clip(away / 12.0, 0, 1))[..., None]
    apart = extended.astype(np.float32) - scene.astype(np.float32)
    known = (~hole).astype(np.float32)
    lift = membrane(cv2.GaussianBlur(apart, (0, 0), 6.0), known)
    near = np.exp(-away / reach)[..., None] * np.float32(0.6)
    fitted = np.clip(scene + lift * near, 0, 255)
    mixed = extended + (fitted - extended) * share
    return np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)


def _meeting(frame: Colour, extended: Colour, hole: NDArray[np.bool_]) -> Colour:
    """The new side of the seam shifted to the old one's colours, less and less away from it."""
    known = (~hole).astype(np.float32)
    away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    near = (hole & (away < 3)).astype(np.float32)
    soft = np.float32(6.0)
    inside = cv2.GaussianBlur(known, (0, 0), float(soft)) + 1e-6
    outside = cv2.GaussianBlur(near, (0, 0), float(soft)) + 1e-6
    old = cv2.GaussianBlur(frame * known[..., None], (0, 0), float(soft)) / inside[..., None]
    new = cv2.GaussianBlur(extended * near[..., None], (0, 0), float(soft)) / outside[..., None]
    lift = membrane((old - new).astype(np.float32), near)
    fade = np.exp(-away / 40.0)[..., None]
    shifted = np.clip(extended + np.clip(lift, -40, 40) * fade, 0, 255)
    return np.where(hole[..., None], np.rint(shifted), frame).astype(np.uint8)


def outpaint(request: EngineRequest, progress: Progress) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of the request, with the input's pixels exactly kept.

    The input stands in the middle, or at the options `left` and `top` (pixels). Where it is
    transparent, it stays so.

    Raises:
        imgen.errors.Invalid: the image is missing, malformed, or does not fit into the new size.
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    picture = picture_of(request)
    left, top = _place(request, picture)
    width, height = request.width, request.height
    hole = np.ones((height, width), bool)
    hole[top : top + picture.height, left : left + picture.width] = False
    frame = _mirrored(picture.colour, left, top, width, height)
    progress(1, _STEPS)
    if hole.any():
        extended = _carried_on(frame, hole, request.seed, Share(progress, 1, 12, _STEPS))
        extended = _meeting(frame, extended, hole)
        if request.prompt.strip():
            rest = Share(progress, 12, _STEPS - 1, _STEPS)
            scene = scene_painted(request, width, height, rest)
            scene = matched(scene, picture.colour, 0.5)
            extended = _dissolved(extended, scene, hole, request.seed)
        frame = np.where(hole[..., None], extended, frame)
    alpha = None
    if picture.alpha is not None:
        alpha = np.full((height, width), 255, np.uint8)
        alpha[top : top + picture.height, left : left + picture.width] = picture.alpha
    progress(_STEPS, _STEPS)
    return Picture(np.asarray(frame, np.uint8), alpha).joined()
