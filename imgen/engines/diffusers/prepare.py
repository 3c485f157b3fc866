"""From a request to an order: inputs at a size that the model takes, and the way back to pixels.

What lies outside a mask, and the picture inside a wider frame, are put back byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.engines.diffusers.families.family import Traits
from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.diffusers.order import Order, Pixels
from imgen.engines.protocol import EngineRequest, Task
from imgen.errors import Invalid

_EMPTY_GROUND = "empty background, plain surroundings, nothing there"
"""What is painted where something is erased and the request does not say."""
_HARDLY = 12
"""Of 255: where a mask is weaker, what is there is still there for the model to see. Mattes are
seldom quite sure of a subject, and masks come as JPEG."""
Matte = Callable[[Pixels], NDArray[np.uint8]]
"""(height, width, 3) → (height, width): 255 where the subject is."""
Hint = Callable[[Pixels, str], Pixels | None]
"""(a picture, kind of control) → what a ControlNet is to see; None where there is none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a picture of one size is worked on at another: scaled down if large, then padded."""

    width: int
    """Of the picture, in pixels."""
    height: int
    scaled: tuple[int, int]
    """(width, height) after scaling."""
    padded: tuple[int, int]
    """(width, height) of the painting."""

    def enter(self, pixels: Pixels) -> Pixels:
        """A picture, or a mask, of the outer size → of the painting's."""
        if self.scaled != (self.width, self.height):
            pixels = _resized(pixels, self.scaled)
        right, low = self.padded[0] - self.scaled[0], self.padded[1] - self.scaled[1]
        if right or low:
            pixels = np.asarray(
                cv2.copyMakeBorder(pixels, 0, low, 0, right, cv2.BORDER_REPLICATE), np.uint8
            )
        return pixels

    def leave(self, painted: Pixels) -> Pixels:
        """A painting → the outer size."""
        cut = painted[: self.scaled[1], : self.scaled[0]]
        if self.scaled != (self.width, self.height):
            return _resized(cut, (self.width, self.height))
        return np.ascontiguousarray(cut)


def frame_for(width: int, height: int, traits: Traits) -> Frame:
    """The frame in which a family paints a picture of this size."""
    scale = min(1.0, math.sqrt(traits.pixels / (width * height)))
    scaled = (max(1, round(width * scale)), max(1, round(height * scale)))
    step = traits.multiple_of
    padded = (math.ceil(scaled[0] / step) * step, math.ceil(scaled[1] / step) * step)
    return Frame(width, height, scaled, padded)


def prepare(
    request: EngineRequest,
    options: ModelOptions,
    traits: Traits,
    matte: Matte,
    hint: Hint = lambda _colour, _kind: None,
) -> Order:
    """What is to be painted for a request.

    Args:
        matte: tells the subject from its background, for `replace_background`.
        hint: draws what guides the picture, for `control`.

    Raises:
        imgen.errors.Invalid: the input is missing or does not fit.
    """
    if request.task is Task.TEXT_TO_IMAGE:
        return _from_words(request, options, traits)
    colour, alpha = _input(request)
    if request.task is Task.IMAGE_TO_IMAGE:
        return _from_picture(request, options, traits, colour, alpha, hint)
    if request.task is Task.OUTPAINT:
        return _wider(request, options, traits, colour, alpha)
    if request.task is Task.REPLACE_BACKGROUND:
        subject = matte(colour) if alpha is None else alpha
        mask = np.asarray(255 - subject, np.uint8)
        return _into(request, options, traits, colour, None, mask)
    return _into(request, options, traits, colour, alpha, _mask(request, colour))


def _from_words(request: EngineRequest, options: ModelOptions, traits: Traits) -> Order:
    frame = frame_for(request.width, request.height, traits)
    return Order(
        request=request,
        options=options,
        way="text_to_image",
        width=frame.padded[0],
        height=frame.padded[1],
        steps=request.steps,
        strength=1.0,
        prompt=request.prompt,
        finish=frame.leave,
    )


def _from_picture(
    request: EngineRequest,
    options: ModelOptions,
    traits: Traits,
    colour: Pixels,
    alpha: Pixels | None,
    hint: Hint,
) -> Order:
    colour = _at_size(colour, request)
    alpha = None if alpha is None else _at_size(alpha, request)
    frame = frame_for(request.width, request.height, traits)
    start = frame.enter(colour)
    seen, ignored = _hint(request, traits, start, hint)
    partly = traits.has_strength and (seen is None or not traits.guided_from_noise)
    steps, strength = _walk(request, options) if partly else (request.steps, 1.0)
    return Order(
        request=request,
        options=options,
        way="image_to_image" if seen is None else "controlled",
        width=frame.padded[0],
        height=frame.padded[1],
        steps=steps,
        strength=strength,
        prompt=request.prompt,
        finish=lambda painted: _joined(frame.leave(painted), alpha),
        image=Image.fromarray(start),
        hint=None if seen is None else Image.fromarray(seen),
        ignored=ignored,
    )


