"""FLUX.2 dev painting under a mask: diffusers has a pipeline for that of klein alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers.utils.torch_utils import get_module_execution_device, randn_tensor

StepEnd = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


class Flux2MaskedPipeline(diffusers.Flux2Pipeline):  # type: ignore[misc]
    """After each step, what is outside the mask becomes the picture again, as noisy as the rest.

    So the model continues what is there (https://arxiv.org/abs/2201.09865, without going back and
    forth); it is given the picture as a reference too.
    """

    def __call__(
        self,
        *,
        image: Sequence[Any],
        mask_image: Sequence[Any],
        width: int,
        height: int,
        strength: float,
        generator: Sequence[Any],
        callback_on_step_end: StepEnd,
        **rest: Any,
    ) -> Any:
        """As the other pipelines for inpainting are called.

        Args:
            image: one PIL picture of `width` and `height`.
            mask_image: one PIL picture in L of that size: 255 where to paint.
            strength: all pictures start from noise.
            generator: one.
            rest: see `diffusers.Flux2Pipeline`.
        """
        del strength
        fold = self.vae_scale_factor * 2
        shape = (1, self.transformer.config.in_channels, height // fold, width // fold)
        place, kind = self._execution_device, self.transformer.dtype
        noise = randn_tensor(shape, generator=list(generator), device=place, dtype=kind)
        picture = self.image_processor.preprocess(image[0], height=height, width=width)
        picture = picture.to(get_module_execution_device(self.vae), self.vae.dtype)
        known = self._encode_vae_image(picture, generator=None)
        known, paint = known.to(place, kind), _cells(mask_image[0], shape[2:]).to(place, kind)
        known, paint, noisy = (self._pack_latents(one) for one in (known, paint, noise))

        def put_back(pipe: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            callback_on_step_end(pipe, step, time, {})
            share = _noise_after(pipe.scheduler, step)
            outside = (1 - share) * known + share * noisy
            return {"latents": paint * tensors["latents"] + (1 - paint) * outside}

        return super().__call__(
            image=list(image),
            width=width,
            height=height,
            latents=noise,
            generator=list(generator),
            callback_on_step_end=put_back,
            **rest,
        )


def _cells(mask: Any, size: Sequence[int]) -> torch.Tensor:
    """(1, 1, height, width): 1 for each cell of the latent picture that the mask touches."""
    touched = torch.from_numpy(np.asarray(mask) > 0).float()
    return torch.nn.functional.adaptive_max_pool2d(touched[None, None], tuple(size))


def _noise_after(scheduler: Any, step: int) -> float:
    """Share of noise in what a step of flow matching leaves; 0 after the last."""
    if step + 1 >= len(scheduler.timesteps):
        return 0.0
    return float(scheduler.timesteps[step + 1] / scheduler.config.num_train_timesteps)
