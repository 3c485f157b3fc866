"""The models in memory: loaded when asked for, sent away by a budget, the least used first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import structlog

from imgen.engines.diffusers.device import Device, is_full
from imgen.engines.diffusers.files.size import Size
from imgen.engines.diffusers.memory import main_memory
from imgen.engines.diffusers.memory.loaded import OFFLOADS, Loaded, bytes_of
from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import Unavailable

_log = structlog.get_logger()
_GB = 1000**3
Load = Callable[[ModelOptions, str], Loaded]
"""(options, kind of offload) → the model."""


class Resident:
    """Used by one thread at a time, but for `is_at_hand`.

    Models that are offloaded wait in main memory and come to the device in turns: of the budget
    they take together what the largest of their components takes, or nothing where single layers
    come.

    Args:
        budget: bytes of the device that all models together may take.
        size: what a model will take, by its files.
        offload: for models that do not say; `auto` offloads what is larger than the budget.
    """

    def __init__(
        self,
        device: Device,
        budget: int,
        load: Load,
        size: Callable[[ModelOptions], Size],
        offload: str,
    ) -> None:
        self._device = device
        self._budget = budget
        self._load = load
        self._size = size
        self._offload = offload
        self._models: OrderedDict[str, Loaded] = OrderedDict()
        self._sizes: dict[str, Size] = {}
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
            size = self._sizes[key] = self._size(options)
            offload = self._offload_for(options, size)
            self._make_room(size, offload)
            self._models[key] = self._loaded(options, offload, size)
            self._make_room(Size({}), offload, but=key)
        self._models.move_to_end(key)
        return self._models[key]

    def is_at_hand(self, options: ModelOptions) -> bool:
        """Whether a model is in memory, or comes without sending others away, as far as is known.

        From any thread while nothing is loaded.
        """
        size = self._sizes.get(options.key)
        if size is None or options.key in self._models:
            return True
        return self._taken(size, self._offload_for(options, size)) <= self._budget

    def drop_least_used(self, but: Loaded | None = None) -> bool:
        """Send away the other model on the device that was used longest ago; False: none is there.

        Those that are offloaded stay: while they wait, the device holds nothing of them.
        """
        return self._drop_first(lambda model: model is not but and model.offload == "none")

    def drop(self, loaded: Loaded) -> None:
        """Send a model away; it is loaded afresh when it is asked for again."""
        if self._models.get(loaded.options.key) is loaded:
            self._drop(loaded.options.key)

    def main_memory_holds(self, size: int, but: Loaded | None = None) -> bool:
        """Whether so many bytes more can wait in main memory, without others if need be."""
        while size > main_memory.available():
            if not self._drop_first(lambda model: model is not but and model.offload != "none"):
                return False
        return True

    def _loaded(self, options: ModelOptions, offload: str, size: Size) -> Loaded:
        """Loaded as it was meant to be, without the others, or with more of it offloaded."""
        while True:
            if offload != "none":
                self._see_that_it_can_wait(options, size)
            try:
                return self._load(options, offload)
            except Exception as error:
                if not is_full(error):
                    self._device.check(error)
                    raise
            self._device.free()
            _log.warning("model.too_large", weights=options.weights, offload=offload)
            if self.drop_least_used():
                continue
            more = OFFLOADS.index(offload) + 1
            if more == len(OFFLOADS) or not self._device.accelerated:
                raise Unavailable(
                    f"{options.weights} does not fit into the memory of {self._device.name}, "
                    "offloaded neither; choose a smaller model or options.quantisation",
                    code="out_of_memory",
                )
            offload = OFFLOADS[more]

    def _see_that_it_can_wait(self, options: ModelOptions, size: Size) -> None:
        """The system ends a process that takes more main memory than there is."""
        if not self.main_memory_holds(size.whole):
            free = main_memory.available()
            raise Unavailable(
                f"{options.weights} does not fit into the memory of {self._device.name}, and to "
                f"wait in main memory it needs {size.whole / _GB:.1f} GB, of which "
                f"{free / _GB:.1f} GB are free; choose a smaller model or options.quantisation",
                code="out_of_memory",
            )

    def _offload_for(self, options: ModelOptions, size: Size) -> str:
        """What is asked for, or more of it where a component alone is too large for the device."""
        if not self._device.accelerated:
            return "none"
        said = options.offload
        if said is None:
            said = self._offload
        elif not isinstance(said, str):
            said = "model" if said else "none"
        limit = self._device.memory()
        if said == "auto":
            limit = self._budget
            said = "model" if size.whole > limit else "none"
        return "sequential" if said == "model" and size.largest > limit else said

    def _make_room(self, size: Size, offload: str, but: str = "") -> None:
        """Until the budget holds what is there and what comes."""
        for key in self.keys:
            if self._taken(size, offload) <= self._budget:
                return
            if key != but and self._models[key].offload == "none":
                self._drop(key)

    def _taken(self, size: Size, offload: str) -> int:
        """Bytes of the device that models take, with one more of that size."""
        whole = [model.bytes() for model in self._models.values() if model.offload == "none"]
        turns = [_largest(model) for model in self._models.values() if model.offload == "model"]
        (whole if offload == "none" else turns).append(_on_device(size, offload))
        return sum(whole) + max(turns, default=0)

    def _drop_first(self, which: Callable[[Loaded], bool]) -> bool:
        key = next((key for key, model in self._models.items() if which(model)), None)
        if key is not None:
            self._drop(key)
        return key is not None

    def _drop(self, key: str) -> None:
        model = self._models.pop(key)
        self.departures += 1
        _log.info("model.unloaded", weights=model.options.weights)
        del model
        self._device.free()


def _on_device(size: Size, offload: str) -> int:
    return {"none": size.whole, "model": size.largest}.get(offload, 0)


def _largest(model: Loaded) -> int:
    return max(map(bytes_of, model.first.components.values()), default=0)
