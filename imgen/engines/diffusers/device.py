"""The processor that models run on: which one, and how much memory it has for them."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

import psutil
import torch

from imgen.errors import Invalid

_SHARE = 0.9
"""Of a GPU's memory; the rest is its driver's."""
_SHARE_OF_MAIN_MEMORY = 0.5


@dataclass(frozen=True, slots=True)
class Device:
    """Where models run."""

    name: str
    """`cuda:0`, `mps`, `cpu`, …"""

    @property
    def accelerated(self) -> bool:
        """Whether it has a memory of its own, out of which models can be offloaded."""
        return self.name != "cpu"

    def dtype(self, wanted: str) -> Any:
        """Number format for weights; a CPU computes in float32 whatever the family prefers."""
        if wanted and not hasattr(torch, wanted):
            raise Invalid(f"There is no number format {wanted}", field="dtype")
        return getattr(torch, wanted or "float32")

    def memory(self) -> int:
        """Bytes that models may take here."""
        if self.name.startswith("cuda"):
            return int(torch.cuda.get_device_properties(self.name).total_memory * _SHARE)
        return int(psutil.virtual_memory().total * _SHARE_OF_MAIN_MEMORY)

    def free(self) -> None:
        """Give back what nothing holds any more."""
        gc.collect()
        if self.name.startswith("cuda"):
            torch.cuda.empty_cache()


def device_named(name: str) -> Device:
    """A device; `auto` is the first GPU, else the CPU.

    Raises:
        imgen.errors.Invalid: there is no such device here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return Device("cuda:0")
        return Device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        first = str(error).splitlines()[0]
        raise Invalid(f"There is no device {name} here: {first}", field="device") from None
    return Device(name)
