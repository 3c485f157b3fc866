from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.engines.diffusers.files.contents import DENOISERS, contents_of
from imgen.engines.diffusers.files.header import read_header
from imgen.errors import ImgenError, Invalid, Unavailable
from tests.engines.diffusers.headers import Shapes, safetensors, sparse

_BEFORE = "model.diffusion_model."
_UNET = {
    "input_blocks.0.0.weight": (320, 4, 3, 3),
    "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
}
_XL = {"input_blocks.0.0.weight": (320, 4, 3, 3), "label_emb.0.0.weight": (1280, 2816)}
_VAE = {"first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3)}
_CLIP = "transformer.text_model.embeddings.position_embedding.weight"
_CLIP_15 = {f"cond_stage_model.{_CLIP}": (77, 768)}
_CLIP_XL = {
    f"conditioner.embedders.0.{_CLIP}": (77, 768),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
}
_FLUX = {
    "double_blocks.0.img_attn.norm.key_norm.scale": (128,),
    "img_in.weight": (3072, 64),
    "single_blocks.0.modulation.lin.weight": (9216, 3072),
    "vector_in.in_layer.weight": (3072, 768),
}
_GUIDED = {"guidance_in.in_layer.weight": (3072, 256)}
_FLUX_ENCODERS = {
    f"text_encoders.clip_l.{_CLIP}": (77, 768),
    "text_encoders.t5xxl.transformer.shared.weight": (32128, 4096),
}
_FLUX_DIFFUSERS = {
    "single_transformer_blocks.0.proj_mlp.weight": (12288, 3072),
    "time_text_embed.text_embedder.linear_1.weight": (3072, 768),
}
_UNET_DIFFUSERS = {
    "conv_in.weight": (320, 4, 3, 3),
    "time_embedding.linear_1.weight": (1280, 320),
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768),
}


def _under(shapes: Shapes) -> Shapes:
    return {_BEFORE + name: shape for name, shape in shapes.items()}


def _klein(width: int) -> Shapes:
    return {
        "single_stream_modulation.lin.weight": (9216, 3072),
        "txt_in.weight": (3072, width),
        "double_blocks.0.img_attn.norm.key_norm.scale": (128,),
    }


_ALONE = [
    ("Stable Diffusion 1.5", _UNET),
    ("Stable Diffusion 1.5", _UNET_DIFFUSERS),
    ("SDXL", _XL),
    ("SDXL", {**_UNET_DIFFUSERS, "add_embedding.linear_1.weight": (1280, 2816)}),
    ("Stable Diffusion 2", {**_UNET, [*_UNET][1]: (320, 1024)}),
    ("Stable Diffusion 2", {**_UNET_DIFFUSERS, [*_UNET_DIFFUSERS][2]: (320, 1024)}),
    ("FLUX.1 dev", {**_FLUX, **_GUIDED}),
    ("FLUX.1 schnell", _FLUX),
    ("FLUX.1 schnell", _FLUX_DIFFUSERS),
    (
        "FLUX.1 dev",
        {**_FLUX_DIFFUSERS, "time_text_embed.guidance_embedder.linear_1.weight": (3072, 256)},
    ),
    ("FLUX.2 dev", {**_klein(15360), **_GUIDED}),
    ("FLUX.2 klein 4B", _klein(7680)),
    ("FLUX.2 klein 9B", _klein(12288)),
    (
        "Qwen-Image",
        {"txt_norm.weight": (3584,), "transformer_blocks.0.img_mod.1.weight": (18432, 3072)},
    ),
    (
        "Z-Image",
        {"layers.0.adaLN_modulation.0.weight": (15360, 256), "cap_embedder.0.weight": (2560,)},
    ),
]


@pytest.mark.parametrize(("label", "shapes"), _ALONE)
@pytest.mark.parametrize("prefixed", [False, True])
def test_the_kind_of_a_denoiser_is_told_by_its_names(
    label: str, shapes: Shapes, prefixed: bool, tmp_path: Path
) -> None:
    file = sparse(tmp_path / "one.safetensors", _under(shapes) if prefixed else shapes)
    found = contents_of(file)
    assert found.kind is not None
    assert found.kind.label == label
    assert found.is_denoiser
    assert found.parts == DENOISERS


