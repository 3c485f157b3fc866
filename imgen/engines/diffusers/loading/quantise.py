"""Smaller weights for a denoiser: 8-bit floats, or 8 and 4 bits through bitsandbytes.

diffusers has bitsandbytes only while it reads a folder, and only on the current GPU; and LoRAs
that come after its 8-bit floats take on a format in which nothing computes. Layers put in here,
over what was loaded, serve folders and single files, any device, and LoRAs on top.
"""

from __future__ import annotations

import logging
import re
from importlib import import_module
from typing import Any

import torch
from torch import nn

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.options import check_quantisation

_FLOAT8 = torch.float8_e4m3fn
_LARGEST = 448.0
"""Largest number of that format."""


def quantise(module: Any, kind: str, dtype: Any, device: Device) -> None:
    """Make a module's weights smaller, in place.

    Args:
        module: of diffusers, in main memory.
        kind: `fp8` (8-bit floats, rows with a scale each), `int8` (likewise), `int4` (normal
            floats, blocks of 64 with a scale each); empty: left as it is.
        dtype: torch's number format to compute in.

    Raises:
        imgen.errors.Invalid: there is no such kind.
        imgen.errors.Unavailable: the package is missing.
        torch.OutOfMemoryError: the device is too small.
    """
    check_quantisation(kind)
    if not kind:
        return
    kept = _kept_large(module)
    for name, layer in list(module.named_modules()):
        if any(re.search(pattern, name) for pattern in kept):
            continue
        smaller = _smaller(layer, kind, dtype, device)
        if smaller is not None:  # one by one: the device never holds two of them in full
            parent, _, last = name.rpartition(".")
            setattr(module.get_submodule(parent), last, smaller.eval())
    module.is_loaded_in_8bit = kind == "int8"  # so that peft knows what its LoRAs stand on
    module.is_loaded_in_4bit = kind == "int4"


def _kept_large(module: Any) -> list[str]:
    """Patterns in paths to layers that diffusers calls sensitive.

    Not `norm`, though: what has a matrix under that name is modulation, a quarter of FLUX.
    """
    in_fp32 = module._keep_in_fp32_modules or ()
    names = [in_fp32] if isinstance(in_fp32, str) else in_fp32
    sensitive = module._skip_layerwise_casting_patterns or ()
    return [*map(re.escape, names), *(one for one in sensitive if one != "norm")]


def _smaller(layer: nn.Module, kind: str, dtype: Any, device: Device) -> nn.Module | None:
    """The layer that takes its place; None where there is none of this kind."""
    if kind == "fp8":
        if isinstance(layer, nn.Linear):
            return Float8Linear(layer)
        return Float8Conv2d(layer) if isinstance(layer, nn.Conv2d) else None
    if not isinstance(layer, nn.Linear):
        return None
    made: nn.Module = _int8(layer) if kind == "int8" else _int4(layer, dtype)
    return made.to(device.name)


class Float8Linear(nn.Linear):  # type: ignore[misc] # torch is not where types are checked
    """A matrix kept in 8-bit floats, each row with a scale."""

    scale: torch.Tensor

    def __init__(self, layer: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        _keep(self, layer)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's word
        """As `torch.nn.Linear`, computed in the input's number format."""
        return nn.functional.linear(input, _whole(self, input.dtype), self.bias)


class Float8Conv2d(nn.Conv2d):  # type: ignore[misc]
    """A convolution kept in 8-bit floats, each output channel with a scale."""

    scale: torch.Tensor

    def __init__(self, layer: nn.Conv2d) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(
            {name: value for name, value in vars(layer).items() if not name.startswith("_")}
        )
        self._reversed_padding_repeated_twice = layer._reversed_padding_repeated_twice
        _keep(self, layer)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's word
        """As `torch.nn.Conv2d`, computed in the input's number format."""
        return self._conv_forward(input, _whole(self, input.dtype), self.bias)


def _keep(small: Float8Linear | Float8Conv2d, layer: nn.Linear | nn.Conv2d) -> None:
    weight = layer.weight.data
    rows = weight.float().flatten(1).abs().amax(dim=1).clamp(min=1e-12) / _LARGEST
    scale = rows.reshape(-1, *[1] * (weight.ndim - 1))
    bits = (weight.float() / scale).to(_FLOAT8).view(torch.uint8)
    small.weight = nn.Parameter(bits, requires_grad=False)  # bits: nobody takes them for numbers
    small.bias = layer.bias
    small.register_buffer("scale", scale, persistent=False)


def _whole(small: Float8Linear | Float8Conv2d, dtype: torch.dtype) -> torch.Tensor:
    # In place, and by 32-bit scales: 16 bits would round them, or lose them among the subnormal.
    return small.weight.view(_FLOAT8).to(dtype).mul_(small.scale)


def _bitsandbytes() -> Any:
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # a line for each matrix product
    return import_module("bitsandbytes").nn


def _int8(layer: nn.Linear) -> Any:
    layers = _bitsandbytes()
    smaller = layers.Linear8bitLt(
        layer.in_features,
        layer.out_features,
        bias=layer.bias is not None,
        has_fp16_weights=False,
        device="meta",
    )
    smaller.weight = layers.Int8Params(layer.weight.data, requires_grad=False)
    smaller.bias = layer.bias
    return smaller


def _int4(layer: nn.Linear, dtype: Any) -> Any:
    layers = _bitsandbytes()
    smaller = layers.Linear4bit(
        layer.in_features,
        layer.out_features,
        bias=layer.bias is not None,
        compute_dtype=dtype,
        quant_type="nf4",
        device="meta",
    )
    smaller.weight = layers.Params4bit(
        layer.weight.data, requires_grad=False, quant_type="nf4", module=smaller
    )
    smaller.bias = layer.bias
    return smaller
