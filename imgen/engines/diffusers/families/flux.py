"""FLUX.1: schnell, distilled to four steps, and dev, which carries its guidance inside."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from imgen.engines.diffusers.families.family import Arguments, Traits
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.emphasis import is_weighted, plain

_TRAITS = Traits(
    name="flux",
    pipelines={
        "text_to_image": "FluxPipeline",
        "image_to_image": "FluxImg2ImgPipeline",
        "inpaint": "FluxInpaintPipeline",
        "controlled": "FluxControlNetImg2ImgPipeline",
    },
    multiple_of=16,
    pixels=1440 * 1440,
    together=frozenset({"text_to_image", "image_to_image", "inpaint", "controlled"}),
    controlnets={"controlled": "FluxControlNetModel"},
)
_TOKENS = {True: 512, False: 256}
"""Has guidance inside (dev) → longest prompt, in tokens of its T5 encoder."""
_UNION = {"canny": 0, "lineart": 0, "scribble": 0, "depth": 2, "openpose": 4}
"""Kind of control → its number in ControlNets for several kinds (InstantX's, Shakker's)."""


class Flux:
    """A negative prompt costs a second pass and needs `true_cfg_scale` above 1 in the catalog."""

    traits = _TRAITS

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Prompts are padded to one length; only a negative one makes a difference."""
        del pipe
        return _negative(order) != ""

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Plain prompts, as both encoders take them."""
        guided = bool(pipe.transformer.config.guidance_embeds)
        arguments: Arguments = {
            "prompt": [plain(order.prompt) for order in orders],
            "guidance_scale": orders[0].request.guidance_scale,
            "max_sequence_length": orders[0].options.max_sequence_length or _TOKENS[guided],
        }
        if _negative(orders[0]):
            arguments["negative_prompt"] = [_negative(order) for order in orders]
            arguments["true_cfg_scale"] = orders[0].options.true_cfg_scale
        if orders[0].way == "controlled" and pipe.controlnet.config.num_mode is not None:
            arguments["control_mode"] = [_mode(order) for order in orders]
        return arguments

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Weights, negatives without a second pass, guidance on schnell."""
        request = order.request
        fields = []
        if request.negative_prompt and not _negative(order):
            fields.append("negative_prompt")
        if request.guidance_scale > 0 and not pipe.transformer.config.guidance_embeds:
            fields.append("guidance_scale")
        if is_weighted(order.prompt):
            fields.append("prompt_weights")
        return tuple(fields)


def _mode(order: Order) -> int:
    control = order.request.control
    assert control is not None
    return _UNION[control.kind]


def _negative(order: Order) -> str:
    """The negative prompt where it has an effect; with a ControlNet it has none."""
    if order.options.true_cfg_scale <= 1 or order.way == "controlled":
        return ""
    return plain(order.request.negative_prompt)