@pytest.mark.parametrize(
    ("label", "shapes", "lacks"),
    [
        ("Stable Diffusion 1.5", {**_under(_UNET), **_VAE, **_CLIP_15}, ""),
        ("Stable Diffusion 1.5", {**_under(_UNET), **_CLIP_15}, "vae"),
        ("SDXL", {**_under(_XL), **_VAE, **_CLIP_XL}, ""),
        ("FLUX.1 schnell", {**_under(_FLUX), "vae.decoder.x": (1,), **_FLUX_ENCODERS}, ""),
    ],
)
def test_a_whole_checkpoint_brings_its_encoders_and_mostly_its_vae(
    label: str, shapes: Shapes, lacks: str, tmp_path: Path
) -> None:
    found = contents_of(sparse(tmp_path / "one.safetensors", shapes))
    assert found.kind is not None
    assert found.kind.label == label
    assert not found.is_denoiser
    assert "text_encoder" in found.parts
    assert ("vae" in found.parts) is (lacks != "vae")


def test_encoders_that_diffusers_cannot_read_from_the_file_count_as_missing(tmp_path: Path) -> None:
    half = {name: shape for name, shape in _CLIP_XL.items() if "embedders.0" in name}
    found = contents_of(sparse(tmp_path / "one.safetensors", {**_under(_XL), **_VAE, **half}))
    assert found.is_denoiser


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({**_FLUX, "double_blocks.0.img_attn.qkv.scale_weight": (1,)}, "quantised with scales"),
        ({"transformer_blocks.0.ff.weight.quant_state.bitsandbytes__nf4": (9,)}, "16-bit file"),
        ({"unet.down.to_q.lora_A.weight": (4, 320)}, "is a LoRA"),
        ({"lora_unet_down_blocks_0.lora_up.weight": (4, 320)}, "is a LoRA"),
        ({"control_model.input_blocks.0.0.weight": (320, 4, 3, 3)}, "is a ControlNet"),
        ({"distilled_guidance_layer.in_proj.bias": (5,), **_FLUX}, "Chroma"),
        (_under({"joint_blocks.0.x_block.attn.qkv.weight": (4, 4)}), "Stable Diffusion 3"),
        ({"conditioner.embedders.0.model.ln_final.bias": (9,), **_under(_XL)}, "refiner"),
        (_under({"input_blocks.0.0.weight": (320, 9, 3, 3)}), "unet reads 9 channels"),
        ({**_FLUX, **_GUIDED, "img_in.weight": (3072, 384)}, "FLUX.1 tool"),
    ],
)
def test_what_this_engine_cannot_paint_with_is_named(
    shapes: Shapes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=said):
        contents_of(sparse(tmp_path / "one.safetensors", shapes))


def test_a_file_of_no_known_kind_is_left_open(tmp_path: Path) -> None:
    found = contents_of(sparse(tmp_path / "one.safetensors", {"decoder.weight": (3,)}))
    assert found.kind is None
    assert found.is_denoiser


def test_a_header_is_read_anew_when_the_file_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "one.safetensors"
    file.write_bytes(safetensors({"a": (2, 3)}))
    assert read_header(file).shapes == {"a": (2, 3)}
    file.write_bytes(safetensors({"bee": (4,)}))
    assert read_header(file).shapes == {"bee": (4,)}


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"\x80\x04\x95rest", Invalid, "is a pickle"),
        (b"PK\x03\x04rest of a zip", Invalid, "is a pickle"),
        (b"<!DOCTYPE html><html>", Invalid, "is not a safetensors file"),
        (b"\x05\0\0\0\0\0\0\0[1,2]", Invalid, "is not a safetensors file"),
        (b"", Unavailable, "has 0 bytes"),
        (safetensors()[:30], Unavailable, "has 30 bytes"),
        (safetensors()[:-1], Unavailable, f"of {len(safetensors())} bytes"),
    ],
)
def test_what_is_no_whole_safetensors_file_is_refused(
    content: bytes, kind: type[ImgenError], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "one.safetensors"
    file.write_bytes(content)
    with pytest.raises(kind, match=said):
        read_header(file)
    with pytest.raises(Unavailable, match="cannot be read"):
        read_header(tmp_path / "gone.safetensors")


@given(content=st.binary(max_size=64))
def test_any_bytes_are_a_header_or_a_refusal(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("any") / "one.safetensors"
    file.write_bytes(content)
    with suppress(ImgenError):
        assert read_header(file).end <= len(content)
