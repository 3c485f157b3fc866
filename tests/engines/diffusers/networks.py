"""Small real networks: super-resolution for spandrel, matting in ONNX, eyes of transformers."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import diffusers
import numpy as np
import onnx
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file


@contextlib.contextmanager
def without_torchvision() -> Iterator[None]:
    """Import spandrel where torchvision has no build for the torch that is here.

    Two of its architectures name torchvision as they are imported; upscalers never call it.
    """
    if "spandrel" in sys.modules:
        yield
        return
    names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    modules = {name: ModuleType(name) for name in names}
    functional = modules["torchvision.transforms.functional"]
    for name in ("InterpolationMode", "rotate", "normalize"):
        setattr(functional, name, None)
    try:
        import_module("torchvision")
    except (ImportError, RuntimeError):
        sys.modules.update(modules)
        try:
            import spandrel  # noqa: F401
        finally:
            for name in names:
                sys.modules.pop(name, None)
    yield


_UPSCALERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ESRGAN": ("ESRGAN.__arch.RRDB", "RRDBNet", {"num_filters": 8, "num_blocks": 1, "scale": 2}),
    "RealESRGAN x2": (
        "ESRGAN.__arch.RRDB",
        "RRDBNet",
        {"num_filters": 8, "num_blocks": 1, "scale": 2, "shuffle_factor": 2},
    ),
    "Compact": (
        "Compact.__arch.SRVGG",
        "SRVGGNetCompact",
        {"num_feat": 8, "num_conv": 2, "upscale": 4},
    ),
    "SwinIR": (
        "SwinIR.__arch.SwinIR",
        "SwinIR",
        {"upscale": 4, "window_size": 8, "upsampler": "nearest+conv", "mlp_ratio": 2},
    ),
    "Swin2SR": (
        "Swin2SR.__arch.Swin2SR",
        "Swin2SR",
        {"upscale": 2, "window_size": 8, "upsampler": "pixelshuffle", "mlp_ratio": 2},
    ),
    "DAT": (
        "DAT.__arch.DAT",
        "DAT",
        {"upscale": 4, "split_size": [8, 16], "depth": [2], "upsampler": "pixelshuffle"},
    ),
    "HAT": (
        "HAT.__arch.HAT",
        "HAT",
        {"upscale": 4, "window_size": 16, "upsampler": "pixelshuffle", "squeeze_factor": 8},
    ),
    "SPAN": (
        "SPAN.__arch.span",
        "SPAN",
        {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8, "upscale": 4},
    ),
    "RealPLKSR": (
        "PLKSR.__arch.RealPLKSR",
        "RealPLKSR",
        {"dim": 8, "n_blocks": 1, "upscaling_factor": 4},
    ),
    "OmniSR": (
        "OmniSR.__arch.OmniSR",
        "OmniSR",
        {"num_feat": 16, "res_num": 1, "up_scale": 4, "block_num": 1, "window_size": 8},
    ),
}
"""Name → module of spandrel, class, what makes it tiny."""
UPSCALERS = tuple(_UPSCALERS)
_WINDOWS = {"img_size": 64, "embed_dim": 16, "num_heads": [2], "resi_connection": "1conv"}


def make_upscaler(file: Path, kind: str = "ESRGAN") -> Path:
    """Tiny weights of an architecture, random."""
    module, name, how = _UPSCALERS[kind]
    with without_torchvision():
        made = getattr(import_module(f"spandrel.architectures.{module}"), name)
    if "upsampler" in how:  # made of windows
        how = {**_WINDOWS, **({} if "depth" in how else {"depths": [2]}), **how}
    torch.manual_seed(3)
    state = made(**how).state_dict()
    save_file({name: value.contiguous().clone() for name, value in state.items()}, file)
    return file


def make_matting(file: Path) -> Path:
    """Takes what is redder than it is green for the subject: a 1x1 convolution and a sigmoid."""
    weight = np.array([4.0, -4.0, 0.0], np.float32).reshape(1, 3, 1, 1)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["picture", "weight"], ["edges"]),
            helper.make_node("Sigmoid", ["edges"], ["share"]),
        ],
        "matting",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("share", TensorProto.FLOAT, [1, 1, 64, 64])],
        [numpy_helper.from_array(weight, "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, str(file))
    return file


def make_union(weights: Path, folder: Path) -> Path:
    """A ControlNet for several kinds, for the tiny SDXL."""
    torch.manual_seed(9)
    unet = diffusers.UNet2DConditionModel.from_pretrained(weights / "unet")
    like = diffusers.ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=(4, 4, 4, 8)
    )
    taken = inspect.signature(diffusers.ControlNetUnionModel.__init__).parameters
    config = {name: value for name, value in like.config.items() if name in taken}
    wide = {"num_trans_channel": 8, "num_proj_channel": 8, "num_trans_head": 2}
    network = diffusers.ControlNetUnionModel(**{**config, **wide})
    for name, parameter in network.named_parameters():
        if "controlnet" in name or "task" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    network.save_pretrained(folder, safe_serialization=True)
    return folder


def _save_loud(network: Any, folder: Path) -> Path:
    """With weights that are not zero where a fresh ControlNet's are."""
    for name, parameter in network.named_parameters():
        if "controlnet" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    network.save_pretrained(folder, safe_serialization=True)
    return folder


