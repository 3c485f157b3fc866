"""Pipelines of every family with tiny random weights, saved as an operator's would be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

_ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
_TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"


def clip_tokenizer(folder: Path) -> Any:
    """One token for each byte: long prompts are made quickly."""
    words = [*_ALPHABET, *(f"{one}</w>" for one in _ALPHABET), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return transformers.CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )


def byte_tokenizer() -> Any:
    """As language models have them: byte-level, with a chat template."""
    words = {word: at for at, word in enumerate(["<pad>", "</s>", "<unk>", *_ALPHABET])}
    tokenizer = Tokenizer(models.BPE(words, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=_TEMPLATE,
    )


def _clip_encoder(tokenizer: Any, *, projected: bool = False, width: int = 32) -> Any:
    config = transformers.CLIPTextConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        hidden_size=width,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=3,
        vocab_size=len(tokenizer),
        hidden_act="gelu",
        projection_dim=32,
    )
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return kind(config)


def _vae(channels: int = 4, **changes: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=[8, 8, 8, 16],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=64,
        **changes,
    )


def _unet(**changes: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        norm_num_groups=4,
        **{
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 32,
            **changes,
        },
    )


def _sd15(folder: Path, **unet: Any) -> Any:
    tokenizer = clip_tokenizer(folder / "made")
    return diffusers.StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=_clip_encoder(tokenizer),
        tokenizer=tokenizer,
        unet=_unet(**unet),
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def make_controlnet(weights: Path, folder: Path) -> Path:
    """A ControlNet for a tiny unet, whose effect is not zero as a fresh one's would be."""
    torch.manual_seed(7)
    unet = diffusers.UNet2DConditionModel.from_pretrained(weights / "unet")
    net = diffusers.ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=(4, 4, 4, 8)
    )
    for name, parameter in net.named_parameters():
        if "controlnet" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    net.save_pretrained(folder, safe_serialization=True)
    return folder


def _lcm(folder: Path) -> Any:
    return _sd15(folder, time_cond_proj_dim=32)


def _sdxl(folder: Path) -> Any:
    tokenizer = clip_tokenizer(folder / "made")
    return diffusers.StableDiffusionXLPipeline(
        vae=_vae(),
        text_encoder=_clip_encoder(tokenizer),
        text_encoder_2=_clip_encoder(tokenizer, projected=True, width=40),
        tokenizer=tokenizer,
        tokenizer_2=clip_tokenizer(folder / "made_2"),
        unet=_unet(
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 2),
            projection_class_embeddings_input_dim=80,
            cross_attention_dim=32 + 40,
        ),
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        ),
    )


def _flux(folder: Path, *, guided: bool = True) -> Any:
    tokenizer = clip_tokenizer(folder / "made")
    second = byte_tokenizer()
    t5 = transformers.T5Config(
        d_model=32, d_ff=37, d_kv=8, num_heads=4, num_layers=2, vocab_size=len(second)
    )
    return diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_vae(4, shift_factor=0.06, scaling_factor=1.5),
        text_encoder=_clip_encoder(tokenizer),
        tokenizer=tokenizer,
        text_encoder_2=transformers.T5EncoderModel(t5),
        tokenizer_2=second,
        transformer=diffusers.FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=[4, 4, 8],
            guidance_embeds=guided,
        ),
    )


def _schnell(folder: Path) -> Any:
    return _flux(folder, guided=False)


def _language_model(tokenizer: Any, *, width: int, layers: int) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
    }


def _qwen3(tokenizer: Any, *, width: int, layers: int) -> Any:
    return transformers.Qwen3Config(
        **_language_model(tokenizer, width=width, layers=layers),
        head_dim=width // 2,
        max_position_embeddings=512,
    )


def _flux2_parts(width: int) -> dict[str, Any]:
    return {
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
        "vae": diffusers.AutoencoderKLFlux2(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
            use_quant_conv=False,
            use_post_quant_conv=False,
            sample_size=64,
        ),
        "transformer": diffusers.Flux2Transformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * width,
            timestep_guidance_channels=256,
            axes_dims_rope=[4, 4, 4, 4],
            guidance_embeds=False,
        ),
    }


