"""What a model's options say about the weights and nodes of its graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen.engines.hints import DRAWN
from imgen.engines.protocol import Lora, Task
from imgen.engines.remote.options import Options
from imgen.errors import Invalid

SDXL = "sdxl"
"""Checkpoints with two-sided guidance: SD 1.5, SDXL and what is trained from them."""
FLUX = "flux"
"""FLUX.1-like: guidance is a number among the conditions, latents have 16 channels."""

_PAINTING = frozenset(
    {
        Task.TEXT_TO_IMAGE,
        Task.IMAGE_TO_IMAGE,
        Task.INPAINT,
        Task.OUTPAINT,
        Task.ERASE,
        Task.REPLACE_BACKGROUND,
    }
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Names of files as the ComfyUI server lists them, and how it is to sample."""

    kind: str
    """`sdxl` or `flux`."""
    checkpoint: str = ""
    """In `models/checkpoints`; empty: `unet`, `clip` and `vae` are given instead, or nothing that
    paints."""
    unet: str = ""
    clip: tuple[str, ...] = ()
    clip_type: str = ""
    unet_dtype: str = "default"
    vae: str = ""
    """Also beside a checkpoint, in place of its own."""
    sampler: str = "euler"
    scheduler: str = "normal"
    true_cfg_scale: float = 1.0
    """flux: above 1 the negative prompt has an effect, and a step takes twice as long."""
    upscaler: str = ""
    """In `models/upscale_models`."""
    controlnet: Mapping[str, str] = field(default_factory=dict)
    """Control → file in `models/controlnet`. Hints are drawn here, see `imgen.engines.hints`."""
    matting: str = ""
    """In `models/background_removal`."""
    loras: Mapping[str, str] = field(default_factory=dict)
    """Catalog key → file in `models/loras`, where it is not the reference's own file name."""
    most_pixels: int = 1_600_000
    """Larger edits are worked on at this size and enlarged again."""

    @property
    def tasks(self) -> frozenset[Task]:
        """What these weights can do."""
        upscale = {Task.UPSCALE} if self.upscaler else set()
        cut_out = {Task.REMOVE_BACKGROUND} if self.matting else set()
        return (_PAINTING if self.checkpoint or self.unet else frozenset()) | upscale | cut_out


def lora_file(lora: Lora, names: Mapping[str, str]) -> str:
    """The LoRA's file on the server; empty when it cannot be told.

    Args:
        names: catalog key → file, where it is not the reference's own file name.
    """
    if lora.name in names:
        return names[lora.name]
    name = lora.reference.replace("\\", "/").rpartition(":")[2].rpartition("/")[2]
    return name if name.endswith(".safetensors") else ""


def read_recipe(given: Mapping[str, object]) -> Recipe:
    """The recipe in a model's options.

    Raises:
        imgen.errors.Invalid: an option is missing or has a wrong type.
    """
    options = Options(given)
    checkpoint, unet = options.text("checkpoint"), options.text("unet")
    clip, vae = options.texts("clip"), options.text("vae")
    kind = options.text("graph") or (FLUX if unet else SDXL)
    if kind not in (SDXL, FLUX):
        raise Invalid(f"The model's option graph must be {SDXL} or {FLUX}", field="graph")
    tools = options.text("upscaler"), options.text("matting")
    if checkpoint and unet:
        raise Invalid("The model names a checkpoint and a unet; it takes one", field="checkpoint")
    if not (checkpoint or unet or any(tools)):
        raise Invalid("The model names no checkpoint, unet or workflow", field="checkpoint")
    if unet and not (clip and vae):
        raise Invalid("The model names a unet; it needs clip and vae as well", field="unet")
    if len(clip) > 2:
        raise Invalid("The model's option clip takes one or two files", field="clip")
    return Recipe(
        kind=kind,
        checkpoint=checkpoint,
        unet=unet,
        clip=clip,
        clip_type=options.text("clip_type") or (kind if len(clip) == 2 else "stable_diffusion"),
        unet_dtype=options.text("dtype") or "default",
        vae=vae,
        sampler=options.text("sampler") or "euler",
        scheduler=options.text("scheduler") or ("simple" if kind == FLUX else "normal"),
        true_cfg_scale=options.number("true_cfg_scale", 1.0),
        upscaler=tools[0],
        matting=tools[1],
        controlnet=_controlnet(options),
        loras=options.names("loras"),
        most_pixels=int(options.number("most_pixels", 1_600_000)),
    )


def _controlnet(options: Options) -> dict[str, str]:
    named = options.names("controlnet")
    if others := sorted(set(named) - set(DRAWN)):
        raise Invalid(
            f"The model's option controlnet cannot have {others[0]}: there are "
            f"{', '.join(DRAWN)}; other hints need a workflow of your own",
            field="controlnet",
        )
    return named
