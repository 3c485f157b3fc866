"""What a model will take in memory, told by the headers of its files: nothing is loaded.

Files say little about it by their own size: weights may lie there in 32 bits that are loaded as 16.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from imgen.engines.diffusers.files.header import read_header

DENOISER = "denoiser"
"""Name of the unet or transformer here, whichever it is."""
_VAE = ("first_stage_model.", "vae.")
_ENCODERS = ("cond_stage_model.", "conditioner.", "text_encoders.")
_AVERAGED = "model_ema."
"""A second copy of the unet, which is never loaded."""
_SHARE = {"fp8": 0.5, "int8": 0.52, "int4": 0.29}
"""What is left of 16-bit weights, their scales included."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a model's weights once loaded, about."""

    parts: Mapping[str, int]
    """Name of a component → bytes."""

    @property
    def whole(self) -> int:
        """Of all components together."""
        return sum(self.parts.values())

    @property
    def largest(self) -> int:
        """Of the largest component: what the device must hold where they take turns on it."""
        return max(self.parts.values(), default=0)


def size_of(numbers: Mapping[str, int], itemsize: int, quantisation: str = "") -> Size:
    """The size of weights.

    Args:
        numbers: name of a component → how many numbers it consists of.
        itemsize: bytes of one, in the format that they are loaded as.
        quantisation: of the denoiser.
    """
    parts = {name: count * itemsize for name, count in numbers.items()}
    if quantisation in _SHARE:
        parts[DENOISER] = int(numbers.get(DENOISER, 0) * 2 * _SHARE[quantisation])
    return Size(parts)


def numbers_in_folder(folder: Path, variant: str = "") -> int:
    """How many numbers will be loaded from a component's folder."""
    files = sorted(folder.glob("*.safetensors"))
    chosen = [file for file in files if variant and f".{variant}" in file.name]
    plain = [file for file in files if "." not in file.stem]
    return sum(numbers_in_file(file).total() for file in chosen or plain or files)


def numbers_in_file(file: Path) -> Counter[str]:
    """Component → how many numbers a file has of it; what is loaded from no file is left out."""
    numbers: Counter[str] = Counter()
    for name, shape in read_header(file).shapes.items():
        if not name.startswith(_AVERAGED):
            numbers[_part_of(name)] += prod(shape)
    return numbers


def _part_of(name: str) -> str:
    if name.startswith(_VAE):
        return "vae"
    if name.startswith(_ENCODERS):
        return ".".join(name.split(".")[:3])
    return DENOISER
