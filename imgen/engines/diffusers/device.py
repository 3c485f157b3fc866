"""The processor that models run on: which one, and how much memory it has for them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from imgen.engines.diffusers.memory import main_memory
from imgen.errors import Invalid, Unavailable

_SHARE = 0.9
"""Of a GPU's memory; the rest is its driver's."""
_SHARE_OF_MAIN_MEMORY = 0.5
_FULL = (
    "out of memory",  # of CUDA itself, of HIP, of MPS
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "can't allocate memory",  # of the CPU
    "not enough memory",
)
"""What libraries say whose errors have no class of their own for it."""


class DeviceBroken(Unavailable):
    """The device answers nothing more in this process; another process may revive it."""

    def __init__(self, device: str, error: BaseException) -> None:
        first = str(error).strip().splitlines()[:1]
        super().__init__(
            f"The device {device} does not work any more: {''.join(first) or type(error).__name__}",
            code="device_broken",
        )


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
        return int(main_memory.total() * _SHARE_OF_MAIN_MEMORY)

    def check(self, error: BaseException) -> None:
        """After an error that nothing explains: see whether the device still computes.

        An illegal access or a memory fault spoils every later call of the same process.

        Raises:
            DeviceBroken: it does not.
        """
        suspicious = any(isinstance(one, RuntimeError) for one in _causes(error))
        if self.accelerated and suspicious and not self._computes():
            raise DeviceBroken(self.name, error) from error

    def _computes(self) -> bool:
        try:
            return bool(torch.ones(1, device=self.name).add(1).item() == 2)
        except RuntimeError as error:
            return is_full(error)

    def free(self) -> None:
        """Give back what nothing holds any more."""
        gc.collect()
        if self.name.startswith("cuda"):
            torch.cuda.empty_cache()


def is_full(error: BaseException) -> bool:
    """Whether an error, or what it came from, says that memory did not suffice."""
    return any(
        isinstance(one, torch.OutOfMemoryError | MemoryError)
        or (isinstance(one, RuntimeError) and any(text in str(one) for text in _FULL))
        for one in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


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
