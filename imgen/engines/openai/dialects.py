"""What servers with OpenAI-style image calls take beyond the prompt: each in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen.engines.remote.placement import Size


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's words."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Our request field → theirs. What is not here it does not take."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Fields that each request has, so that a PNG comes back in the answer itself."""
    sizes: tuple[Size, ...] = ()
    """The sizes that it makes; empty: any whose sides are multiples of 16."""
    edits: bool = True
    """Whether it has `/images/edits`."""
    mask: str = "mask"
    """The form's field for a mask; empty: it takes none."""
    white_mask: bool = False
    """Whether white is painted, in place of what is transparent."""
    transparent: bool = False
    """Whether it makes transparent backgrounds when asked."""
    negative_after: str = ""
    """What parts a negative prompt from the positive one, in one field."""


_JSON = {"response_format": "b64_json"}
_DIFFUSION = {
    "negative_prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "guidance_scale": "guidance_scale",
    "seed": "seed",
}

DIALECTS: Mapping[str, Dialect] = {
    "plain": Dialect(fixed=_JSON),
    "gpt-image": Dialect(
        fixed={"output_format": "png"},
        sizes=((1024, 1024), (1536, 1024), (1024, 1536)),
        transparent=True,
    ),
    "dall-e-3": Dialect(fixed=_JSON, sizes=((1024, 1024), (1792, 1024), (1024, 1792)), edits=False),
    "dall-e-2": Dialect(fixed=_JSON, sizes=((256, 256), (512, 512), (1024, 1024))),
    "vllm-omni": Dialect(_DIFFUSION, _JSON, mask="mask_image", white_mask=True),
    "sglang": Dialect(_DIFFUSION, _JSON),
    "localai": Dialect({"steps": "step"}, _JSON, negative_after="|"),
}
"""Name → words. Sources: each server's own reference pages, November 2026."""


def dialect_name(given: str, model: str) -> str:
    """The dialect that an option names, else the one that a model's name means."""
    if given:
        return given
    return next((name for name in ("dall-e-3", "dall-e-2", "gpt-image") if name in model), "plain")
