"""Work without a diffusion model: upscaling, cutting out, giving an input back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.files.weights import locate
from imgen.engines.diffusers.networks.depth import Depth
from imgen.engines.diffusers.networks.matting import Matting
from imgen.engines.diffusers.networks.people import People
from imgen.engines.diffusers.networks.pose import Box, Pose
from imgen.engines.diffusers.networks.skeleton import draw
from imgen.engines.diffusers.networks.upscale import Upscaler
from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.diffusers.order import Pixels
from imgen.engines.diffusers.prepare import resized
from imgen.engines.hints import DRAWN, drawn
from imgen.engines.protocol import MODEL_CANNOT, EngineRequest, EngineResult, Progress, Task
from imgen.errors import Invalid, Unavailable

_KEPT = 8
"""Networks that stay in memory."""


class Tools:
    """Small networks beside the pipelines, loaded on first use.

    Those of torch are for the device's thread alone: to read one changes the whole process for a
    while, and what another thread reads or computes meanwhile is spoilt. The rest is for any.

    Args:
        models: the folder of pulled weights.
    """

    def __init__(self, models: Path | None, device: Device) -> None:
        self._models = models
        self._device = device
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def work(
        self, request: EngineRequest, options: ModelOptions
    ) -> Callable[[Progress], EngineResult]:
        """What does `upscale` or `remove_background`.

        Raises:
            imgen.errors.Invalid: the model has no network for it.
        """
        if request.image is None:
            raise Invalid("An image is required.", field="image")
        upscales = request.task is Task.UPSCALE
        if not (options.upscaler if upscales else options.matting):
            option = "upscaler" if upscales else "matting"
            raise Invalid(
                f"{request.model} cannot do {request.task}: its options name no {option}",
                code=MODEL_CANNOT,
            )

        def act(progress: Progress) -> EngineResult:
            one = self._upscaled if upscales else self._cut_out
            return EngineResult(one(request, options, progress), info={"engine": "diffusers"})

        return act

    def unchanged(self, request: EngineRequest) -> EngineResult:
        """The input, at the size of the request: what a strength of 0 asks for."""
        if request.image is None:
            raise Invalid("An image is required.", field="image")
        image = resized(request.image, request.width, request.height)
        return EngineResult(image, info={"engine": "diffusers"})

    def matte(self, colour: Pixels, options: ModelOptions) -> Pixels:
        """(height, width): 255 where the subject is.

        Raises:
            imgen.errors.Invalid: the model has no network for it.
        """
        if not options.matting:
            raise Invalid(
                "This model cannot tell a subject from its background: its options name no matting",
                code=MODEL_CANNOT,
            )
        file = locate(options.matting, self._models)
        network = self._network(
            f"{file} {options.matting_options}",
            lambda: Matting(file, options.matting_options, self._device),
        )
        found: Pixels = network.matte(colour)
        return found

    def looks(self, request: EngineRequest, options: ModelOptions) -> bool:
        """Whether a network of torch draws the hint of a request, if it has one."""
        kind = request.control.kind if request.control else ""
        return kind not in DRAWN and bool(options.hint_models.get(kind))

    def hint(self, colour: Pixels, kind: str, options: ModelOptions) -> Pixels | None:
        """What a ControlNet is to see of a picture. Blocking; where `looks`, on the device.

        Args:
            colour: (height, width, 3).
            kind: see `imgen.engines.protocol.Control`.

        Returns:
            As large as the picture; None where the model's ControlNet or what draws its hint is
            not here, and where nobody is in the picture whose pose could be taken.

        Raises:
            imgen.errors.Unavailable: a network is there and cannot be read.
        """
        if self._place(options.controlnets.get(kind)) is None:
            return None
        if kind in DRAWN:
            return drawn(colour, kind)
        place = self._place(options.hint_models.get(kind))
        if place is None or kind not in {"depth", "openpose"}:
            return None
        if kind == "depth":
            depth: Depth = self._network(str(place), lambda: Depth(place, self._device))
            return depth.draw(colour)
        pose: Pose = self._network(str(place), lambda: Pose(place, self._device))
        people = pose.people(colour, self._people(colour, options))
        height, width = colour.shape[:2]
        return draw(people, width, height) if any(people) else None

    def _people(self, colour: Pixels, options: ModelOptions) -> list[Box]:
        """Round each person; without a network that finds them, all of the picture is one."""
        place = self._place(options.hint_models.get("person"))
        if place is None:
            return [(0, 0, colour.shape[1], colour.shape[0])]
        people: People = self._network(str(place), lambda: People(place, self._device))
        return people.boxes(colour)

    def _place(self, reference: object) -> Path | None:
        """Where a network lies, if it is named and here."""
        if not reference:
            return None
        try:
            return locate(str(reference), self._models)
        except Unavailable:
            return None

    def release(self) -> bool:
        """Forget all networks, where the device's memory is needed; False when there are none."""
        with self._lock:
            had = bool(self._kept)
            self._kept.clear()
        return had

    def _upscaled(
        self, request: EngineRequest, options: ModelOptions, progress: Progress
    ) -> Pixels:
        assert request.image is not None
        file = locate(options.upscaler, self._models)
        network = self._network(str(file), lambda: Upscaler(file, self._device))
        width, height = request.width, request.height
        colour: Pixels = network.run(
            np.ascontiguousarray(request.image[..., :3]), width, height, progress
        )
        if request.image.shape[2] == 3:
            return colour
        alpha = resized(np.ascontiguousarray(request.image[..., 3]), width, height)
        return np.dstack([colour, alpha])

    def _cut_out(self, request: EngineRequest, options: ModelOptions, progress: Progress) -> Pixels:
        assert request.image is not None
        colour = np.ascontiguousarray(request.image[..., :3])
        progress(1, 2)
        alpha = self.matte(colour, options)
        if request.image.shape[2] == 4:
            alpha = np.minimum(alpha, request.image[..., 3])
        progress(2, 2)
        return resized(np.dstack([colour, alpha]), request.width, request.height)

    def _network(self, key: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
