"""Z-Image and its distilled Turbo: a language model reads the prompt; flow matching."""

from __future__ import annotations

import math
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
_PADDED_TO = 32
"""Captions become multiples of so many tokens."""


class ZImage:
    """Turbo runs with guidance 0, where a negative prompt has no effect."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts that the transformer pads to one length; it masks what is padded."""
        prompts = [order.prompt]
        if _guided(order):
            prompts.append(order.request.negative_prompt)
        return tuple(math.ceil(_tokens(pipe, order, prompt) / _PADDED_TO) for prompt in prompts)

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Plain prompts, positive and negative."""
        del pipe
        guidance = orders[0].request.guidance_scale
        arguments: Arguments = {
            "prompt": [plain(order.prompt) for order in orders],
            "guidance_scale": guidance,
            "max_sequence_length": _longest(orders[0]),
        }
        if _guided(orders[0]):
            negatives = [plain(order.request.negative_prompt) for order in orders]
            arguments["negative_prompt"] = negatives
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Weights, and negatives without guidance."""
        del pipe
        return ignored_of_plain_prompts(order, guided=_guided(order))


def _guided(order: Order) -> bool:
    """Its guidance adds to what a prompt alone gives: any above 0 costs a second pass."""
    return order.request.guidance_scale > 0


def _longest(order: Order) -> int:
    return order.options.max_sequence_length or _LONGEST


def _tokens(pipe: Any, order: Order, prompt: str) -> int:
    """As many as the pipeline makes of a prompt."""
    asked = [{"role": "user", "content": plain(prompt)}]
    text = pipe.tokenizer.apply_chat_template(
        asked, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    return min(len(pipe.tokenizer(text).input_ids), _longest(order))
