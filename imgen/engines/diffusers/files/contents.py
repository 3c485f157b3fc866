"""What a single file of weights is (SDXL, FLUX.1 dev, …), told by the names of its tensors.

Model sites give such files out in the layout of a model's first authors ("original"), hubs also in
that of diffusers. The names are facts of those layouts, as `diffusers.loaders.single_file_utils`
converts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from imgen.engines.diffusers.files.header import Header, read_header
from imgen.errors import Invalid

DENOISERS = ("unet", "transformer")
"""Names that the part of a pipeline which does the work can have."""
_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")
PREFIX = "model.diffusion_model."
"""Before the names of the denoiser, where a file holds more, and sometimes where it does not."""
_VAE = ("first_stage_model.", "vae.")
_Shapes = Mapping[str, tuple[int, ...]]
V_PREDICTION_MARKS = ("v_pred", "ztsnr")
"""Empty tensors with which those who train SDXL for velocities mark it."""
_V_PREDICTION = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}


@dataclass(frozen=True, slots=True)
class Kind:
    """An architecture that weights are for."""

    label: str
    """For people: `SDXL`."""
    pipeline: str
    """diffusers class that paints with it."""
    config: str
    """Repository on the hub whose configuration fits; empty: several differ, one must be named."""
    encoders: tuple[str, ...] = ()
    """How names of its text encoders begin in a file that diffusers can read them from."""
    variant: str = ""
    """Of that repository's files: the small ones do, where it has some."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What one file holds."""

    kind: Kind | None
    """None: it cannot be told."""
    has_encoders: bool
    """Whether diffusers finds all text encoders in it."""
    has_vae: bool
    scheduler_options: Mapping[str, object] = field(default_factory=dict)
    """What its denoiser was trained for, where the file says that it is not the usual."""

    @property
    def is_denoiser(self) -> bool:
        """Whether all other parts come from elsewhere; a VAE alone is left aside."""
        return not self.has_encoders

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the components that come from this file."""
        if self.is_denoiser:
            return DENOISERS
        return (*DENOISERS, *_ENCODERS, *(("vae",) if self.has_vae else ()))


_LDM_CLIP = ("cond_stage_model.transformer.",)
_LDM_OPEN_CLIP = ("cond_stage_model.model.",)
_SDXL_ENCODERS = ("conditioner.embedders.0.transformer.", "conditioner.embedders.1.model.")
_FLUX_ENCODERS = ("text_encoders.clip_l.transformer.", "text_encoders.t5xxl.transformer.")

SD15 = Kind(
    "Stable Diffusion 1.5",
    "StableDiffusionPipeline",
    "stable-diffusion-v1-5/stable-diffusion-v1-5",
    _LDM_CLIP,
    variant="fp16",
)
SD2 = Kind("Stable Diffusion 2", "StableDiffusionPipeline", "", _LDM_OPEN_CLIP)
SDXL = Kind(
    "SDXL",
    "StableDiffusionXLPipeline",
    "stabilityai/stable-diffusion-xl-base-1.0",
    _SDXL_ENCODERS,
    variant="fp16",
)
FLUX_DEV = Kind("FLUX.1 dev", "FluxPipeline", "black-forest-labs/FLUX.1-dev", _FLUX_ENCODERS)
FLUX_SCHNELL = Kind(
    "FLUX.1 schnell", "FluxPipeline", "black-forest-labs/FLUX.1-schnell", _FLUX_ENCODERS
)
FLUX2_DEV = Kind("FLUX.2 dev", "Flux2Pipeline", "black-forest-labs/FLUX.2-dev")
KLEIN_4B = Kind("FLUX.2 klein 4B", "Flux2KleinPipeline", "black-forest-labs/FLUX.2-klein-4B")
KLEIN_9B = Kind("FLUX.2 klein 9B", "Flux2KleinPipeline", "black-forest-labs/FLUX.2-klein-9B")
QWEN_IMAGE = Kind("Qwen-Image", "QwenImagePipeline", "Qwen/Qwen-Image")
Z_IMAGE = Kind("Z-Image", "ZImagePipeline", "Tongyi-MAI/Z-Image-Turbo")

_KLEIN_9B_TOKENS = 12288
"""Width of what its transformer reads: three layers of a text encoder 4096 wide."""


def contents_of(file: Path) -> Contents:
    """What a safetensors file holds. Reads its header alone.

    Raises:
        imgen.errors.Invalid: weights that this engine cannot paint with, and what they are.
        imgen.errors.Unavailable: it is cut off, or cannot be opened.
    """
    header = read_header(file)
    try:
        told = _told(header)
    except IndexError:  # a known name, and another number of sides
        raise Invalid(f"{file.name} holds tensors of unknown shapes") from None
    if isinstance(told, str):
        raise Invalid(f"{file.name} {told}")
    return told


@lru_cache(maxsize=64)
def _told(header: Header) -> Contents | str:
    """What a file with this header holds, or why nothing here paints with it."""
    shapes = header.shapes
    bare = {name.removeprefix(PREFIX): shape for name, shape in shapes.items()}
    if wrong := _wrong(bare):
        return wrong
    kind = _kind(bare)
    starts = kind.encoders if kind else (*_LDM_CLIP, *_LDM_OPEN_CLIP, *_FLUX_ENCODERS)
    found = [any(name.startswith(start) for name in shapes) for start in starts]
    return Contents(
        kind=kind,
        has_encoders=bool(found) and (all(found) if kind else any(found)),
        has_vae=any(name.startswith(_VAE) for name in shapes),
        scheduler_options=_V_PREDICTION if V_PREDICTION_MARKS[0] in bare else {},
    )


def _kind(bare: _Shapes) -> Kind | None:
    return next((found for tell in _TELLS if (found := tell(bare))), None)


def _original_unet(bare: _Shapes) -> Kind | None:
    if "input_blocks.0.0.weight" not in bare:
        return None
    if "label_emb.0.0.weight" in bare:
        return SDXL
    context = bare.get("input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", (0,))[-1]
    if context == 1024 or any(name.startswith(_LDM_OPEN_CLIP) for name in bare):
        return SD2
    return SD15


def _diffusers_unet(bare: _Shapes) -> Kind | None:
    if not {"conv_in.weight", "time_embedding.linear_1.weight"} <= bare.keys():
        return None
    if "add_embedding.linear_1.weight" in bare:
        return SDXL
    context = bare.get("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", (0,))
    return SD2 if context[-1] == 1024 else SD15


def _flux2(bare: _Shapes) -> Kind | None:
    if "single_stream_modulation.lin.weight" in bare:
        guided, reads = "guidance_in.in_layer.weight", "txt_in.weight"
    elif "single_stream_modulation.linear.weight" in bare:
        guided = "time_guidance_embed.guidance_embedder.linear_1.weight"
        reads = "context_embedder.weight"
    else:
        return None
    if guided in bare:
        return FLUX2_DEV
    return KLEIN_9B if bare.get(reads, (0,))[-1] == _KLEIN_9B_TOKENS else KLEIN_4B


def _flux(bare: _Shapes) -> Kind | None:
    if {"single_blocks.0.modulation.lin.weight", "vector_in.in_layer.weight"} <= bare.keys():
        guided = "guidance_in.in_layer.weight"
    elif {
        "single_transformer_blocks.0.proj_mlp.weight",
        "time_text_embed.text_embedder.linear_1.weight",
    } <= bare.keys():
        guided = "time_text_embed.guidance_embedder.linear_1.weight"
    else:
        return None
    return FLUX_DEV if guided in bare else FLUX_SCHNELL


def _qwen_image(bare: _Shapes) -> Kind | None:
    named = {"txt_norm.weight", "transformer_blocks.0.img_mod.1.weight"} <= bare.keys()
    return QWEN_IMAGE if named else None


def _z_image(bare: _Shapes) -> Kind | None:
    named = {"layers.0.adaLN_modulation.0.weight", "cap_embedder.0.weight"} <= bare.keys()
    return Z_IMAGE if named else None


_TELLS: tuple[Callable[[_Shapes], Kind | None], ...] = (
    _original_unet,
    _diffusers_unet,
    _flux2,
    _flux,
    _qwen_image,
    _z_image,
)

_SCALED = ("scaled_fp8", ".scale_weight", ".weight_scale", ".comfy_quant", ".quant_state.")
"""In names of files whose weights mean something only together with scales of their own."""


def _wrong(bare: _Shapes) -> str:
    """What weights are that nothing here paints with; empty: they may do."""
    if any(mark in name for name in bare for mark in _SCALED):
        return (
            "holds weights that were quantised with scales of their own, which diffusers cannot "
            "read; take a 16-bit file and options.quantisation"
        )
    if any(".lora_" in name or name.startswith("lora_") for name in bare):
        return "is a LoRA: name it as options.lora, or as the lora of a character or style"
    if any(name.startswith(("control_model.", "controlnet_cond_embedding.")) for name in bare):
        return "is a ControlNet: name it in options.controlnets"
    if "distilled_guidance_layer.in_proj.bias" in bare:
        return "is of the family Chroma, which this engine does not have"
    if any(name.startswith("joint_blocks.") for name in bare):
        return "is of the family Stable Diffusion 3, which this engine does not have"
    return _wrong_input(bare)


def _wrong_input(bare: _Shapes) -> str:
    """Relatives of known architectures that read something besides noise and words."""
    if any(name.startswith("conditioner.embedders.0.model.") for name in bare):
        return "is the refiner of SDXL, which does not paint by itself"
    unet = bare.get("input_blocks.0.0.weight") or bare.get("conv_in.weight") or (0, 4)
    if unet[1] in {8, 9}:
        return (
            f"is made for inpainting or editing alone (its unet reads {unet[1]} channels): take "
            "the model's ordinary file, which does inpaint"
        )
    if "vector_in.in_layer.weight" in bare and bare.get("img_in.weight", (0, 64))[1] in {128, 384}:
        return "is a FLUX.1 tool (Fill, Depth or Canny), which this engine does not have"
    return ""
