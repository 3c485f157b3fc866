"""Pipelines of the published architectures at full size, with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors.torch import save_file

from tests.engines.diffusers.tiny import byte_tokenizer, clip_tokenizer

_VAE: dict[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "sample_size": 1024,
}
_ADAPTED = ("to_q", "to_k", "to_v", "to_out.0")


def pipeline(name: str, folder: Path, device: str) -> Any:
    """`sdxl` or `flux-schnell` in bf16; on the device `meta`, it takes no memory.

    Args:
        folder: a new one, for the tokenizer's files.
    """
    read = clip_tokenizer(folder)
    scheduler = _scheduler(name)  # it computes with its tables: on the CPU, in full precision
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            return _sdxl(read, scheduler) if name == "sdxl" else _flux(read, scheduler)
    finally:
        torch.set_default_dtype(torch.float32)


def full_size(name: str, folder: Path, device: str) -> Path:
    """A folder with such a pipeline: 7 GB for `sdxl`, 34 GB for `flux-schnell`."""
    pipe = pipeline(name, folder.with_suffix(".parts"), device)
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def make_lora(denoiser: Any, part: str, file: Path, *, seed: int) -> Path:
    """A LoRA of rank 16 over the attention of a denoiser, small as a trained one's values are."""
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, layer in denoiser.named_modules():
        if name.endswith(_ADAPTED) and hasattr(layer, "in_features"):
            shapes = {"A": (16, layer.in_features), "B": (layer.out_features, 16)}
            for matrix, shape in shapes.items():
                values = torch.randn(shape, generator=random) * 0.02
                tensors[f"{part}.{name}.lora_{matrix}.weight"] = values.to(torch.bfloat16)
    save_file(tensors, file)
    return file


def _clip(read: Any, width: int, layers: int) -> Any:
    return transformers.CLIPTextConfig(
        vocab_size=49408,
        max_position_embeddings=77,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        projection_dim=width,
        eos_token_id=read.eos_token_id,
    )


def _scheduler(name: str) -> Any:
    if name == "sdxl":
        return diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        )
    return diffusers.FlowMatchEulerDiscreteScheduler()


def _sdxl(read: Any, scheduler: Any) -> Any:
    return diffusers.StableDiffusionXLPipeline(
        vae=diffusers.AutoencoderKL(latent_channels=4, scaling_factor=0.13025, **_VAE),
        text_encoder=transformers.CLIPTextModel(_clip(read, 768, 12)),
        text_encoder_2=transformers.CLIPTextModelWithProjection(_clip(read, 1280, 32)),
        tokenizer=read,
        tokenizer_2=read,
        unet=diffusers.UNet2DConditionModel(
            sample_size=128,
            block_out_channels=(320, 640, 1280),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=2,
            transformer_layers_per_block=(1, 2, 10),
            attention_head_dim=(5, 10, 20),
            cross_attention_dim=2048,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        ),
        scheduler=scheduler,
    )


def _flux(read: Any, scheduler: Any) -> Any:
    t5 = transformers.T5Config(
        d_model=4096,
        d_ff=10240,
        d_kv=64,
        num_heads=64,
        num_layers=24,
        feed_forward_proj="gated-gelu",
        vocab_size=32128,
    )
    vae = diffusers.AutoencoderKL(
        latent_channels=16,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **_VAE,
    )
    return diffusers.FluxPipeline(
        scheduler=scheduler,
        vae=vae,
        text_encoder=transformers.CLIPTextModel(_clip(read, 768, 12)),
        tokenizer=read,
        text_encoder_2=transformers.T5EncoderModel(t5),
        tokenizer_2=byte_tokenizer(),
        transformer=diffusers.FluxTransformer2DModel(guidance_embeds=False),
    )
