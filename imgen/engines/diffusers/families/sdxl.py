"""Stable Diffusion XL and what is distilled from it (Lightning): two CLIP encoders, 1024 pixels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import torch
from diffusers import ControlNetUnionModel

from imgen.engines.diffusers.families.family import Arguments, Traits
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.clip_text import Encoded, encode, window_count

_TRAITS = Traits(
    name="sdxl",
    pipelines={
        "text_to_image": "StableDiffusionXLPipeline",
        "image_to_image": "StableDiffusionXLImg2ImgPipeline",
        "inpaint": "StableDiffusionXLInpaintPipeline",
        "controlled": "StableDiffusionXLControlNetImg2ImgPipeline",
        "controlled_several": "StableDiffusionXLControlNetUnionImg2ImgPipeline",
    },
    multiple_of=8,
    pixels=1280 * 1024,
    together=frozenset({"text_to_image", "image_to_image", "inpaint", "controlled"}),
    denoiser="unet",
    dtype="float16",
    controlnets={"controlled": "ControlNetModel", "controlled_several": "ControlNetUnionModel"},
)
_SEVERAL = {"openpose": 0, "depth": 1, "scribble": 2, "canny": 3, "lineart": 3}
"""Kind of control → its number in a ControlNet for several (xinsir's Union)."""


class Sdxl:
    """With guidance of 1 or less, as Lightning wants it, a negative prompt has no effect."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts of as many windows."""
        return _windows(pipe, order)

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Encoded prompts, positive and negative of one length."""
        guidance = orders[0].request.guidance_scale
        windows = _windows(pipe, orders[0])
        tokens, pooled = _joined([_both(pipe, order, order.prompt, windows) for order in orders])
        arguments: Arguments = {
            "prompt_embeds": tokens,
            "pooled_prompt_embeds": pooled,
            "guidance_scale": guidance,
        }
        if guidance > 1:
            tokens, pooled = _joined([_negative(pipe, order, windows) for order in orders])
            arguments["negative_prompt_embeds"] = tokens
            arguments["negative_pooled_prompt_embeds"] = pooled
        control = orders[0].request.control
        if control and isinstance(getattr(pipe, "controlnet", None), ControlNetUnionModel):
            arguments["control_mode"] = [_SEVERAL[control.kind]]
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Negative prompts, without classifier-free guidance."""
        del pipe
        if order.request.negative_prompt and order.request.guidance_scale <= 1:
            return ("negative_prompt",)
        return ()


def _windows(pipe: Any, order: Order) -> int:
    return window_count(pipe.tokenizer_2, (order.prompt, order.request.negative_prompt))


def _both(pipe: Any, order: Order, prompt: str, windows: int) -> Encoded:
    """Both encoders' words side by side; the second one's summary."""
    found = [
        encode(
            tokenizer,
            encoder,
            prompt,
            windows=windows,
            layer=-(order.options.clip_skip + 2),
            device=pipe._execution_device,
        )
        for tokenizer, encoder in (
            (pipe.tokenizer, pipe.text_encoder),
            (pipe.tokenizer_2, pipe.text_encoder_2),
        )
        if encoder is not None
    ]
    return Encoded(torch.cat([one.tokens for one in found], dim=-1), found[-1].pooled)


def _negative(pipe: Any, order: Order, windows: int) -> Encoded:
    """An empty one is all zeros where the model was trained so."""
    found = _both(pipe, order, order.request.negative_prompt, windows)
    if not order.request.negative_prompt and pipe.config.force_zeros_for_empty_prompt:
        return Encoded(torch.zeros_like(found.tokens), torch.zeros_like(found.pooled))
    return found


def _joined(rows: Sequence[Encoded]) -> tuple[Any, Any]:
    return torch.cat([row.tokens for row in rows]), torch.cat([row.pooled for row in rows])