def _flux2_klein(folder: Path) -> Any:
    tokenizer = byte_tokenizer()
    return diffusers.Flux2KleinPipeline(
        text_encoder=transformers.Qwen3ForCausalLM(_qwen3(tokenizer, width=8, layers=28)),
        tokenizer=tokenizer,
        is_distilled=True,
        **_flux2_parts(8),
    )


def _flux2_dev(folder: Path) -> Any:
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = _TEMPLATE.replace("['content']", "['content'][0]['text']")
    config = transformers.Mistral3Config(
        text_config={
            "model_type": "mistral",
            **_language_model(tokenizer, width=8, layers=31),
            "head_dim": 4,
            "max_position_embeddings": 512,
        },
        vision_config={
            "model_type": "pixtral",
            "hidden_size": 8,
            "intermediate_size": 8,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
    )
    return diffusers.Flux2Pipeline(
        text_encoder=transformers.Mistral3ForConditionalGeneration(config),
        tokenizer=tokenizer,
        **_flux2_parts(8),
    )


def _qwen_image(folder: Path) -> Any:
    tokenizer = byte_tokenizer()
    config = transformers.Qwen2_5_VLConfig(
        text_config={
            **_language_model(tokenizer, width=16, layers=2),
            "rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
            "rope_theta": 1000000.0,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
        },
    )
    return diffusers.QwenImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLQwenImage(
            base_dim=12,
            z_dim=4,
            dim_mult=[1, 2, 4],
            num_res_blocks=1,
            temperal_downsample=[False, True],
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        text_encoder=transformers.Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=tokenizer,
        transformer=diffusers.QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            guidance_embeds=False,
            axes_dims_rope=(8, 4, 4),
        ),
    )


def _z_image(folder: Path) -> Any:
    tokenizer = byte_tokenizer()
    transformer = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=16,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 128, 128],
    )
    with torch.no_grad():  # made empty there: what happens to be in memory
        transformer.x_pad_token.fill_(1)
        transformer.cap_pad_token.fill_(1)
    return diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_vae(16, shift_factor=0.12, scaling_factor=0.36),
        text_encoder=transformers.Qwen3Model(_qwen3(tokenizer, width=16, layers=2)),
        tokenizer=tokenizer,
        transformer=transformer,
    )


MAKERS: Mapping[str, Callable[[Path], Any]] = {
    "sd15": _sd15,
    "lcm": _lcm,
    "sdxl": _sdxl,
    "flux-dev": _flux,
    "flux-schnell": _schnell,
    "flux2-klein": _flux2_klein,
    "flux2-dev": _flux2_dev,
    "qwen-image": _qwen_image,
    "z-image": _z_image,
}
"""Name → what makes it."""


def make_weights(name: str, folder: Path) -> Path:
    """A folder with a pipeline's safetensors; equal for equal names."""
    torch.manual_seed(sum(name.encode()))
    pipe = MAKERS[name](folder.with_suffix(".parts"))
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def make_lora(weights: Path, file: Path, *, seed: int, rank: int = 2) -> Path:
    """A LoRA over the attention of a model's denoiser, large enough to be seen."""
    unet = (weights / "unet").is_dir()
    part = "unet" if unet else "transformer"
    kinds = json.loads((weights / part / "config.json").read_text())
    module = getattr(diffusers, kinds["_class_name"]).from_pretrained(weights / part)
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, layer in module.named_modules():
        if name.endswith(("to_q", "to_k", "to_v", "to_out.0")) and hasattr(layer, "in_features"):
            key = f"{part}.{name}"
            tensors[f"{key}.lora_A.weight"] = torch.randn(rank, layer.in_features, generator=random)
            tensors[f"{key}.lora_B.weight"] = torch.randn(
                layer.out_features, rank, generator=random
            )
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    return file
