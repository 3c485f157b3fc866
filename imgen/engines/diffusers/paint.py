"""One batch through a pipeline: every picture with a generator of its own, so a seed is a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from imgen.engines.diffusers.loading.controlnets import hints
from imgen.engines.diffusers.memory.loaded import Loaded
from imgen.engines.diffusers.order import Order, Pixels
from imgen.errors import Unavailable

Painting = Pixels | Unavailable
"""(height, width, 3), or why what came out is no picture."""
Tell = Callable[[int, int], None]
"""(steps done, of): told after each; raises `Abandoned` when nobody wants any of the pictures."""


def paint(loaded: Loaded, orders: Sequence[Order], tell: Tell) -> list[Painting]:
    """Paint orders that belong together, all at once.

    Args:
        orders: equal in all but prompts, seeds and pictures; see `batch_key`.

    Returns:
        One for each, at the size of the painting.

    Raises:
        torch.OutOfMemoryError: there are too many, or they are too large.
        imgen.errors.Invalid: the model cannot do this, or a LoRA does not fit.
        imgen.engines.protocol.Abandoned: passed on from `tell`.
    """
    first = orders[0]
    control = first.request.control
    way = first.way
    pipe = loaded.pipeline(way, control.kind if way == "controlled" and control else "")

    def after_step(pipe: Any, step: int, _time: Any, _tensors: Any) -> dict[str, Any]:
        tell(step + 1, int(pipe.num_timesteps) + 1)
        return {}

    with _left_as_found(pipe):
        loaded.adapters.apply(first.request.loras)
        with torch.no_grad():
            output = pipe(
                **loaded.family.arguments(pipe, orders),
                **_pictures(loaded, pipe, orders),
                num_inference_steps=first.steps,
                generator=[_generator(order.request.seed) for order in orders],
                output_type="np",
                callback_on_step_end=after_step,
            )
    return [_painting(np.asarray(image, np.float32), loaded) for image in output.images]


@contextmanager
def _left_as_found(pipe: Any) -> Iterator[None]:
    """A pipeline with components in main memory puts them back there, however it ends.

    Interrupted, it would leave on the device what had its turn; after a LoRA that does not fit,
    nothing would come to the device any more.
    """
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the device may be broken; what was raised first says more
            pipe.maybe_free_model_hooks()
        raise


def _pictures(loaded: Loaded, pipe: Any, orders: Sequence[Order]) -> dict[str, Any]:
    """What is painted on: nothing, pictures, pictures with masks, pictures with hints."""
    first = orders[0]
    size = {"width": first.width, "height": first.height}
    images = [order.image for order in orders]
    if first.way == "text_to_image":
        return size
    if first.way == "inpaint":
        masks = [order.mask for order in orders]
        return {**size, "image": images, "mask_image": masks, "strength": first.strength}
    if not loaded.family.traits.has_strength:
        return {**size, "image": images}
    if first.way == "controlled":
        control = first.request.control
        start = {"image": images, "strength": first.strength}
        return {
            **size,
            **({} if loaded.family.traits.guided_from_noise else start),
            "control_image": hints(pipe, orders),
            "controlnet_conditioning_scale": float(control.strength) if control else 1.0,
        }
    if loaded.family.traits.denoiser == "unet":  # these take the picture's own size
        return {"image": images, "strength": first.strength}
    return {**size, "image": images, "strength": first.strength}


def _generator(seed: int) -> Any:
    """On the CPU, whatever the device: a seed means the same picture on every machine."""
    return torch.Generator("cpu").manual_seed(seed)


def _painting(shares: NDArray[np.float32], loaded: Loaded) -> Painting:
    """Pixels of shares of 1; what holds values that are no numbers is not made up for."""
    if np.isfinite(shares).all():
        return np.asarray(np.rint(np.clip(shares, 0, 1) * 255), np.uint8)
    kind = str(loaded.denoiser.dtype).removeprefix("torch.")
    cure = (
        "its weights or a LoRA are damaged"
        if kind == "float32"
        else f"{kind} does not suffice for it; name another `dtype` in its options"
    )
    return Unavailable(
        f"{loaded.options.weights} painted something that is no picture: {cure}", code="not_finite"
    )
