"""LoRAs beside a model's weights: several stay, each request has its own choice of them."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgen.engines.diffusers.device import is_full
from imgen.engines.diffusers.files.weights import lora_file
from imgen.engines.protocol import Lora
from imgen.errors import ImgenError, Invalid

_Wanted = tuple[str, Path, float]
"""Name of the adapter, its file, its weight."""


class Adapters:
    """The LoRAs of one loaded model. Used by one thread at a time.

    Args:
        pipe: any pipeline of the model.
        models: the folder of pulled weights.
        slots: how many stay; of more, those used longest ago go.
    """

    own: Path | None = None
    """A LoRA that belongs to the model itself and is applied to every picture."""

    def __init__(self, pipe: Any, models: Path | None, slots: int) -> None:
        self._pipe = pipe
        self._models = models
        self._slots = slots
        self._resident: OrderedDict[str, None] = OrderedDict()
        self._applied: tuple[tuple[str, float], ...] = ()

    @property
    def resident(self) -> tuple[str, ...]:
        """Names of those in memory, the one used longest ago first."""
        return tuple(self._resident)

    def apply(self, loras: Sequence[Lora]) -> None:
        """From now on exactly these count, with their weights.

        Raises:
            imgen.errors.ImgenError: one is missing, is not safetensors, or does not fit.
            RuntimeError: memory does not suffice; see `device.is_full`.
        """
        wanted = self._wanted(loras)
        needed = {name for name, _, _ in wanted}
        for name, file, _ in wanted:
            self._make_resident(name, file, needed)
            self._resident.move_to_end(name)
        self._drop_oldest(needed, self._slots)
        choice = tuple((name, weight) for name, _, weight in wanted)
        if choice != self._applied:
            self._choose(choice)
            self._applied = choice

    def drop_all(self) -> None:
        """Leave the model as if there had never been any."""
        if self._resident:
            self._pipe.unload_lora_weights()
        self._resident.clear()
        self._applied = ()

    def _wanted(self, loras: Sequence[Lora]) -> list[_Wanted]:
        found: dict[str, _Wanted] = {}
        if self.own is not None:
            name = adapter_name("own", self.own)
            found[name] = (name, self.own, 1.0)
        for lora in loras:
            if not lora.reference:
                continue
            file = self._file(lora)
            name = adapter_name(lora.name, file)
            found[name] = (name, file, lora.weight)
        return list(found.values())

    def _file(self, lora: Lora) -> Path:
        try:
            return lora_file(lora.reference, self._models)
        except ImgenError as error:
            raise type(error)(f"The LoRA {lora.name}: {error.message}") from None

    def _make_resident(self, name: str, file: Path, needed: set[str]) -> None:
        """Where memory does not suffice, those that this picture does not need leave first."""
        if name in self._resident:
            return
        try:
            self._load(name, file)
            return
        except Exception as error:
            if not is_full(error) or not set(self._resident) - needed:
                raise
        self._drop_oldest(needed, 0)
        self._load(name, file)

    def _load(self, name: str, file: Path) -> None:
        try:
            self._pipe.load_lora_weights(
                str(file.parent),
                weight_name=file.name,
                adapter_name=name,
                use_safetensors=True,
                local_files_only=True,
            )
        except Exception as error:  # each mismatch has a type of its own there
            self._forget(name)
            if is_full(error):
                raise
            raise Invalid(
                f"The LoRA {file.name} does not fit {type(self._pipe).__name__}", code="bad_lora"
            ) from error
        if not any(name in names for names in self._pipe.get_list_adapters().values()):
            raise Invalid(f"The LoRA {file.name} changes nothing in this model", code="bad_lora")
        self._resident[name] = None
        self._applied = ((name, float("nan")),)  # loading switches it on

    def _forget(self, name: str) -> None:
        """What a failed loading left behind."""
        present = {one for names in self._pipe.get_list_adapters().values() for one in names}
        if name in present:
            self._delete(name, last=present == {name})
        self._pipe.maybe_free_model_hooks()  # loading took away what moves offloaded components
        self._applied = ((name, float("nan")),)

    def _drop_oldest(self, needed: set[str], slots: int) -> None:
        for name in self.resident:
            if len(self._resident) <= slots:
                return
            if name not in needed:
                del self._resident[name]
                self._delete(name, last=not self._resident)

    def _delete(self, name: str, *, last: bool) -> None:
        if last:
            self._pipe.unload_lora_weights()
        else:
            self._pipe.delete_adapters(name)
        self._applied = ((name, float("nan")),)

    def _choose(self, choice: tuple[tuple[str, float], ...]) -> None:
        if choice:
            self._pipe.enable_lora()
            names, weights = zip(*choice, strict=True)
            self._pipe.set_adapters(list(names), list(weights))
        elif self._resident:
            self._pipe.disable_lora()


def adapter_name(name: str, file: Path) -> str:
    """A name that changes when the file does, so that a new version is never taken for the old."""
    stat = file.stat()
    facts = f"{file.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode()
    digest = hashlib.blake2b(facts, digest_size=6).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', name)}_{digest}"
