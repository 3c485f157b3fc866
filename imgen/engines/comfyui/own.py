"""An order that fills a workflow of the operator's; where it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imgen.engines.comfyui.graph import Workflow
from imgen.engines.comfyui.order import Naming, Order, as_grey, as_it_is, built_order
from imgen.engines.comfyui.recipe import lora_file, read_recipe
from imgen.engines.comfyui.workflow import Template, read_template
from imgen.engines.protocol import MODEL_CANNOT, EngineRequest, Lora, Task
from imgen.engines.remote.canvas import Canvas, canvas_of
from imgen.engines.remote.options import Options
from imgen.engines.remote.pictures import Pixels, as_png, covering, resized
from imgen.errors import Invalid, Upstream

_OUTPUT_TITLE = "imgen output"
_AS_IT_IS = (Task.UPSCALE, Task.REMOVE_BACKGROUND)


def make_order(request: EngineRequest, naming: Naming, folder: Path | None) -> Order:
    """The order for a request: the operator's workflow where the model names one. Blocking.

    Args:
        folder: where workflows with a relative path are.

    Raises:
        imgen.errors.Invalid: it can not be made of this model.
    """
    given = Options(request.options)
    name = given.names("workflows").get(request.task) or given.text("workflow")
    if not name:
        return built_order(request, naming)
    return _Filling(request, naming, read_template(_place(name, folder))).order()


def options_obstacle(options: Mapping[str, object], folder: Path | None) -> str:
    """What is wrong with a model's options, in one clause; empty when nothing is."""
    try:
        given = Options(options)
        names = [*filter(None, [given.text("workflow")]), *given.names("workflows").values()]
        for name in names:
            read_template(_place(name, folder))
        if not names:
            read_recipe(options)
    except Invalid as error:
        return error.message[:1].lower() + error.message[1:]
    return ""


def _place(name: str, folder: Path | None) -> Path:
    path = Path(name)
    return path if folder is None else folder / path


@dataclass(frozen=True, slots=True)
class _Filling:
    """One request, and the workflow that is filled for it."""

    request: EngineRequest
    naming: Naming
    template: Template

    def order(self) -> Order:
        """The order, or `Invalid`."""
        canvas = None if self.request.image is None else canvas_of(self.request)
        self._check(canvas)
        files = {} if canvas is None else self._files(canvas)
        workflow = self.template.filled(self._values())
        ignored = self._ignored()

        def restore(out: Pixels) -> Pixels:
            return self._restored(out, canvas)

        return Order(workflow, files, ignored, restore, output=_titled(workflow))

    def _check(self, canvas: Canvas | None) -> None:
        """The request has what the workflow loads, and the workflow loads what it has."""
        has = {
            "image": canvas is not None,
            "mask": canvas is not None and canvas.mask is not None,
        }
        for name, there in has.items():
            if there != (name in self.template.names):
                verb = "takes no" if there else "needs a"
                message = f"This model's workflow {verb} {_NOUNS[name]}"
                raise Invalid(message, code=MODEL_CANNOT, field=name)

    def _files(self, canvas: Canvas) -> dict[str, bytes]:
        image = canvas.colour
        if self.request.task in _AS_IT_IS:
            image = canvas_of(as_it_is(self.request)).colour
        files = {self.naming.file("image"): as_png(image)}
        if canvas.mask is not None:
            files[self.naming.file("mask")] = as_png(as_grey(canvas.mask))
        return files

    def _loras(self) -> list[tuple[str, Lora]]:
        """Those whose file is known, by that file."""
        names = Options(self.request.options).names("loras")
        found = [(lora_file(one, names), one) for one in self.request.loras]
        return [(file, one) for file, one in found if file]

    def _values(self) -> dict[str, object]:
        request, control = self.request, self.request.control
        values: dict[str, object] = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "seed": request.seed,
            "steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "strength": request.strength if request.task is Task.IMAGE_TO_IMAGE else 1.0,
            "width": request.width,
            "height": request.height,
            "style": request.style,
            "image": self.naming.loaded("image"),
            "mask": self.naming.loaded("mask"),
            "control": control.kind if control else "",
            "control_strength": control.strength if control else 0.0,
        }
        room = self.template.loras
        for number, (file, lora) in enumerate(self._loras()[:room], start=1):
            values[f"lora_{number}"] = file
            values[f"lora_{number}_weight"] = lora.weight
        return values

    def _ignored(self) -> tuple[str, ...]:
        request, names = self.request, self.template.names
        asked = {
            "negative_prompt": bool(request.negative_prompt),
            "seed": True,
            "steps": True,
            "guidance_scale": True,
            "strength": request.task is Task.IMAGE_TO_IMAGE,
            "control": request.control is not None,
        }
        lost = [name for name, wanted in asked.items() if wanted and name not in names]
        if min(len(self._loras()), self.template.loras) < len(request.loras):
            lost.append("loras")
        return tuple(lost)

    def _restored(self, out: Pixels, canvas: Canvas | None) -> Pixels:
        request = self.request
        clear = request.transparent or request.task is Task.REMOVE_BACKGROUND
        if clear and out.shape[2] != 4:
            raise Upstream("The workflow's picture has no transparency", code="bad_result")
        shown = out if clear else out[..., :3]
        if canvas is None:
            return covering(shown, request.width, request.height)
        fitted = resized(shown, request.width, request.height)
        return fitted if clear else canvas.finished(fitted)


_NOUNS = {"image": "picture to start from", "mask": "mask"}


def _titled(nodes: Workflow) -> str:
    """The node that its author titled `imgen output`; empty when there is none."""
    for name, node in nodes.items():
        meta = node.get("_meta")
        if isinstance(meta, dict) and str(meta.get("title", "")).lower() == _OUTPUT_TITLE:
            return name
    return ""