def _into(
    request: EngineRequest,
    options: ModelOptions,
    traits: Traits,
    colour: Pixels,
    alpha: Pixels | None,
    mask: Pixels,
) -> Order:
    """Paint where the mask is; everything that it touches is painted, then blended by it."""
    height, width = colour.shape[:2]
    frame = frame_for(width, height, traits)
    touched = np.where(frame.enter(mask) > _HARDLY, 255, 0).astype(np.uint8)
    shown = frame.enter(colour)
    if not traits.has_strength and request.task is not Task.INPAINT:
        shown = _cleared(shown, touched)  # what a reference shows is painted again

    def finish(painted: Pixels) -> Pixels:
        result = blended(colour, frame.leave(painted), mask)
        opaque = None if alpha is None else np.maximum(alpha, mask)
        return _at_size(_joined(result, opaque), request)

    prompt = request.prompt
    if request.task is Task.ERASE and not prompt.strip():
        prompt = _EMPTY_GROUND
    return Order(
        request=request,
        options=options,
        way="inpaint",
        width=frame.padded[0],
        height=frame.padded[1],
        steps=request.steps,
        strength=1.0,
        prompt=prompt,
        finish=finish,
        image=Image.fromarray(shown),
        mask=Image.fromarray(touched),
    )


def _cleared(colour: Pixels, touched: Pixels) -> Pixels:
    """The picture with what is to be painted faded into what is round it."""
    height, width = colour.shape[:2]
    known = (touched == 0)[..., None].astype(np.float32)
    size = max(1, width // 8), max(1, height // 8)
    parts = cv2.resize(np.dstack([colour * known, known]), size, interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(parts, (0, 0), max(size) / 12)
    spread += parts.mean(axis=(0, 1)) * 0.01 + (0, 0, 0, 1e-6)
    full = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR)
    around = np.rint(np.clip(full[..., :3] / full[..., 3:], 0, 255)).astype(np.uint8)
    return np.where(known > 0, colour, around)


def _wider(
    request: EngineRequest,
    options: ModelOptions,
    traits: Traits,
    colour: Pixels,
    alpha: Pixels | None,
) -> Order:
    """The picture in its new frame, mirrored beyond its edges, with a mask over all that is new."""
    left, top = _place(request, colour)
    height, width = colour.shape[:2]
    right, low = request.width - width - left, request.height - height - top
    canvas = _mirrored(colour, left, top, request.width, request.height)
    mask = np.full(canvas.shape[:2], 255, np.uint8)
    mask[top : top + height, left : left + width] = 0
    whole = None
    if alpha is not None:
        whole = np.asarray(
            cv2.copyMakeBorder(alpha, top, low, left, right, cv2.BORDER_CONSTANT, value=255),
            np.uint8,
        )
    return _into(request, options, traits, canvas, whole, mask)


def _mirrored(colour: Pixels, left: int, top: int, width: int, height: int) -> Pixels:
    """The frame filled by folding the picture over its edges, as often as needed."""
    rows = _folded(np.arange(height) - top, colour.shape[0])
    columns = _folded(np.arange(width) - left, colour.shape[1])
    return np.ascontiguousarray(colour[rows[:, None], columns[None, :]])


def _folded(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    turn = np.mod(index, 2 * length)
    return np.asarray(np.where(turn < length, turn, 2 * length - 1 - turn))


def _place(request: EngineRequest, colour: Pixels) -> tuple[int, int]:
    """(left, top) of the picture in the middle of the new frame."""
    spare = (request.width - colour.shape[1], request.height - colour.shape[0])
    if min(spare) < 0:
        raise Invalid("The new size must not be smaller than the image.", field="width")
    return spare[0] // 2, spare[1] // 2


def _hint(
    request: EngineRequest, traits: Traits, colour: Pixels, hint: Hint
) -> tuple[Pixels | None, tuple[str, ...]]:
    """What the ControlNet sees, and what cannot be honoured where there is none."""
    control = request.control
    if control is None or control.strength <= 0:
        return None, ()
    seen = hint(colour, control.kind) if "controlled" in traits.pipelines else None
    return seen, () if seen is not None else ("control",)


def _walk(request: EngineRequest, options: ModelOptions) -> tuple[int, float]:
    """(steps, strength) as the pipeline is told; at least one step is left of them.

    A model that was made for certain numbers of steps knows only the noise that lies between
    those: there it is the strength that gives way.
    """
    steps, strength = request.steps, request.strength
    if int(steps * strength) >= 1:
        return steps, strength
    if options.steps:
        return steps, min(1.0, 1.001 / steps)
    return math.ceil(1 / max(strength, 0.001)), strength


def blended(ground: Pixels, painted: Pixels, mask: Pixels) -> Pixels:
    """`painted` over `ground` by a mask; byte for byte the ground where the mask is 0."""
    share = mask[..., None].astype(np.uint32)
    mixed = painted.astype(np.uint32) * share + ground.astype(np.uint32) * (255 - share)
    return np.asarray((mixed + 127) // 255, np.uint8)


def _input(request: EngineRequest) -> tuple[Pixels, Pixels | None]:
    """(colour, alpha) of the input picture; None for one that is opaque throughout."""
    image = request.image
    if image is None:
        raise Invalid("An image is required.", field="image")
    if image.shape[2] == 3:
        return np.ascontiguousarray(image), None
    return np.ascontiguousarray(image[..., :3]), np.ascontiguousarray(image[..., 3])


def _mask(request: EngineRequest, colour: Pixels) -> Pixels:
    mask = request.mask
    if mask is None:
        raise Invalid("A mask is required.", field="mask")
    if mask.shape != colour.shape[:2]:
        raise Invalid("The mask must have the size of the image.", field="mask")
    return mask


def _at_size(pixels: Pixels, request: EngineRequest) -> Pixels:
    return resized(pixels, request.width, request.height)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture or mask at another size; itself where it has that size."""
    if pixels.shape[1::-1] == (width, height):
        return pixels
    return _resized(pixels, (width, height))


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    smaller = size[0] < pixels.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)


def _joined(colour: Pixels, alpha: Pixels | None) -> Pixels:
    return colour if alpha is None else np.dstack([colour, alpha])
