"""Z-Image and its distilled Turbo: a language model reads the prompt; flow matching."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from imgen.engines.diffusers.emphasis import is_weighted, plain
from imgen.engines.diffusers.families.family import Arguments, Traits
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
        request = order.request
        fields = []
        if request.negative_prompt and request.guidance_scale <= 1:
            fields.append("negative_prompt")
        if is_weighted(order.prompt):
            fields.append("prompt_weights")
        return tuple(fields)