def make_flux_controlnet(folder: Path, *, modes: int | None = None) -> Path:
    """A ControlNet for the tiny FLUX, whose effect is not zero as a fresh one's would be.

    Args:
        modes: kinds of hint that it tells apart; None: it is for one.
    """
    torch.manual_seed(7)
    network = diffusers.FluxControlNetModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        num_mode=modes,
    )
    return _save_loud(network, folder)


def make_qwen_controlnet(folder: Path) -> Path:
    """A ControlNet for the tiny Qwen-Image, whose effect is not zero as a fresh one's would be."""
    torch.manual_seed(7)
    network = diffusers.QwenImageControlNetModel(
        in_channels=16,
        out_channels=4,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        axes_dims_rope=(8, 4, 4),
    )
    return _save_loud(network, folder)


def make_depth(folder: Path, **changes: object) -> Path:
    """A Depth Anything with random weights."""
    torch.manual_seed(5)
    config = transformers.DepthAnythingConfig(
        backbone_config={
            "model_type": "dinov2",
            "image_size": 28,
            "patch_size": 14,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 4,
            "num_attention_heads": 2,
            "out_indices": [1, 2, 3, 4],
            "reshape_hidden_states": False,
        },
        reassemble_hidden_size=16,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
        **changes,
    )
    network = transformers.DepthAnythingForDepthEstimation(config)
    for parameter in network.parameters():  # fresh ones are too small to tell anything
        torch.nn.init.normal_(parameter, std=0.3)
    network.save_pretrained(folder)
    transformers.DPTImageProcessorPil(
        size={"height": 56, "width": 56}, keep_aspect_ratio=True, ensure_multiple_of=14
    ).save_pretrained(folder)
    return folder


def make_zoedepth(folder: Path) -> Path:
    """A ZoeDepth with random weights."""
    torch.manual_seed(5)
    backbone = transformers.BeitConfig(
        image_size=32,
        patch_size=16,
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
    )
    bins = {"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0, "name": "nyu"}
    config = transformers.ZoeDepthConfig(
        backbone_config=backbone,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        bottleneck_features=8,
        bin_embedding_dim=8,
        num_attractors=[2, 2, 2, 2],
        num_relative_features=4,
        bin_configurations=[bins],
    )
    transformers.ZoeDepthForDepthEstimation(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    transformers.ZoeDepthImageProcessorPil(size=size).save_pretrained(folder)
    return folder


def make_pose(folder: Path, *, seen: bool = True, experts: int = 1) -> Path:
    """A VitPose with random weights, sure of every point or of none."""
    torch.manual_seed(6)
    config = transformers.VitPoseConfig(
        backbone_config={
            "model_type": "vitpose_backbone",
            "image_size": [64, 48],
            "patch_size": [16, 16],
            "hidden_size": 16,
            "part_features": 8,
            "num_experts": experts,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "mlp_ratio": 2,
            "out_indices": [2],
        },
        num_labels=17,
    )
    network = transformers.VitPoseForPoseEstimation(config)
    with torch.no_grad():
        network.head.conv.bias.fill_(1.0 if seen else -1.0)
    network.save_pretrained(folder)
    transformers.VitPoseImageProcessorPil(size={"height": 64, "width": 48}).save_pretrained(folder)
    return folder


def make_people(folder: Path, *, sees: str = "person") -> Path:
    """An RT-DETR with random weights that takes four places for one kind of thing."""
    torch.manual_seed(8)
    names = ["person", "kite"]
    config = transformers.RTDetrConfig(
        backbone_config={
            "model_type": "rt_detr_resnet",
            "embedding_size": 8,
            "hidden_sizes": [8, 8, 8, 8],
            "depths": [1, 1, 1, 1],
            "layer_type": "basic",
            "out_features": ["stage2", "stage3", "stage4"],
        },
        encoder_hidden_dim=16,
        encoder_in_channels=[8, 8, 8],
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        d_model=16,
        num_queries=4,
        decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_n_points=2,
        num_denoising=0,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
    )
    network = transformers.RTDetrForObjectDetection(config)
    sure = torch.tensor([4.0 if name == sees else -4.0 for name in names])
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "class_embed" in name and name.endswith("bias"):
                parameter.copy_(sure)
    network.save_pretrained(folder)
    transformers.RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder
