"""A request as ComfyUI understands it: a workflow, the pictures it loads, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from imgen.engines.comfyui.graph import (
    SAMPLER,
    SAVE,
    Loaded,
    Workflow,
    cfg,
    controls,
    cutting_out,
    painting,
    upscaling,
)
from imgen.engines.comfyui.recipe import Recipe, lora_file, read_recipe
from imgen.engines.hints import drawn
from imgen.engines.protocol import MODEL_CANNOT, EngineRequest, Task
from imgen.engines.remote.canvas import Canvas, canvas_of
from imgen.engines.remote.pictures import Pixels, as_png, resized
from imgen.engines.remote.placement import Placement, in_steps
from imgen.errors import Invalid

_STEP = 16
_MOST_PIXELS = 16_000_000


@dataclass(frozen=True, slots=True)
class Naming:
    """How files are called, on the way and in a workflow."""

    run: str
    """Of this run alone: `{run}_image.png`."""
    pattern: str = "{}"
    """A file's name in a `LoadImage` node."""
    save: str = "SaveImage"
    """The node that ends a built graph: `SaveImage`, or `PreviewImage` for a file that is gone
    with the server's next start."""

    def file(self, what: str) -> str:
        """Of an upload: `image`, `mask` or `hint`."""
        return f"{self.run}_{what}.png"

    def loaded(self, what: str) -> str:
        """The same, in a workflow."""
        return self.pattern.format(self.file(what))


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to make on a ComfyUI."""

    workflow: Workflow
    files: Mapping[str, bytes]
    """PNG files to send along, by name."""
    ignored: tuple[str, ...]
    """Request fields that it does not honour."""
    restore: Callable[[Pixels], Pixels]
    """What came out → the result, at the size asked for. Blocking."""
    sampler: str = ""
    """The node whose progress counts; empty: any."""
    output: str = ""
    """The node whose picture counts; empty: the first that is there to stay."""


def built_order(request: EngineRequest, naming: Naming) -> Order:
    """The order of a graph built from the model's options. Blocking.

    Raises:
        imgen.errors.Invalid: it can not be made of this model.
    """
    recipe = read_recipe(request.options)
    if request.task not in recipe.tasks:
        task = request.task.replace("_", " ")
        message = f"This model cannot do {task} on its server"
        raise Invalid(message, code=MODEL_CANNOT, field="model")
    if request.task is Task.UPSCALE:
        return _upscaled(request, recipe, naming)
    if request.task is Task.REMOVE_BACKGROUND:
        return _cut_out(request, recipe, naming)
    if request.task is Task.TEXT_TO_IMAGE:
        return _painted(request, recipe, naming)
    return _edited(request, recipe, naming)


def as_it_is(request: EngineRequest) -> EngineRequest:
    """The request with its input's own size: the model enlarges it, or cuts it out."""
    if request.image is None:
        return request
    height, width = request.image.shape[:2]
    return replace(request, width=width, height=height)


def as_grey(mask: Pixels) -> Pixels:
    """(height, width, 3): a mask as a picture that every loader reads alike."""
    return mask[..., None].repeat(3, axis=2)


def _painted(request: EngineRequest, recipe: Recipe, naming: Naming) -> Order:
    place = in_steps(request.width, request.height, step=_STEP, most_pixels=_MOST_PIXELS)
    workflow = painting(recipe, request, place.outer, Loaded(), save=naming.save)

    def restore(out: Pixels) -> Pixels:
        return place.take(_shown(out, recipe, request))

    return Order(workflow, {}, _ignored(recipe, request), restore, SAMPLER, SAVE)


def _edited(request: EngineRequest, recipe: Recipe, naming: Naming) -> Order:
    """The frame scaled to what the model can hold, its sides to what latents need."""
    canvas = canvas_of(request)
    most = recipe.most_pixels
    place = in_steps(request.width, request.height, step=_STEP, most_pixels=most)
    files, inputs = _files(canvas, place, naming)
    if request.control is not None and controls(recipe, request):
        files[naming.file("hint")] = as_png(drawn(place.put(canvas.colour), request.control.kind))
        inputs = replace(inputs, hint=naming.loaded("hint"))
    workflow = painting(recipe, request, place.outer, inputs, save=naming.save)

    def restore(out: Pixels) -> Pixels:
        inner = place.take(_shown(out, recipe, request))
        finished = canvas.finished(inner)
        return np.dstack([finished[..., :3], inner[..., 3]]) if inner.shape[2] == 4 else finished

    return Order(workflow, files, _ignored(recipe, request), restore, SAMPLER, SAVE)


def _upscaled(request: EngineRequest, recipe: Recipe, naming: Naming) -> Order:
    canvas = canvas_of(as_it_is(request))
    size = request.width, request.height
    alpha = None
    if request.image is not None and request.image.shape[2] == 4:
        alpha = resized(request.image[..., 3].copy(), *size)

    def restore(out: Pixels) -> Pixels:
        return replace(canvas, alpha=alpha).finished(resized(out[..., :3], *size))

    workflow = upscaling(recipe, Loaded(naming.loaded("image")), save=naming.save)
    files = {naming.file("image"): as_png(canvas.colour)}
    return Order(workflow, files, (), restore, SAMPLER, SAVE)


def _cut_out(request: EngineRequest, recipe: Recipe, naming: Naming) -> Order:
    """The input's own colours with the alpha that comes back."""
    canvas = canvas_of(as_it_is(request))
    workflow = cutting_out(recipe, Loaded(naming.loaded("image")), save=naming.save)

    def restore(out: Pixels) -> Pixels:
        height, width = canvas.colour.shape[:2]
        alpha = resized(np.ascontiguousarray(_with_alpha(out)[..., 3]), width, height)
        if request.image is not None and request.image.shape[2] == 4:
            alpha = np.minimum(alpha, request.image[..., 3])
        return resized(np.dstack([canvas.colour, alpha]), request.width, request.height)

    files = {naming.file("image"): as_png(canvas.colour)}
    return Order(workflow, files, (), restore, SAMPLER, SAVE)


def _shown(out: Pixels, recipe: Recipe, request: EngineRequest) -> Pixels:
    """What counts of what came out: transparency where it was asked for and can be had."""
    return _with_alpha(out) if request.transparent and recipe.matting else out[..., :3]


def _with_alpha(out: Pixels) -> Pixels:
    if out.shape[2] == 4:
        return out
    return np.dstack([out, np.full(out.shape[:2], 255, np.uint8)])  # nothing was taken away


def _files(canvas: Canvas, place: Placement, naming: Naming) -> tuple[dict[str, bytes], Loaded]:
    files = {naming.file("image"): as_png(place.put(canvas.colour))}
    if canvas.mask is None:
        return files, Loaded(naming.loaded("image"))
    files[naming.file("mask")] = as_png(as_grey(place.put_mask(canvas.mask)))
    return files, Loaded(naming.loaded("image"), naming.loaded("mask"))


def _ignored(recipe: Recipe, request: EngineRequest) -> tuple[str, ...]:
    wasted = {
        "negative_prompt": bool(request.negative_prompt) and cfg(recipe, request) <= 1.0,
        "loras": not all(lora_file(one, recipe.loras) for one in request.loras),
        "control": request.control is not None and not controls(recipe, request),
        "transparent": request.transparent and not recipe.matting,
    }
    return tuple(name for name, lost in wasted.items() if lost)
