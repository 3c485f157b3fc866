"""Z-Image and its distilled Turbo: a language model reads the prompt; flow matching."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from imgen.engines.diffusers.emphasis import plain
from imgen.engines.diffusers.families.family import (
    Arguments,
    Traits,
    ignored_of_plain_prompts,
)
from imgen.engines.diffusers.order import Order

_TRAITS = Traits(
    name="z-image",
    pipelines={
        "text_to_image": "ZImagePipeline",
        "image_to_image": "ZImageImg2ImgPipeline",
        "inpaint": "ZImageInpaintPipeline",
    },
    multiple_of=16,
    pixels=1536 * 1536,
    together=frozenset({"text_to_image", "image_to_image", "inpaint"}),
)
_LONGEST = 512


class ZImage:
    """Turbo runs with guidance 0, where a negative prompt has no effect."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts of as many tokens: shorter ones would be padded to the longest."""
        prompts = (order.prompt, order.request.negative_prompt)
        return tuple(len(pipe.tokenizer(plain(prompt)).input_ids) for prompt in prompts)

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Plain prompts, positive and negative."""
        del pipe
        guidance = orders[0].request.guidance_scale
        arguments: Arguments = {
            "prompt": [plain(order.prompt) for order in orders],
            "guidance_scale": guidance,
            "max_sequence_length": orders[0].options.max_sequence_length or _LONGEST,
        }
        if guidance > 1:
            negatives = [plain(order.request.negative_prompt) for order in orders]
            arguments["negative_prompt"] = negatives
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Weights, and negatives without guidance."""
        del pipe
        return ignored_of_plain_prompts(order)
