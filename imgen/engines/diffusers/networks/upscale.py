"""Super-resolution through spandrel, which knows the architectures by their weights."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.order import Pixels
from imgen.engines.protocol import Progress
from imgen.errors import Invalid, Unavailable

_TILE = 512
_OVERLAP = 32


class Upscaler:
    """A super-resolution network; large pictures go through it in overlapping tiles.

    Args:
        file: its weights, safetensors.

    Raises:
        imgen.errors.Unavailable: spandrel cannot be imported or does not know the weights.
        imgen.errors.Invalid: the network does something else, or is not safetensors.
    """

    def __init__(self, file: Path, device: Device) -> None:
        if file.suffix != ".safetensors":
            raise Invalid(f"{file.name} is not a safetensors file")
        self._device = device
        self._name = file.name
        found = _read(file)
        colours = (found.input_channels, found.output_channels)
        if found.purpose != "SR" or found.scale < 2 or colours != (3, 3):
            raise Invalid(f"{file.name} is no super-resolution model for colour pictures")
        self._scale = int(found.scale)
        self._network = found.to(device.name).eval()

    def run(self, colour: Pixels, width: int, height: int, progress: Progress) -> Pixels:
        """A picture at a larger size. Blocking.

        Args:
            colour: (height, width, 3).
            width: of the result, in pixels.

        Raises:
            imgen.engines.protocol.Abandoned: passed on from `progress`.
            imgen.errors.Unavailable: what comes out is no picture.
        """
        wanted = max(width / colour.shape[1], height / colour.shape[0])
        passes = max(1, math.ceil(math.log(max(wanted, 1.0001), self._scale) - 1e-6))
        for number in range(passes):
            colour = self._enlarged(colour, number, passes, progress)
        if colour.shape[1::-1] == (width, height):
            return colour
        return np.asarray(cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA))

    def _enlarged(self, colour: Pixels, number: int, passes: int, progress: Progress) -> Pixels:
        tiles = [
            (top, left) for top in _starts(colour.shape[0]) for left in _starts(colour.shape[1])
        ]
        scale = self._scale
        height, width = colour.shape[:2]
        total = np.zeros((height * scale, width * scale, 3), np.float32)
        weight = np.zeros((height * scale, width * scale, 1), np.float32)
        for count, (top, left) in enumerate(tiles):
            progress(number * len(tiles) + count, passes * len(tiles))
            tile = colour[top : top + _TILE, left : left + _TILE]
            painted = self._tile(tile)
            share = _feather(*painted.shape[:2])
            rows = slice(top * scale, top * scale + painted.shape[0])
            columns = slice(left * scale, left * scale + painted.shape[1])
            total[rows, columns] += painted * share
            weight[rows, columns] += share
        progress((number + 1) * len(tiles), passes * len(tiles))
        if not np.isfinite(total).all():
            raise Unavailable(
                f"{self._name} made no picture: its weights are damaged", code="not_finite"
            )
        return np.asarray(np.rint(np.clip(total / weight, 0, 1) * 255), np.uint8)

    def _tile(self, tile: Pixels) -> Any:
        """(height × scale, width × scale, 3) of one tile, as shares of 1."""
        fed = torch.from_numpy(np.ascontiguousarray(tile)).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():  # it is padded, and cut back, to what the network takes
            out = self._network(fed.to(self._device.name))
        return out[0].permute(1, 2, 0).float().cpu().numpy()


def _read(file: Path) -> Any:
    spandrel = _library()
    try:
        return spandrel.ModelLoader(device="cpu").load_from_state_dict(load_file(str(file)))
    except spandrel.UnsupportedModelError:
        raise Unavailable(f"spandrel does not know the architecture of {file.name}") from None
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a broken file makes the libraries raise
        raise Unavailable(f"{file.name} cannot be read: {_first_line(error)}") from error


def _library() -> Any:
    """spandrel, which imports torchvision, which is built for one torch alone.

    Raises:
        imgen.errors.Unavailable: one of them is missing, or they do not belong together.
    """
    try:
        return import_module("spandrel")
    except ModuleNotFoundError as error:
        if error.name not in {"spandrel", "torchvision"}:
            raise Unavailable(f"spandrel cannot be imported: {error}") from error
        raise Unavailable(
            f"Upscaling needs the package {error.name}: install the extra `diffusers`"
            f", and torchvision from where torch {torch.__version__} comes from"
        ) from error
    except (ImportError, RuntimeError, AttributeError) as error:
        raise Unavailable(
            f"Upscaling needs a torchvision made for torch {torch.__version__}; install both from "
            f"one place ({_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side, so that they overlap and end with it."""
    if length <= _TILE:
        return [0]
    count = math.ceil((length - _OVERLAP) / (_TILE - _OVERLAP))
    return [round(place * (length - _TILE) / (count - 1)) for place in range(count)]


def _feather(height: int, width: int) -> Any:
    """(height, width, 1): 1 inside, falling towards the edges, never 0."""
    rows = np.minimum(np.arange(1, height + 1), np.arange(height, 0, -1))
    columns = np.minimum(np.arange(1, width + 1), np.arange(width, 0, -1))
    both = np.minimum.outer(rows, columns).astype(np.float32) / _OVERLAP
    return np.clip(both, 1e-3, 1.0)[..., None]
