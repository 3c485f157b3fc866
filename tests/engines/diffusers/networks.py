"""Small real networks: a super-resolution one that spandrel knows, and a matting one in ONNX."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import torch
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


def make_upscaler(file: Path) -> Path:
    """A tiny ESRGAN of factor 2 with random weights."""
    with without_torchvision():
        made = import_module("spandrel.architectures.ESRGAN.__arch.RRDB")
    torch.manual_seed(3)
    network = made.RRDBNet(num_filters=8, num_blocks=1, scale=2)
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, file)
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
