"""Single files in the layout of a model's first authors, made from folders of diffusers.

The inverse of what diffusers does when it reads such a file: the names are facts of those layouts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

Tensors = dict[str, Any]
PREFIX = "model.diffusion_model."
_UNET = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "add_embedding.linear_1.": "label_emb.0.0.",
    "add_embedding.linear_2.": "label_emb.0.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
}
_RESNET = {
    "norm1.": "in_layers.0.",
    "conv1.": "in_layers.2.",
    "time_emb_proj.": "emb_layers.1.",
    "norm2.": "out_layers.0.",
    "conv2.": "out_layers.3.",
    "conv_shortcut.": "skip_connection.",
}
_VAE = {
    "conv_norm_out.": "norm_out.",
    "mid_block.resnets.0.": "mid.block_1.",
    "mid_block.resnets.1.": "mid.block_2.",
    "mid_block.attentions.0.": "mid.attn_1.",
    "group_norm.": "norm.",
    "to_q.": "q.",
    "to_k.": "k.",
    "to_v.": "v.",
    "to_out.0.": "proj_out.",
    "conv_shortcut.": "nin_shortcut.",
}
_OPEN_CLIP = {
    "text_model.encoder.layers.": "transformer.resblocks.",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.embeddings.token_embedding.": "token_embedding.",
    "text_model.final_layer_norm.": "ln_final.",
    "layer_norm1.": "ln_1.",
    "layer_norm2.": "ln_2.",
    "mlp.fc1.": "mlp.c_fc.",
    "mlp.fc2.": "mlp.c_proj.",
    "self_attn.out_proj.": "attn.out_proj.",
}


def _replaced(name: str, table: Mapping[str, str]) -> str:
    for old, new in table.items():
        name = name.replace(old, new)
    return name


def part(folder: Path, name: str) -> Tensors:
    """The tensors of one component."""
    read: Tensors = load_file(next((folder / name).glob("*.safetensors")))
    return read


def _config(folder: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / name / "config.json").read_text())
    return read


def original_unet(folder: Path) -> Tensors:
    """Without the prefix of a whole checkpoint."""
    layers = int(_config(folder, "unet")["layers_per_block"])
    tensors = part(folder, "unet")
    attended = {found[0] for name in tensors if (found := re.match(r"up_blocks\.\d+\.att", name))}
    return {_unet_name(name, layers, attended): tensor for name, tensor in tensors.items()}


def _unet_name(name: str, layers: int, attended: set[str]) -> str:
    found = re.match(
        r"(down|up)_blocks\.(\d+)\.(resnets|attentions|\w+samplers)\.(\d+)\.(.*)", name
    )
    if found is None:
        for start, new in _UNET.items():
            if name.startswith(start):
                rest = name.removeprefix(start)
                return new + (_replaced(rest, _RESNET) if "resnets" in start else rest)
        raise KeyError(name)
    way, block, kind, layer, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    at = block * (layers + 1) + layer + (way == "down")
    blocks = "input_blocks" if way == "down" else "output_blocks"
    if kind == "downsamplers":
        return f"{blocks}.{(block + 1) * (layers + 1)}.0.op.{rest.removeprefix('conv.')}"
    if kind == "upsamplers":
        place = 2 if f"up_blocks.{block}.att" in attended else 1
        return f"{blocks}.{(block + 1) * (layers + 1) - 1}.{place}.{rest}"
    if kind == "attentions":
        return f"{blocks}.{at}.1.{rest}"
    return f"{blocks}.{at}.0.{_replaced(rest, _RESNET)}"


def original_vae(folder: Path) -> Tensors:
    """The VAE of SD 1.5 and SDXL: its attention was made of convolutions."""
    count = len(_config(folder, "vae")["up_block_types"])
    found: Tensors = {}
    for name, tensor in part(folder, "vae").items():
        new = _replaced(name, _VAE)
        new = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", new)
        new = re.sub(r"down_blocks\.(\d)\.downsamplers\.0\.", r"down.\1.downsample.", new)
        new = re.sub(r"up_blocks\.(\d)", lambda at: f"up.{count - 1 - int(at[1])}", new)
        new = new.replace(".resnets.", ".block.").replace(".upsamplers.0.", ".upsample.")
        is_matrix = "attn_1" in new and tensor.ndim == 2
        found[new] = tensor[:, :, None, None] if is_matrix else tensor
    return found


def original_open_clip(folder: Path, name: str) -> Tensors:
    """An encoder as OpenCLIP saves it: queries, keys and values in one matrix."""
    found: Tensors = {}
    tensors = part(folder, name)
    for old, tensor in tensors.items():
        if old == "text_projection.weight":
            found["text_projection"] = tensor.T.contiguous()
        elif ".q_proj." in old:
            kind = old.rsplit(".", 1)[1]
            three = [tensors[old.replace(".q_proj.", f".{one}_proj.")] for one in "qkv"]
            start = _replaced(old.split("self_attn")[0], _OPEN_CLIP)
            found[f"{start}attn.in_proj_{kind}"] = torch.cat(three)
        elif not re.search(r"\.[kv]_proj\.", old):
            found[_replaced(old, _OPEN_CLIP)] = tensor
    return found


def _clip(folder: Path) -> Tensors:
    return {
        name if name.startswith("text_model.") else f"text_model.{name}": tensor
        for name, tensor in part(folder, "text_encoder").items()
    }


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def save(tensors: Tensors, file: Path, dtype: Any = None) -> Path:
    """One safetensors file, in another number format if one is named."""
    save_file(
        {name: tensor.to(dtype or tensor.dtype).contiguous() for name, tensor in tensors.items()},
        file,
        metadata={"format": "pt"},
    )
    return file


def sd15_checkpoint(folder: Path) -> Tensors:
    """A whole SD 1.5 checkpoint."""
    return {
        **_under(PREFIX, original_unet(folder)),
        **_under("first_stage_model.", original_vae(folder)),
        **_under("cond_stage_model.transformer.", _clip(folder)),
    }


def sdxl_checkpoint(folder: Path) -> Tensors:
    """A whole SDXL checkpoint."""
    second = original_open_clip(folder, "text_encoder_2")
    return {
        **_under(PREFIX, original_unet(folder)),
        **_under("first_stage_model.", original_vae(folder)),
        **_under("conditioner.embedders.0.transformer.", _clip(folder)),
        **_under("conditioner.embedders.1.model.", second),
    }


_FLUX = {
    "time_text_embed.timestep_embedder.linear_1.": "time_in.in_layer.",
    "time_text_embed.timestep_embedder.linear_2.": "time_in.out_layer.",
    "time_text_embed.text_embedder.linear_1.": "vector_in.in_layer.",
    "time_text_embed.text_embedder.linear_2.": "vector_in.out_layer.",
    "time_text_embed.guidance_embedder.linear_1.": "guidance_in.in_layer.",
    "time_text_embed.guidance_embedder.linear_2.": "guidance_in.out_layer.",
    "context_embedder.": "txt_in.",
    "x_embedder.": "img_in.",
    "norm_out.linear.": "final_layer.adaLN_modulation.1.",
}
_FLUX_DOUBLE = {
    "norm1.linear.": "img_mod.lin.",
    "norm1_context.linear.": "txt_mod.lin.",
    "ff.net.0.proj.": "img_mlp.0.",
    "ff.net.2.": "img_mlp.2.",
    "ff_context.net.0.proj.": "txt_mlp.0.",
    "ff_context.net.2.": "txt_mlp.2.",
    "attn.norm_q.weight": "img_attn.norm.query_norm.scale",
    "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
    "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale",
    "attn.to_out.0.": "img_attn.proj.",
    "attn.to_add_out.": "txt_attn.proj.",
}
_FLUX_SINGLE = {
    "norm.linear.": "modulation.lin.",
    "attn.norm_q.weight": "norm.query_norm.scale",
    "attn.norm_k.weight": "norm.key_norm.scale",
    "proj_out.": "linear2.",
}


def original_flux(folder: Path) -> Tensors:
    """The transformer of FLUX.1 as its authors saved it."""
    tensors = part(folder, "transformer")
    found: Tensors = {}
    for name, tensor in tensors.items():
        start, _, rest = name.partition("transformer_blocks.")
        if not rest:
            found |= _flux_end(name, tensor)
            continue
        number, _, inner = rest.partition(".")
        kind = inner.rsplit(".", 1)[1]
        fused = (
            {"attn.to_q.": ("to_q", "to_k", "to_v", "mlp")}
            if start
            else {
                "attn.to_q.": ("to_q", "to_k", "to_v"),
                "attn.add_q_proj.": ("add_q_proj", "add_k_proj", "add_v_proj"),
            }
        )
        first = next((names for begin, names in fused.items() if inner.startswith(begin)), None)
        if first is not None:
            under = f"{start}transformer_blocks.{number}."
            parts = [
                tensors[under + ("proj_mlp." if one == "mlp" else f"attn.{one}.") + kind]
                for one in first
            ]
            stream = "txt_attn" if first[0] == "add_q_proj" else "img_attn"
            new = f"single_blocks.{number}.linear1.{kind}"
            if not start:
                new = f"double_blocks.{number}.{stream}.qkv.{kind}"
            found[new] = torch.cat(parts)
        elif not re.match(r"attn\.(to_[kv]|add_[kv]_proj)\.|proj_mlp\.", inner):
            table = _FLUX_SINGLE if start else _FLUX_DOUBLE
            blocks = "single_blocks" if start else "double_blocks"
            found[f"{blocks}.{number}.{_replaced(inner, table)}"] = tensor
    return found


def _flux_end(name: str, tensor: Any) -> Tensors:
    if name.startswith("norm_out."):  # scale and shift stand the other way round there
        scale, shift = tensor.chunk(2)
        tensor = torch.cat([shift, scale])
    if name.startswith("proj_out."):
        return {name.replace("proj_out.", "final_layer.linear."): tensor}
    return {_replaced(name, _FLUX): tensor}


def flux_checkpoint(folder: Path) -> Tensors:
    """All of FLUX.1 in one file, as it is given out for graph tools."""
    t5 = part(folder, "text_encoder_2")
    return {
        **_under(PREFIX, original_flux(folder)),
        **_under("vae.", original_vae(folder)),
        **_under("text_encoders.clip_l.transformer.", _clip(folder)),
        **_under("text_encoders.t5xxl.transformer.", t5),
    }


_FLUX2 = {
    "double_stream_modulation_img.linear.": "double_stream_modulation_img.lin.",
    "double_stream_modulation_txt.linear.": "double_stream_modulation_txt.lin.",
    "single_stream_modulation.linear.": "single_stream_modulation.lin.",
    "time_guidance_embed.timestep_embedder.linear_1.": "time_in.in_layer.",
    "time_guidance_embed.timestep_embedder.linear_2.": "time_in.out_layer.",
    "time_guidance_embed.guidance_embedder.linear_1.": "guidance_in.in_layer.",
    "time_guidance_embed.guidance_embedder.linear_2.": "guidance_in.out_layer.",
    "single_transformer_blocks.": "single_blocks.",
    "transformer_blocks.": "double_blocks.",
    "attn.to_qkv_mlp_proj.": "linear1.",
    "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale",
    "attn.to_out.0.": "img_attn.proj.",
    "attn.to_add_out.": "txt_attn.proj.",
    "ff_context.linear_in.": "txt_mlp.0.",
    "ff_context.linear_out.": "txt_mlp.2.",
    "ff.linear_in.": "img_mlp.0.",
    "ff.linear_out.": "img_mlp.2.",
    "context_embedder.": "txt_in.",
    "x_embedder.": "img_in.",
    "norm_out.linear.": "final_layer.adaLN_modulation.1.",
}
_FUSED = {
    "attn.to_q.": ("img_attn.qkv.", "attn.to_k.", "attn.to_v."),
    "attn.add_q_proj.": ("txt_attn.qkv.", "attn.add_k_proj.", "attn.add_v_proj."),
}


def original_flux2(folder: Path) -> Tensors:
    """The transformer of FLUX.2 as its authors saved it."""
    tensors = part(folder, "transformer")
    found: Tensors = {}
    for name, tensor in tensors.items():
        fused = next((one for one in _FUSED if f".{one}" in name), "")
        single = name.startswith("single_")
        if fused:
            new, second, third = _FUSED[fused]
            three = [tensor, *(tensors[name.replace(fused, one)] for one in (second, third))]
            found[_replaced(name.replace(fused, new), _FLUX2)] = torch.cat(three)
        elif re.search(r"attn\.(to_[kv]|add_[kv]_proj)\.", name):
            continue
        elif name.startswith("proj_out."):
            found[name.replace("proj_out.", "final_layer.linear.")] = tensor
        elif name.startswith("norm_out."):
            found |= _flux_end(name, tensor)
        else:
            under = "norm." if single else "img_attn.norm."
            new = re.sub(r"attn\.norm_q\.weight", f"{under}query_norm.scale", name)
            new = re.sub(r"attn\.norm_k\.weight", f"{under}key_norm.scale", new)
            if single:
                new = new.replace("attn.to_out.", "linear2.")
            found[_replaced(new, _FLUX2)] = tensor
    return found


_Z_IMAGE = {
    "all_final_layer.2-1.": "final_layer.",
    "all_x_embedder.2-1.": "x_embedder.",
    ".attention.to_out.0.": ".attention.out.",
    ".attention.norm_q.": ".attention.q_norm.",
    ".attention.norm_k.": ".attention.k_norm.",
}


def original_z_image(folder: Path) -> Tensors:
    """The transformer of Z-Image as its authors saved it: queries, keys and values in one."""
    tensors = part(folder, "transformer")
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name.endswith(".attention.to_q.weight"):
            three = [tensors[name.replace(".to_q.", f".to_{one}.")] for one in "qkv"]
            found[name.replace(".to_q.", ".qkv.")] = torch.cat(three)
        elif not name.endswith((".to_k.weight", ".to_v.weight")):
            found[_replaced(name, _Z_IMAGE)] = tensor
    return found
