"""What servers with OpenAI-style image calls take beyond the prompt: each in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen.engines.remote.placement import Size


@dataclass(frozen=True, slots=True)
class Edit:
    """How a server is asked to change a picture."""

    path: str = "/images/edits"
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our request field → theirs. What is not here it does not take."""
    mask: str = ""
    """The form's field for a mask; empty: it takes none."""
    white_mask: bool = False
    """Whether white is painted, in place of what is transparent."""
    inline: str = ""
    """Where a JSON body has the picture as base64; empty: a form has it as a file."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's words."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """For a new picture: our request field → theirs. What is not here it does not take."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Fields that each request has, so that a PNG comes back in the answer itself."""
    sizes: tuple[Size, ...] = ()
    """The sizes that it makes; empty: any whose sides are multiples of 16."""
    least_pixels: int = 0
    longest: float = 0.0
    """Ratio of the sides at most; 0: any."""
    edit: Edit | None = field(default_factory=Edit)
    """Changes a whole picture; None: it cannot."""
    inpaint: Edit | None = field(default_factory=lambda: Edit(mask="mask"))
    """Paints inside a mask; None: it cannot."""
    transparent: bool = False
    """Whether it makes transparent backgrounds when asked."""
    negative_after: str = ""
    """What parts a negative prompt from the positive one, in the one field of a new picture."""


_JSON = {"response_format": "b64_json"}
_DIFFUSION = {
    "negative_prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "guidance_scale": "guidance_scale",
    "seed": "seed",
}
_VLLM_EDIT = {**_DIFFUSION, "strength": "strength"}
_LOCAL = {"steps": "step", "seed": "seed"}

DIALECTS: Mapping[str, Dialect] = {
    "plain": Dialect(fixed=_JSON),
    "gpt-image": Dialect(
        fixed={"output_format": "png"},
        sizes=((1024, 1024), (1536, 1024), (1024, 1536)),
        transparent=True,
    ),
    "gpt-image-2": Dialect(fixed={"output_format": "png"}, least_pixels=655_360, longest=3.0),
    "dall-e-3": Dialect(
        fixed=_JSON,
        sizes=((1024, 1024), (1792, 1024), (1024, 1792)),
        edit=None,
        inpaint=None,
    ),
    # Takes a picture without a mask only where something in it is transparent, and paints there.
    "dall-e-2": Dialect(fixed=_JSON, sizes=((256, 256), (512, 512), (1024, 1024)), edit=None),
    "vllm-omni": Dialect(
        _DIFFUSION,
        _JSON,
        edit=Edit(fields=_VLLM_EDIT),
        inpaint=Edit(fields=_VLLM_EDIT, mask="mask_image", white_mask=True),
    ),
    # Takes a mask as well, and does not look at it.
    "sglang": Dialect(_DIFFUSION, _JSON, edit=Edit(fields=_DIFFUSION), inpaint=None),
    "localai": Dialect(
        _LOCAL,
        _JSON,
        edit=Edit("/images/generations", _LOCAL, inline="file"),
        inpaint=Edit("/images/inpainting", {"steps": "steps"}, mask="mask", white_mask=True),
        negative_after="|",
    ),
}
"""Name → words. Sources: each server's own reference pages and source, November 2026."""
_BY_MODEL = ("dall-e-3", "dall-e-2", "gpt-image-2", "gpt-image")


def dialect_name(given: str, model: str) -> str:
    """The dialect that an option names, else the one that a model's name means."""
    if given:
        return given
    return next((name for name in _BY_MODEL if name in model), "plain")
