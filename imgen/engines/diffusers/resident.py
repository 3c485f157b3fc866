"""The models in memory: loaded when asked for, sent away by a budget, the least used first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import structlog

from imgen.engines.diffusers.device import Device, is_full
from imgen.engines.diffusers.loaded import OFFLOADS, Loaded
from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import Unavailable

_log = structlog.get_logger()
Load = Callable[[ModelOptions, str], Loaded]
"""(options, kind of offload) → the model."""


class Resident:
    """Used by one thread at a time.

    Args:
        budget: bytes that all models together may take.
        size: bytes that a model will take, by its files.
        offload: for models that do not say; `auto` offloads what is larger than the budget.
    """

    def __init__(
        self,
        device: Device,
        budget: int,
        load: Load,
        size: Callable[[ModelOptions], int],
        offload: str,
    ) -> None:
        self._device = device
        self._budget = budget
        self._load = load
        self._size = size
        self._offload = offload
        self._models: OrderedDict[str, Loaded] = OrderedDict()
        self.departures = 0
        """How many models have left so far."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the models in memory, the one used longest ago first."""
        return tuple(self._models)

    def get(self, options: ModelOptions) -> Loaded:
        """A model, loaded if it was not.

        Raises:
            imgen.errors.ImgenError: it cannot be loaded, or there is no room for it at all.
        """
        key = options.key
        if key not in self._models:
            size = self._size(options)
            self._make_room(size)
            self._models[key] = self._loaded(options, self._offload_for(options, size))
            self._make_room(0, but=key)
        self._models.move_to_end(key)
        return self._models[key]

    def drop_others(self, loaded: Loaded | None) -> bool:
        """Send every other model away; False when there is none."""
        others = [key for key, model in self._models.items() if model is not loaded]
        for key in others:
            self._drop(key)
        return bool(others)

    def drop(self, loaded: Loaded) -> None:
        """Send a model away; it is loaded afresh when it is asked for again."""
        if self._models.get(loaded.options.key) is loaded:
            self._drop(loaded.options.key)

    def _loaded(self, options: ModelOptions, offload: str) -> Loaded:
        """Loaded as it was meant to be, without the others, or with more of it offloaded."""
        while True:
            try:
                return self._load(options, offload)
            except Exception as error:
                if not is_full(error):
                    self._device.check(error)
                    raise
            _log.warning("model.too_large", weights=options.weights, offload=offload)
            if self.drop_others(None):
                continue
            self._device.free()
            more = OFFLOADS.index(offload) + 1
            if more == len(OFFLOADS) or not self._device.accelerated:
                raise Unavailable(
                    f"{options.weights} does not fit into the memory of {self._device.name}, "
                    "offloaded neither; choose a smaller model or options.quantisation",
                    code="out_of_memory",
                )
            offload = OFFLOADS[more]

    def _offload_for(self, options: ModelOptions, size: int) -> str:
        said = options.offload
        if said is not None:
            return said if isinstance(said, str) else ("model" if said else "none")
        if self._offload == "auto":
            return "model" if size > self._budget else "none"
        return self._offload

    def _make_room(self, size: int, but: str = "") -> None:
        """Until the budget holds what is there and `size` bytes more."""
        for key in self.keys:
            taken = sum(model.bytes() for model in self._models.values())
            if taken + size <= self._budget:
                return
            if key != but:
                self._drop(key)

    def _drop(self, key: str) -> None:
        model = self._models.pop(key)
        self.departures += 1
        _log.info("model.unloaded", weights=model.options.weights)
        del model
        self._device.free()
