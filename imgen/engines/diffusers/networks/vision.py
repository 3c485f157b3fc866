"""Networks that look at pictures: read from a folder, run on the device while it has room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
import torch
import transformers

from imgen.engines.diffusers.device import Device, is_full
from imgen.errors import Unavailable

_log = structlog.get_logger()


class Vision:
    """A network of transformers, small beside what paints: a full device sends it to the CPU.

    Made and used in the device's thread alone: reading one changes number formats and
    initialisers of the whole process for a while.

    Args:
        kind: its class, or one of the `AutoModelFor…`.
        folder: its configuration and safetensors.

    Raises:
        imgen.errors.Unavailable: it cannot be read.
    """

    def __init__(self, kind: Any, folder: Path, device: Device) -> None:
        self._network = read(kind, folder, use_safetensors=True).eval()
        self._device = device

    @property
    def config(self) -> Any:
        """As its folder has it."""
        return self._network.config

    def __call__(self, **inputs: Any) -> Any:
        """What the network makes of tensors. Blocking.

        Raises:
            imgen.engines.diffusers.device.DeviceBroken: this process can use it no more.
        """
        try:
            return self._run(inputs, self._device.name)
        except Exception as error:
            if not is_full(error):
                self._device.check(error)
                raise
            _log.warning("memory.network_on_cpu", network=type(self._network).__name__)
        return self._run(inputs, "cpu")  # this once: what filled the device may be gone next time

    def _run(self, inputs: dict[str, Any], place: str) -> Any:
        there = {name: tensor.to(place) for name, tensor in inputs.items()}
        with torch.inference_mode():
            return self._network.to(place)(**there)


def read(kind: Any, folder: Path, **how: Any) -> Any:
    """What transformers reads from a folder; nothing is fetched, no code of the folder is run.

    Raises:
        imgen.errors.Unavailable: it cannot be read.
    """
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        return kind.from_pretrained(str(folder), local_files_only=True, **how)
    except Exception as error:  # whatever a broken folder makes the library raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise Unavailable(f"The network {folder} cannot be loaded: {lines[0][:300]}") from error
