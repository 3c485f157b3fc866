"""The unet or transformer from one file, in the layout of diffusers or the original one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import load_file

from imgen.engines.diffusers.files.contents import PREFIX, V_PREDICTION_MARKS
from imgen.engines.diffusers.files.source import Source
from imgen.engines.diffusers.files.weights import index_of
from imgen.errors import Invalid, Unavailable

_OWN = ("conv_in.", "transformer_blocks.", "single_transformer_blocks.", "all_x_embedder.")
"""How names begin in the layout of diffusers, and in no other."""


def read_denoiser(source: Source, name: str, dtype: Any) -> Any:
    """The unet or transformer of `source.denoiser`, configured by the source's folder.

    Args:
        name: of the component: `unet` or `transformer`.
        dtype: torch's number format to compute in.

    Raises:
        imgen.errors.Invalid: the file's weights are for another architecture.
        imgen.errors.Unavailable: the folder names no such component.
    """
    file = source.denoiser
    assert file is not None
    kind = _class_of(source.folder, name)
    tensors = _with_names_as_expected(load_file(str(file)))
    try:
        module = kind.from_single_file(
            tensors,
            config=str(source.folder),
            subfolder=name,
            dtype=dtype,
            local_files_only=True,
        )
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # each mismatch has a type of its own there
        raise _misfit(file, kind) from error
    if any(value.is_meta for value in module.state_dict().values()):  # it lacks some
        raise _misfit(file, kind)
    return module


def _class_of(folder: Path, name: str) -> Any:
    named = index_of(folder).get(name)
    kind = getattr(diffusers, str(named[1]), None) if isinstance(named, list) else None
    if kind is None or not hasattr(kind, "from_single_file"):
        raise Unavailable(f"{folder} names no {name} that can be read from a single file")
    return kind


def _with_names_as_expected(tensors: dict[str, Any]) -> dict[str, Any]:
    """Files of one part come with the prefix of a whole checkpoint, or without.

    diffusers wants it for the original unets, and nowhere where the names are its own.
    """
    if "input_blocks.0.0.weight" in tensors:
        return {PREFIX + name: tensor for name, tensor in tensors.items()}
    bare = {
        name.removeprefix(PREFIX): tensor
        for name, tensor in tensors.items()
        if name not in V_PREDICTION_MARKS
    }
    return bare if any(name.startswith(_OWN) for name in bare) else tensors


def _misfit(file: Path, kind: Any) -> Invalid:
    return Invalid(f"{file.name} does not fit the model's {kind.__name__}", code="bad_weights")
