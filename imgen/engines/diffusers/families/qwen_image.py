"""Qwen-Image: a language model reads the prompt, long ones too; guidance is classifier-free."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from imgen.engines.diffusers.families.family import (
    Arguments,
    Traits,
    ignored_of_plain_prompts,
)
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.emphasis import plain

_TRAITS = Traits(
    name="qwen-image",
    pipelines={
        "text_to_image": "QwenImagePipeline",
        "image_to_image": "QwenImageImg2ImgPipeline",
        "inpaint": "QwenImageInpaintPipeline",
        "controlled": "QwenImageControlNetPipeline",
    },
    multiple_of=16,
    pixels=1664 * 1664,
    together=frozenset({"text_to_image", "image_to_image", "inpaint", "controlled"}),
    controlnets={"controlled": "QwenImageControlNetModel"},
    guided_from_noise=True,
)
_LONGEST = 512
_NO_NEGATIVE = " "
"""What the model was trained to see where nothing is to be avoided."""


class QwenImage:
    """`guidance_scale` is its classifier-free scale; 1 or less switches the second pass off."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts of any length: shorter ones are padded, and the padding is masked throughout."""
        del pipe, order
        return None

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Plain prompts, positive and negative."""
        guidance = orders[0].request.guidance_scale
        arguments: Arguments = {
            "prompt": [plain(order.prompt) for order in orders],
            "true_cfg_scale": guidance,
            "max_sequence_length": orders[0].options.max_sequence_length or _LONGEST,
        }
        if _guided(orders[0]):
            negatives = [plain(order.request.negative_prompt) for order in orders]
            arguments["negative_prompt"] = [text or _NO_NEGATIVE for text in negatives]
        if pipe.transformer.config.guidance_embeds:
            arguments["guidance_scale"] = guidance
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Weights, negatives without guidance, the strength of a picture that only guides."""
        del pipe
        picture = ("strength",) if order.way == "controlled" else ()
        return (*ignored_of_plain_prompts(order, guided=_guided(order)), *picture)


def _guided(order: Order) -> bool:
    return order.request.guidance_scale > 1
