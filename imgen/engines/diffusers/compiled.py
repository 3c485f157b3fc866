"""Compiling a model while it works: batches run as they are until their compiled form is ready."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

import structlog
import torch

from imgen.engines.diffusers.loaded import Loaded

_log = structlog.get_logger()


class Compiler:
    """Warms compiled denoisers up in a thread of its own, with what real batches were given.

    Args:
        backend: of `torch.compile`.
    """

    def __init__(self, backend: str = "inductor") -> None:
        self._backend = backend
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="diffusers-compile")
        self._compiled: WeakKeyDictionary[Loaded, Any] = WeakKeyDictionary()
        self._ready: WeakKeyDictionary[Loaded, set[Hashable]] = WeakKeyDictionary()
        self._begun: WeakKeyDictionary[Loaded, set[Hashable]] = WeakKeyDictionary()

    @contextlib.contextmanager
    def over(self, loaded: Loaded, key: Hashable) -> Iterator[None]:
        """Run a batch compiled where its kind is warm; else as it is, and have it warmed up.

        With LoRAs in memory, layers are swapped under the compiled form: such models run as they
        are. So do offloaded ones, which move between two steps.

        Args:
            key: equal for batches of equal shapes.
        """
        if loaded.adapters.resident or loaded.offload != "none":
            yield
        elif key in self._ready.setdefault(loaded, set()):
            plain = loaded.denoiser
            loaded.denoiser = self._compiled[loaded]
            try:
                yield
            finally:
                loaded.denoiser = plain
        else:
            with self._listening(loaded, key):
                yield

    def wait(self) -> None:
        """Until everything begun is warm."""
        self._thread.submit(lambda: None).result()

    @contextlib.contextmanager
    def _listening(self, loaded: Loaded, key: Hashable) -> Iterator[None]:
        """Keep what the denoiser is given first, for the warm-up."""
        kept: list[tuple[Any, Any]] = []

        def keep(_module: Any, given: Any, named: Any) -> None:
            if not kept:
                kept.append((given, named))

        hook = loaded.denoiser.register_forward_pre_hook(keep, with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()
        begun = self._begun.setdefault(loaded, set())
        if kept and key not in begun:
            begun.add(key)
            self._thread.submit(self._warm, loaded, key, *kept[0])

    def _warm(self, loaded: Loaded, key: Hashable, given: Any, named: Any) -> None:
        try:
            if loaded not in self._compiled:
                self._compiled[loaded] = torch.compile(loaded.denoiser, backend=self._backend)
            with torch.no_grad():
                self._compiled[loaded](*given, **named)
        except Exception as error:  # compiling is a luxury: without it, pictures come all the same
            _log.warning("compile.failed", error=str(error).splitlines()[0][:200])
            return
        self._ready[loaded].add(key)
        _log.info("compile.ready", weights=loaded.options.weights)
