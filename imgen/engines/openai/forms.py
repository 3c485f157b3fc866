"""The two calls, filled in: JSON for a new picture, a form with files for an edit."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from imgen.engines.openai.dialects import Edit
from imgen.engines.openai.offer import Offer
from imgen.engines.protocol import MODEL_CANNOT, EngineRequest, Task
from imgen.engines.remote.canvas import Canvas, canvas_of
from imgen.engines.remote.pictures import Pixels, as_png, covering
from imgen.engines.remote.placement import Placement
from imgen.errors import Invalid

_ERASE = "Remove what is in the marked area and carry on what surrounds it."
File = tuple[str, bytes, str]
"""Name, bytes, media type."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be sent, and the way back from what comes."""

    path: str
    fields: Mapping[str, object]
    files: Mapping[str, File] = field(default_factory=dict)
    placement: Placement | None = None
    canvas: Canvas | None = None

    @property
    def form(self) -> dict[str, str]:
        """The fields as a form has them."""
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self.fields.items()
        }

    def restored(self, out: Pixels, request: EngineRequest) -> Pixels:
        """The result, at the size asked for. Blocking."""
        if not request.transparent:
            out = out[..., :3]
        if self.canvas is None or self.placement is None:
            return covering(out, request.width, request.height)
        inner = self.placement.take(out)
        return inner if inner.shape[2] == 4 else self.canvas.finished(inner)


def make_call(offer: Offer, request: EngineRequest) -> Call:
    """The call for a request. Blocking.

    Raises:
        imgen.errors.Invalid: the model cannot do it.
    """
    if request.task not in offer.tasks:
        task = request.task.replace("_", " ")
        message = f"This model cannot do {task} on its server"
        raise Invalid(message, code=MODEL_CANNOT, field="model")
    placement = offer.placement(request)
    fields = _fields(offer, request, placement)
    edit = offer.edit(request.task)
    if edit is None:
        return Call("/images/generations", fields)
    canvas = canvas_of(request)
    picture = _png("image", placement.put(canvas.colour))
    if edit.inline:
        fields[edit.inline] = base64.b64encode(picture[1]).decode()
        return Call(edit.path, fields, {}, placement, canvas)
    files = {"image": picture}
    if canvas.mask is not None:
        files[edit.mask] = _png("mask", _mask(edit, placement.put_mask(canvas.mask)))
    return Call(edit.path, fields, files, placement, canvas)


def _fields(offer: Offer, request: EngineRequest, placement: Placement) -> dict[str, object]:
    dialect = offer.dialect
    fields: dict[str, object] = {
        "prompt": _prompt(offer, request),
        "n": 1,
        "size": "{}x{}".format(*placement.outer),
        **dialect.fixed,
    }
    if offer.model:
        fields["model"] = offer.model
    ours: dict[str, object] = {
        "negative_prompt": request.negative_prompt,
        "steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "seed": request.seed % 2**32,  # what every random generator takes
        "strength": request.strength if request.task is Task.IMAGE_TO_IMAGE else "",
    }
    edit = offer.edit(request.task)
    for name, theirs in (edit.fields if edit else dialect.fields).items():
        if ours[name] != "":
            fields[theirs] = ours[name]
    if request.transparent and dialect.transparent:
        fields["background"] = "transparent"
    return fields | dict(offer.extra)


def _prompt(offer: Offer, request: EngineRequest) -> str:
    prompt = request.prompt
    if not prompt.strip() and request.task is Task.ERASE:
        prompt = _ERASE
    parted, edit = offer.dialect.negative_after, offer.edit(request.task)
    if parted and request.negative_prompt and (edit is None or edit.inline):
        return f"{prompt.replace(parted, ' ')}{parted}{request.negative_prompt}"
    return prompt


def _mask(edit: Edit, mask: Pixels) -> Pixels:
    """Ours is 255 where to paint; theirs is transparent there, or white. Small as a file: a mask
    of 4 MB is refused by some."""
    if edit.white_mask:
        return np.repeat(mask[..., None], 3, axis=2)
    return np.dstack([np.zeros((*mask.shape, 3), np.uint8), 255 - mask])


def _png(name: str, pixels: Pixels) -> File:
    return f"{name}.png", as_png(pixels), "image/png"
