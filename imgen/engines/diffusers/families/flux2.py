"""FLUX.2: dev, and klein, distilled to four steps. Pictures are references, not starting points."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from imgen.engines.diffusers.families.family import Arguments, Traits
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.emphasis import is_weighted, plain

_DEV = Traits(
    name="flux2",
    pipelines={
        "text_to_image": "Flux2Pipeline",
        "image_to_image": "Flux2Pipeline",
        "inpaint": "Flux2MaskedPipeline",
    },
    multiple_of=16,
    pixels=2048 * 2048,
    together=frozenset({"text_to_image"}),
    has_strength=False,
)
_KLEIN = Traits(
    name="flux2-klein",
    pipelines={
        "text_to_image": "Flux2KleinPipeline",
        "image_to_image": "Flux2KleinPipeline",
        "inpaint": "Flux2KleinInpaintPipeline",
    },
    multiple_of=16,
    pixels=2048 * 2048,
    together=frozenset({"text_to_image"}),
    has_strength=False,
)
_LONGEST = 512
"""Tokens of a prompt."""


class Flux2:
    """No negative prompt. Distilled ones take no guidance either.

    Args:
        traits: of dev or of klein.
    """

    def __init__(self, traits: Traits) -> None:
        self.traits = traits

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts are padded to one length."""
        del pipe, order
        return None

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Plain prompts."""
        options = orders[0].options
        return {
            "prompt": [plain(order.prompt) for order in orders],
            "max_sequence_length": options.max_sequence_length or _LONGEST,
            "guidance_scale": 1.0 if _distilled(pipe) else orders[0].request.guidance_scale,
        }

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Negatives, weights, guidance where it is distilled, the strength of a reference."""
        request = order.request
        fields = ["negative_prompt"] if request.negative_prompt else []
        if request.guidance_scale > 0 and _distilled(pipe):
            fields.append("guidance_scale")
        if order.way == "image_to_image":
            fields.append("strength")
        if is_weighted(order.prompt):
            fields.append("prompt_weights")
        return tuple(fields)


def _distilled(pipe: Any) -> bool:
    return bool(pipe.config.get("is_distilled", False))


DEV = Flux2(_DEV)
KLEIN = Flux2(_KLEIN)
