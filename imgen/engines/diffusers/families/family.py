"""What the engine needs to know about a family of models."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.prompts.emphasis import is_weighted

Arguments = dict[str, Any]
"""Keyword arguments of a pipeline's call."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The facts of a family."""

    name: str
    pipelines: Mapping[str, str]
    """Way (`text_to_image`, `image_to_image`, `inpaint`, `controlled`, and `controlled_several`
    with a ControlNet for several kinds) → class, of diffusers or one of `loaded.OWN`."""
    multiple_of: int
    """Sides of a painting are multiples of this, in pixels."""
    pixels: int
    """Largest area that it paints well; larger pictures are worked on scaled down."""
    together: frozenset[str]
    """Ways in which several pictures can be painted at once."""
    denoiser: str = "transformer"
    """The component that does the work: `unet` or `transformer`."""
    dtype: str = "bfloat16"
    """On a GPU, unless the catalog says otherwise."""
    controlnets: Mapping[str, str] = field(default_factory=dict)
    """Way (`controlled`, `controlled_several`) → diffusers class of the ControlNets."""
    guided_from_noise: bool = False
    """Whether with a ControlNet nothing but the hint comes from the input picture."""
    has_strength: bool = True
    """Whether image-to-image can be told how much to keep."""


class Family(Protocol):
    """How requests map to a family's pipelines. `pipe` is any of them, loaded."""

    @property
    def traits(self) -> Traits:
        """Its facts."""
        ...

    def shape(self, pipe: Any, order: Order) -> Hashable:
        """Orders of equal shape may be painted together without changing each other."""
        ...

    def arguments(self, pipe: Any, orders: Sequence[Order]) -> Arguments:
        """Prompts and guidance, for all orders of one batch; they differ in prompts alone."""
        ...

    def ignored(self, pipe: Any, order: Order) -> tuple[str, ...]:
        """Request fields that this model cannot honour."""
        ...


def ignored_of_plain_prompts(order: Order, *, guided: bool) -> tuple[str, ...]:
    """Where a language model reads plain prompts: weights, and negatives without guidance."""
    fields = []
    if order.request.negative_prompt and not guided:
        fields.append("negative_prompt")
    if is_weighted(order.prompt):
        fields.append("prompt_weights")
    return tuple(fields)
