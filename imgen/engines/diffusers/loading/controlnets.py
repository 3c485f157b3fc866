"""ControlNets: read from their folders, and told what kind of hint they are to follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers

from imgen.engines.diffusers.families.family import Traits
from imgen.engines.diffusers.files.header import read_header
from imgen.engines.diffusers.order import Order
from imgen.errors import Unavailable

_OF_SEVERAL = "task_embedding"
"""A tensor that only those of SDXL for several kinds have (xinsir's Union)."""


def way_of(place: Path) -> str:
    """The way of painting that a ControlNet takes: for one kind of hint, or for several.

    Raises:
        imgen.errors.ImgenError: its weights cannot be read.
    """
    files = sorted(place.glob("*.safetensors"))
    several = any(_OF_SEVERAL in read_header(file).shapes for file in files)
    return "controlled_several" if several else "controlled"


def read_controlnet(place: Path, way: str, traits: Traits, dtype: Any) -> Any:
    """A ControlNet, in main memory.

    Raises:
        imgen.errors.Unavailable: it cannot be read.
    """
    kind = getattr(diffusers, traits.controlnets[way])
    try:
        return kind.from_pretrained(
            str(place), torch_dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise Unavailable(f"The ControlNet {place} cannot be loaded: {first}") from error


def hints(pipe: Any, orders: Sequence[Order]) -> Any:
    """What a pipeline is given as `control_image`: a hint for each order."""
    images = [order.hint for order in orders]
    # Those for several kinds take a list for each kind that is followed.
    return [images] if isinstance(pipe.controlnet, diffusers.ControlNetUnionModel) else images
