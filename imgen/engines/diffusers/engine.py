"""The `diffusers` engine: requests in, batches through the device, pictures out."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np

from imgen.engines.diffusers.attempt import Attempt, spread
from imgen.engines.diffusers.batches import Answer, Batches, Ticket
from imgen.engines.diffusers.compiling.compile_apart import compiled as build
from imgen.engines.diffusers.compiling.compiled import Compiler
from imgen.engines.diffusers.device import Device, device_named
from imgen.engines.diffusers.families.family import Family
from imgen.engines.diffusers.families.table import family_of
from imgen.engines.diffusers.files.size import Size
from imgen.engines.diffusers.files.source import find_source
from imgen.engines.diffusers.loading.load import dtype_of, load
from imgen.engines.diffusers.memory.loaded import Loaded
from imgen.engines.diffusers.memory.resident import Resident
from imgen.engines.diffusers.networks.tools import Tools
from imgen.engines.diffusers.options import ModelOptions, read_options
from imgen.engines.diffusers.order import Order, Pixels
from imgen.engines.diffusers.paint import Painting, paint
from imgen.engines.diffusers.prepare import prepare
from imgen.engines.protocol import MODEL_CANNOT, EngineRequest, EngineResult, Progress, Task
from imgen.errors import Invalid, Unavailable

_GIB = 1024**3


class DiffusersEngine:
    """Runs models of the families in `families.table` on one device.

    Args:
        models: folder of pulled weights; empty: weights are named by path, or in the hub's cache.
        device: `cuda:0`, `mps`, `cpu`, or `auto`.
        memory_gb: what loaded models may take together; 0: what the device has.
        batch: most pictures painted at once.
        batch_window_ms: how long a first request waits for others like it.
        loras: how many LoRAs stay in memory with each model.
        offload: `none`, `model`, `sequential`, or `auto`: for what is larger than the memory.
        compile: whether models are compiled while they already work.
        compiled: folder that keeps what was compiled, written by nobody else; empty: nothing is
            kept.
    """

    def __init__(
        self,
        models: str | Path = "",
        device: str = "auto",
        memory_gb: float = 0.0,
        batch: int = 4,
        batch_window_ms: float = 20.0,
        loras: int = 8,
        offload: str = "auto",
        compile: bool = False,  # noqa: A002 - the field's own word
        compiled: str | Path = "",
    ) -> None:
        self._models = Path(models).expanduser() if models else None
        self._device_name = device
        self._memory = int(memory_gb * _GIB)
        self._offload = offload
        self._slots = loras
        self._compile = compile
        self._compiler = Compiler(partial(build, folder=Path(compiled) if compiled else None))
        self._open = False
        self._opening = Lock()
        self._batches = Batches(self._work, batch, batch_window_ms / 1000, self._is_at_hand)

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """Wait for the device and paint. See `imgen.engines.protocol.Engine`."""
        if not self._open:
            await asyncio.to_thread(self._reach_device)
        options = read_options(request.options)
        progress(0, max(options.steps_near(request.steps), 1) + 1)
        if request.task in {Task.UPSCALE, Task.REMOVE_BACKGROUND}:
            work = self._tools.work(request, options)
            return await self._batches.submit(object(), work, progress)
        if request.task is Task.IMAGE_TO_IMAGE and request.strength <= 0:
            return await asyncio.to_thread(self._tools.unchanged, request)
        family, order = await self._prepare(request, options, progress)
        key = batch_key(order) if order.way in family.traits.together else object()
        return await self._batches.submit(key, order, progress)

    @property
    def resident(self) -> tuple[str, ...]:
        """Keys of the models in memory, the one used longest ago first."""
        return self._resident.keys

    def _reach_device(self) -> None:
        """Takes seconds where it is a GPU: nothing for the event loop.

        Raises:
            imgen.errors.Invalid: there is no such device here.
        """
        with self._opening:
            self._open = self._attempt is not None  # what is made of all the others

    @cached_property
    def _device(self) -> Device:
        return device_named(self._device_name)

    @cached_property
    def _resident(self) -> Resident:
        budget = self._memory or self._device.memory()
        return Resident(self._device, budget, self._load, self._size, self._offload)

    @cached_property
    def _tools(self) -> Tools:
        return Tools(self._models, self._device)

    @cached_property
    def _attempt(self) -> Attempt:
        return Attempt(self._device, self._resident, self._paint, self._tools.release)

    async def _prepare(
        self, request: EngineRequest, options: ModelOptions, progress: Progress
    ) -> tuple[Family, Order]:
        """In a thread beside the device's, but where a network of torch has to look first."""
        if not self._tools.looks(request, options):
            return await asyncio.to_thread(self._prepared, request, options)
        found: Any = await self._batches.submit(
            object(), lambda _progress: self._prepared(request, options), progress
        )
        return found[0], found[1]

    def _prepared(self, request: EngineRequest, options: ModelOptions) -> tuple[Family, Order]:
        if not options.weights:
            raise Invalid(f"{request.model} has no weights to paint with", code=MODEL_CANNOT)
        family = family_of(find_source(options, self._models).pipeline)

        def matte(colour: Pixels) -> Pixels:
            return self._tools.matte(colour, options)

        def hint(colour: Pixels, kind: str) -> Pixels | None:
            return self._tools.hint(colour, kind, options)

        steps = options.steps_near(request.steps)
        order = prepare(replace(request, steps=steps), options, family.traits, matte, hint)
        if steps != request.steps:
            order = replace(order, ignored=(*order.ignored, "steps"))
        return family, order

    def _work(self, tickets: Sequence[Ticket]) -> Sequence[Answer]:
        """In the device's thread: one batch, or one piece of work without a pipeline."""
        first = tickets[0].order
        if not isinstance(first, Order):
            return [self._attempt.alone(first, tickets[0].progress)]
        loaded = self._resident.get(first.options)
        pipe = loaded.first
        groups: dict[Hashable, list[Ticket]] = {}
        for ticket in tickets:
            assert isinstance(ticket.order, Order)
            groups.setdefault(loaded.family.shape(pipe, ticket.order), []).append(ticket)
        return spread(list(groups.values()), lambda group: self._answers(loaded, group), tickets)

    def _is_at_hand(self, ticket: Ticket) -> bool:
        order = ticket.order
        return not isinstance(order, Order) or self._resident.is_at_hand(order.options)

    def _answers(self, loaded: Loaded, tickets: Sequence[Ticket]) -> Sequence[Answer]:
        began = perf_counter()
        paintings = self._attempt(loaded, tickets)
        seconds = perf_counter() - began
        return [
            painted
            if isinstance(painted, Unavailable)
            else self._answer(loaded, ticket, painted, _info(loaded, len(tickets), seconds))
            for ticket, painted in zip(tickets, paintings, strict=True)
        ]

    def _answer(
        self, loaded: Loaded, ticket: Ticket, painted: Pixels, info: dict[str, object]
    ) -> EngineResult:
        order = ticket.order
        assert isinstance(order, Order)
        pipe = loaded.first
        ignored = dict.fromkeys((*loaded.family.ignored(pipe, order), *order.ignored))
        image = order.finish(painted)
        if order.request.transparent and image.shape[2] == 3:
            if order.options.matting:
                image = np.dstack([image, self._tools.matte(image, order.options)])
            else:
                ignored["transparent"] = None
        return EngineResult(image=image, ignored=tuple(ignored), info=info)

    def _paint(self, loaded: Loaded, orders: Sequence[Order], tell: Any) -> list[Painting]:
        wanted = loaded.options.compile
        if self._compile if wanted is None else wanted:
            return self._compiler.run(loaded, lambda: paint(loaded, orders, tell))
        return paint(loaded, orders, tell)

    def _load(self, options: ModelOptions, offload: str) -> Loaded:
        return load(
            options, models=self._models, device=self._device, offload=offload, slots=self._slots
        )

    def _size(self, options: ModelOptions) -> Size:
        source = find_source(options, self._models)
        dtype = dtype_of(options, family_of(source.pipeline), self._device)
        return source.size(options, dtype.itemsize)


def batch_key(order: Order) -> Hashable:
    """Equal for orders that one call of a pipeline can paint."""
    request = order.request
    return (
        order.options.key,
        order.way,
        order.width,
        order.height,
        order.steps,
        order.strength,
        request.guidance_scale,
        request.loras,
        request.control if order.way == "controlled" else None,
    )


def _info(loaded: Loaded, batch: int, seconds: float) -> dict[str, object]:
    pipe = loaded.first
    return {
        "engine": "diffusers",
        "family": loaded.family.traits.name,
        "weights": loaded.options.weights,
        "scheduler": type(pipe.scheduler).__name__,
        "device": loaded.device.name,
        "batch": batch,
        "seconds": round(seconds, 3),
    }
