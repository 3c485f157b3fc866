"""Stable Diffusion 1.5 and its fine-tunes, LCM among them: one CLIP encoder, 512 pixels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import torch

from imgen.engines.diffusers.families.family import Arguments, Traits
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.clip_text import encode, window_count

_TRAITS = Traits(
    name="sd15",
    pipelines={
        "text_to_image": "StableDiffusionPipeline",
        "image_to_image": "StableDiffusionImg2ImgPipeline",
        "inpaint": "StableDiffusionInpaintPipeline",
        "controlled": "StableDiffusionControlNetImg2ImgPipeline",
    },
    multiple_of=8,
    pixels=768 * 768,
    together=frozenset({"text_to_image", "image_to_image", "inpaint", "controlled"}),
    denoiser="unet",
    dtype="float16",
    controlnets={"controlled": "ControlNetModel"},
)


class Sd15:
    """The guidance of a consistency model (LCM) goes into its unet: it takes no negative prompt."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts of as many windows."""
        return _windows(pipe, order)

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Encoded prompts, positive and negative of one length."""
        guidance = 1.0 if _deaf(pipe, orders[0]) else orders[0].request.guidance_scale
        arguments: Arguments = {
            "prompt_embeds": _encoded(pipe, orders, [order.prompt for order in orders]),
            "guidance_scale": guidance,
        }
        if _has_negative(pipe, guidance):
            negatives = [order.request.negative_prompt for order in orders]
            arguments["negative_prompt_embeds"] = _encoded(pipe, orders, negatives)
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Negative prompts, without classifier-free guidance; guidance where none gets through."""
        request = order.request
        fields = []
        if request.negative_prompt and not _has_negative(pipe, request.guidance_scale):
            fields.append("negative_prompt")
        if request.guidance_scale > 1 and _deaf(pipe, order):
            fields.append("guidance_scale")
        return tuple(fields)


def _encoded(pipe: Any, orders: Sequence[Order], prompts: Sequence[str]) -> Any:
    windows = _windows(pipe, orders[0])
    skip = orders[0].options.clip_skip
    rows = []
    for prompt in prompts:
        row = encode(
            pipe.tokenizer,
            pipe.text_encoder,
            prompt,
            windows=windows,
            layer=-(skip + 1) if skip else None,
            device=pipe._execution_device,
        ).tokens
        rows.append(_normed(pipe.text_encoder, row) if skip else row)
    return torch.cat(rows)


def _windows(pipe: Any, order: Order) -> int:
    return window_count(pipe.tokenizer, (order.prompt, order.request.negative_prompt))


def _deaf(pipe: Any, order: Order) -> bool:
    """Whether guidance belongs into the unet (LCM) and the pipeline with ControlNet has no way."""
    return order.way == "controlled" and pipe.unet.config.time_cond_proj_dim is not None


def _has_negative(pipe: Any, guidance: float) -> bool:
    return guidance > 1 and pipe.unet.config.time_cond_proj_dim is None


def _normed(encoder: Any, states: Any) -> Any:
    """A skipped layer's output still passes through the encoder's last norm."""
    return getattr(encoder, "text_model", encoder).final_layer_norm(states)
