"""A model in memory: its pipelines for every way of painting, which share all weights."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.hooks import apply_group_offloading

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.families.family import Family
from imgen.engines.diffusers.families.flux2_masked import Flux2MaskedPipeline
from imgen.engines.diffusers.files.weights import locate
from imgen.engines.diffusers.loading.adapters import Adapters
from imgen.engines.diffusers.loading.controlnets import read_controlnet, way_of
from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.protocol import MODEL_CANNOT
from imgen.errors import Invalid

OFFLOADS = ("none", "model", "sequential")
"""What waits in main memory for its turn: nothing, whole components, single layers."""
OWN = {"Flux2MaskedPipeline": Flux2MaskedPipeline}
"""Pipelines that diffusers lacks."""


class Loaded:
    """Used by one thread at a time.

    Args:
        pipe: the family's text-to-image pipeline, not yet on its device.
    """

    def __init__(
        self,
        family: Family,
        pipe: Any,
        device: Device,
        options: ModelOptions,
        adapters: Adapters,
        models: Path | None,
    ) -> None:
        self.family = family
        self.device = device
        self.options = options
        self.adapters = adapters
        self.offload = "none"
        self._models = models
        self._first = pipe
        self._others: dict[str, Any] = {}
        self._active = pipe
        self._grouped: set[int] = set()

    @property
    def first(self) -> Any:
        """The text-to-image pipeline, to look at."""
        return self._first

    @property
    def denoiser(self) -> Any:
        """The unet or transformer."""
        return getattr(self._first, self.family.traits.denoiser)

    @denoiser.setter
    def denoiser(self, module: Any) -> None:
        for pipe in (self._first, *self._others.values()):
            setattr(pipe, self.family.traits.denoiser, module)

    def bytes(self) -> int:
        """Of all weights, ControlNets among them, wherever they lie."""
        pipes = (self._first, *self._others.values())
        return bytes_of(*(part for pipe in pipes for part in pipe.components.values()))

    def place(self, offload: str) -> None:
        """Put the weights where they run, or where they wait.

        Raises:
            imgen.errors.Invalid: no such kind of offload.
            torch.OutOfMemoryError: the device is too small.
        """
        if offload not in OFFLOADS:
            raise Invalid(f"offload is {offload}; use {', '.join(OFFLOADS)}", field="offload")
        if OFFLOADS.index(offload) >= len(self._offloads):
            offload = self._offloads[-1]
        self.offload = offload if self.device.accelerated else "none"
        self._settle(self._active)

    @property
    def _offloads(self) -> tuple[str, ...]:
        """The layers of bitsandbytes keep what they need on the device where they were made."""
        return OFFLOADS[:2] if self.options.quantisation.startswith("int") else OFFLOADS

    def offload_more(self) -> bool:
        """Keep less on the device from now on; False when that is not possible."""
        step = OFFLOADS.index(self.offload) + 1
        if step >= len(self._offloads) or not self.device.accelerated:
            return False
        self._first.remove_all_hooks()
        self._others.clear()  # they remember hooks that are gone
        self._active = self._first
        self._first.to("cpu", silence_dtype_warnings=True)
        self.device.free()
        self.place(OFFLOADS[step])
        return True

    def pipeline(self, way: str, control: str = "") -> Any:
        """The pipeline for one way of painting.

        Args:
            control: for `controlled`: the kind of hint.

        Raises:
            imgen.errors.Invalid: the family cannot do that.
            imgen.errors.Unavailable: it needs weights that are not here.
        """
        net = None
        if control:
            net = locate(str(self.options.controlnets.get(control, "")), self._models)
            way = way_of(net)
        name = self.family.traits.pipelines.get(way, "")
        if not name:
            raise Invalid(f"{self.family.traits.name} cannot do {way}", code=MODEL_CANNOT)
        key = f"{name}:{net}"
        if name == type(self._first).__name__:
            pipe = self._first
        elif key not in self._others:
            kind = OWN.get(name) or getattr(diffusers, name)
            pipe = self._others[key] = self._made(kind, way, net)
        else:
            pipe = self._others[key]
        if pipe is not self._active and self.offload != "none":
            self._settle(pipe)
        self._active = pipe
        return pipe

    def _made(self, kind: Any, way: str, net: Path | None) -> Any:
        """Another pipeline over the same components, perhaps with a ControlNet."""
        takes = inspect.signature(kind.__init__).parameters
        parts = {name: part for name, part in self._first.components.items() if name in takes}
        settings = {
            name: value
            for name, value in self._first.config.items()
            if name in takes and name not in parts and not name.startswith("_")
        }
        if net is not None:
            guide = read_controlnet(net, way, self.family.traits, self.denoiser.dtype)
            parts["controlnet"] = guide if self.offload != "none" else guide.to(self.device.name)
        pipe = kind(**parts, **settings)
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def _group(self, pipe: Any) -> None:
        """Each layer comes to the device when it is its turn; once for each component."""
        fresh = [
            part
            for part in pipe.components.values()
            if isinstance(part, torch.nn.Module) and id(part) not in self._grouped
        ]
        how = {
            "onload_device": torch.device(self.device.name),
            "offload_device": torch.device("cpu"),
            "offload_type": "leaf_level",
        }
        for part in fresh:  # a pipeline told to leave some out would put those on the device
            if hasattr(part, "enable_group_offload"):
                part.enable_group_offload(**how)
            else:
                apply_group_offloading(part, **how)
            self._grouped.add(id(part))

    def _settle(self, pipe: Any) -> None:
        if self.offload == "model":
            pipe.enable_model_cpu_offload(device=self.device.name)
        elif self.offload == "sequential":
            self._group(pipe)
        else:
            pipe.to(torch.device(self.device.name))


def bytes_of(*components: Any) -> int:
    """Of the weights of components, each counted once; those that have none take nothing."""
    parts = [part for part in components if hasattr(part, "parameters")]
    tensors = {id(tensor): tensor for part in parts for tensor in part.parameters()}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
