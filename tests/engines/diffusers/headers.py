"""Small safetensors files without torch: real headers over zeros."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path

Shapes = Mapping[str, tuple[int, ...]]


def safetensors(shapes: Shapes | None = None) -> bytes:
    """A whole file of tensors in 8-bit floats."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in (shapes or {"weight": (10,)}).items():
        size = prod(shape)
        header[name] = {"dtype": "F8_E4M3", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


def sparse(file: Path, shapes: Shapes) -> Path:
    """A file of any size whose tensors are holes: for what is told by the header alone."""
    header = {}
    end = 0
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with file.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        stream.truncate(8 + len(text) + end)
    return file
